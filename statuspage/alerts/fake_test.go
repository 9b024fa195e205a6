// SPDX-License-Identifier: Apache-2.0

package alerts_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"
)

// A fakeAM holds silences as JSON objects and refuses, as an error for the test,
// every request that Alertmanager's API does not document.
type fakeAM struct {
	mu       sync.Mutex
	silences []map[string]any
	posts    int
	errs     []string
	answer   http.HandlerFunc // instead of all that, if set
}

// RoundTrip calls the fake without a network, as the all-in-one does.
func (f *fakeAM) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if f.answer != nil {
		f.answer(w, r)
	} else {
		f.ServeHTTP(w, r)
	}
	return w.Result(), nil
}

func (f *fakeAM) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "application/json")
	path, _ := strings.CutPrefix(r.URL.Path, "/alertmanager/api/v2/")
	switch {
	case r.Method == http.MethodGet && path == "silences":
		f.expect("filter", r.URL.RawQuery, "filter=notification%3D%22reminder%22")
		f.expect("Accept", r.Header.Get("Accept"), "application/json")
		f.expect("body", string(body), "")
		_ = json.NewEncoder(w).Encode(f.silences)
	case r.Method == http.MethodPost && path == "silences":
		f.expect("query", r.URL.RawQuery, "")
		f.expect("Content-Type", r.Header.Get("Content-Type"), "application/json")
		f.post(w, body)
	case r.Method == http.MethodDelete && strings.HasPrefix(path, "silence/"):
		f.expect("body", string(body), "")
		for _, s := range f.silences {
			if s["id"] == strings.TrimPrefix(path, "silence/") {
				s["status"] = map[string]any{"state": "expired"}
			}
		}
	default:
		f.errs = append(f.errs, r.Method+" "+r.URL.String())
	}
}

func (f *fakeAM) post(w io.Writer, body []byte) {
	var s map[string]any
	if err := json.Unmarshal(body, &s); err != nil {
		f.errs = append(f.errs, err.Error())
		return
	}
	f.posts++
	f.expect("matchers", fmt.Sprint(s["matchers"]), "[map[isEqual:true isRegex:false name:notification value:reminder]]")
	f.expect("createdBy", s["createdBy"], "pharos")
	f.expect("comment", s["comment"], "Reminders are ignored for a while, by the manager API of the status page.")
	for key := range s {
		if !slices.Contains([]string{"id", "matchers", "startsAt", "endsAt", "createdBy", "comment"}, key) {
			f.errs = append(f.errs, "unknown field "+key)
		}
	}
	s["status"] = map[string]any{"state": "active"}
	if s["id"] == nil {
		s["id"] = fmt.Sprint("new-", f.posts)
		f.silences = append(f.silences, s)
	}
	for i, old := range f.silences {
		if old["id"] == s["id"] {
			f.expect("startsAt", s["startsAt"], old["startsAt"])
			f.silences[i] = s
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"silenceID": s["id"]})
}

func (f *fakeAM) expect(what string, got, want any) {
	if got != want {
		f.errs = append(f.errs, fmt.Sprintf("%s: got %v, want %v", what, got, want))
	}
}

// add adds a silence of the given author that ends in d.
func (f *fakeAM) add(id, author, state string, d time.Duration, matchers string) {
	s := map[string]any{}
	text := fmt.Sprintf(`{"id":%q,"createdBy":%q,"comment":"c","matchers":%s,"status":{"state":%q},"startsAt":"1999-12-31T23:00:00.123456789Z","endsAt":%q}`,
		id, author, matchers, state, time.Now().Add(d).Format(time.RFC3339Nano))
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		panic(err)
	}
	f.silences = append(f.silences, s)
}

// on lists the silences that are not expired, as id:ends.
func (f *fakeAM) on() []string {
	all := []string{}
	for _, s := range f.silences {
		if s["status"].(map[string]any)["state"] != "expired" {
			all = append(all, fmt.Sprint(s["id"], " until ", s["endsAt"]))
		}
	}
	return all
}
