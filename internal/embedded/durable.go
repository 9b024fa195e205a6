// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/pharos-status/pharos/internal/app"
)

// durable answers a call that sets or ends a silence once the silence is on
// disk, and with an error if it cannot be put there.
func (p *pager) durable(prefix string, next http.Handler) http.Handler {
	calls := prefix + "/api/v2/silence" // and silences
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reads := r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
		if reads || !strings.HasPrefix(r.URL.Path, calls) {
			next.ServeHTTP(w, r)
			return
		}
		var rec app.Recorder
		next.ServeHTTP(&rec, r)
		if rec.Code < http.StatusMultipleChoices {
			if err := p.keepers[0].save(); err != nil {
				p.log("silences").Error("Silence not saved", "err", err)
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusInternalServerError)
				_, _ = w.Write([]byte(`"the silence holds, but could not be saved: it would not survive a restart"`)) // the client is gone if this fails
				return
			}
		}
		rec.Replay(w)
	})
}

// withVersion puts the version of Alertmanager into its status, where its API
// has the one of the whole program. amtool compares it with its own.
func (p *pager) withVersion(prefix string, next http.Handler) http.Handler {
	version := moduleVersion(alertmanagerModule)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != prefix+"/api/v2/status" {
			next.ServeHTTP(w, r)
			return
		}
		var rec app.Recorder
		next.ServeHTTP(&rec, r)
		if body, err := setVersion(rec.Body.Bytes(), version); err == nil {
			rec.Body = *bytes.NewBuffer(body)
		}
		rec.Replay(w)
	})
}

func setVersion(status []byte, version string) ([]byte, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(status, &all); err != nil {
		return nil, err
	}
	var info map[string]string
	if err := json.Unmarshal(all["versionInfo"], &info); err != nil {
		return nil, err
	}
	info["version"] = version
	var err error
	if all["versionInfo"], err = json.Marshal(info); err != nil {
		return nil, err
	}
	return json.Marshal(all)
}
