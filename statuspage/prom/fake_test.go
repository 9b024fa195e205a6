// SPDX-License-Identifier: Apache-2.0

package prom_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// A fakeAPI answers the queries that it knows, each by the JSON of its result.
// What it can't take it keeps as an error for the test.
type fakeAPI struct {
	time    string            // every query must be for
	results map[string]string // query → JSON of a vector's samples, of the others none
	answer  http.HandlerFunc  // instead of results, if set

	mu    sync.Mutex
	asked map[string]int
	errs  []string
}

func (f *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.check(r)
	w.Header().Set("Content-Type", "application/json")
	if f.answer != nil {
		f.answer(w, r)
		return
	}
	fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[%s]}}`, f.results[r.PostFormValue("query")])
}

func (f *fakeAPI) check(r *http.Request) {
	err := r.ParseForm()
	want := map[string]string{"time": f.time, "timeout": "10s", "limit": "200000", "query": r.PostFormValue("query")}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil || r.Method != http.MethodPost || r.URL.Path != "/prometheus/api/v1/query" || r.URL.RawQuery != "" {
		f.errs = append(f.errs, fmt.Sprint(r.Method, r.URL, err))
	}
	if got := r.Header.Get("Content-Type"); got != "application/x-www-form-urlencoded" {
		f.errs = append(f.errs, "Content-Type "+got)
	}
	for key, values := range r.PostForm {
		if len(values) != 1 || values[0] != want[key] {
			f.errs = append(f.errs, fmt.Sprint(key, values, " want ", want[key]))
		}
	}
	if len(r.PostForm) != len(want) {
		f.errs = append(f.errs, fmt.Sprint(r.PostForm))
	}
	if f.asked == nil {
		f.asked = map[string]int{}
	}
	f.asked[want["query"]]++
}

func (f *fakeAPI) done(t *testing.T) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	require.Empty(t, f.errs)
}

// RoundTrip calls the fake without a network, as the all-in-one does.
func (f *fakeAPI) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w.Result(), nil
}

// sample returns the JSON of a sample: labels in the form a="b", c="d".
func sample(labels, value string) string {
	labels = strings.ReplaceAll(strings.ReplaceAll(labels, "=", `":`), ", ", `, "`)
	if labels != "" {
		labels = `"` + labels
	}
	return fmt.Sprintf(`{"metric":{%s},"value":[946684800.001,%q]}`, labels, value)
}

func samples(all ...string) string { return strings.Join(all, ",") }
