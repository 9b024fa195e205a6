// SPDX-License-Identifier: Apache-2.0

package api

// Routes returns the methods and paths of all calls that need the token.
func Routes() (all [][2]string) {
	for _, r := range (&handler{}).routes() {
		all = append(all, [2]string{r.method, r.path})
	}
	return all
}

// OpenAPI returns the description of all calls.
func OpenAPI() []byte { return openAPI }
