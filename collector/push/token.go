// SPDX-License-Identifier: Apache-2.0

package push

import (
	"net/http"
	"slices"
)

// A Secret compares itself with what a client presents, in constant time. The
// empty secret equals nothing.
type Secret interface {
	Equal(presented string) bool
}

// A Token lets its holder report for some services.
type Token struct {
	Secret   Secret
	Services []string // their IDs; "*" stands for all
}

// authorize finds out for which services the client may report, and whether its
// token is known at all. The name of the user says nothing: clients put words of
// their own there. Every token is compared, so that the time tells nothing.
func (h *handler) authorize(r *http.Request) (may func(service string) bool, known bool) {
	_, presented, _ := r.BasicAuth()
	var services []string
	for _, token := range h.Tokens() {
		if token.Secret.Equal(presented) {
			services, known = append(services, token.Services...), true
		}
	}
	may = func(service string) bool {
		return slices.Contains(services, "*") || slices.Contains(services, service)
	}
	return may, known
}
