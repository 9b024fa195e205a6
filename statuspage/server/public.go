// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net/http"

	"github.com/pharos-status/pharos/internal/app"
)

// Public returns what visitors may reach: the page and its APIs, and the manager
// API, which asks for a token. None of it tells of the server's own state.
func (s *Server) Public() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/manager/", s.manager)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.pages.site.Load().ServeHTTP(w, r)
	})
	return app.CollapseSlashes(mux)
}
