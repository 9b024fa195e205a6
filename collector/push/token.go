// SPDX-License-Identifier: Apache-2.0

package push

import (
	"net/http"
	"slices"
	"strconv"
	"time"
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

// may is what a client may do: it holds the services of each of its tokens.
type may [][]string

// report tells whether the client may report for a service.
func (m may) report(service string) bool {
	return slices.ContainsFunc(m, func(services []string) bool {
		return slices.Contains(services, "*") || slices.Contains(services, service)
	})
}

// authorize finds out for which services the client may report. The name of the
// user says nothing: clients put words of their own there. Every token is
// compared, so that the time tells nothing.
func (h *handler) authorize(w http.ResponseWriter, r *http.Request) (may, error) {
	_, presented, _ := r.BasicAuth()
	var m may
	for _, token := range h.Tokens() {
		if token.Secret.Equal(presented) {
			m = append(m, token.Services)
		}
	}
	judge := h.guard.right
	if m == nil {
		judge = h.guard.wrong
	}
	if locked := judge(addressOf(r.RemoteAddr), time.Now()); locked > 0 {
		seconds := strconv.Itoa(int((locked + time.Second - 1) / time.Second))
		w.Header().Set("Retry-After", seconds)
		return nil, refusal{http.StatusServiceUnavailable, "too many wrong tokens from this address; try again in " + seconds + " seconds"}
	}
	if m == nil {
		w.Header().Set("WWW-Authenticate", `Basic realm="Pharos reporter", charset="UTF-8"`)
		return nil, refusal{http.StatusUnauthorized, "wrong or missing token; send it as the password of Basic authentication"}
	}
	return m, nil
}
