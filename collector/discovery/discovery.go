// SPDX-License-Identifier: Apache-2.0

// Package discovery tells when there is something else to watch: a Watcher sees
// that configuration files have changed, and HTTP asks endpoints for targets in
// the HTTP SD format of Prometheus. What files and labels mean is left to package
// config, and what to do about a change to the caller.
package discovery

// A Target is something to watch that an endpoint told of.
type Target struct {
	URL    string            `json:"url"`
	Labels map[string]string `json:"labels,omitempty"` // shared with other targets: not to be changed
}
