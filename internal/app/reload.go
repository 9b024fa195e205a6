// SPDX-License-Identifier: Apache-2.0

package app

import (
	"io"
	"log/slog"
	"net/http"
)

// ReloadHandler returns the handler of POST /-/reload. It answers with the error
// of a configuration that was refused: who may ask for a reload may read it. A
// page of another site can't make a browser ask.
func ReloadHandler(reload func() error, log *slog.Logger) http.Handler {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if err := reloadAndLog(reload, log); err != nil {
			WriteText(w, http.StatusInternalServerError, err.Error()+"\n")
			return
		}
		WriteText(w, http.StatusOK, "Configuration reloaded.\n")
	})
	return http.NewCrossOriginProtection().Handler(h)
}

// WriteText answers with a text for people and scripts.
func WriteText(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	_, _ = io.WriteString(w, text) // the client is gone if this fails
}
