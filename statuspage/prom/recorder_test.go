// SPDX-License-Identifier: Apache-2.0

package prom_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage/prom"
)

// A recorder answers queries, of a time or of a range, and notes them.
type recorder struct {
	answers map[string]string // query → JSON of the data, of the others an empty one
	refuses map[string]string // query → type of error
	takes   map[string]time.Duration
	fails   map[string]error

	mu    sync.Mutex
	asked []string // "query @ 01-02 15:04:05.000", of a range "query @ from … to … by step"
}

func (f *recorder) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	query, kind, when := r.PostFormValue("query"), "vector", moment(r.PostFormValue("time"))
	if r.URL.Path == "/api/v1/query_range" {
		kind, when = "matrix", moment(r.PostFormValue("start"))+" to "+moment(r.PostFormValue("end"))+" by "+r.PostFormValue("step")
	}
	f.mu.Lock()
	f.asked = append(f.asked, query+" @ "+when)
	f.mu.Unlock()
	select {
	case <-time.After(f.takes[query]):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if err := f.fails[query]; err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	switch data, known := f.answers[query]; {
	case f.refuses[query] != "":
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"status":"error","errorType":%q,"error":"no"}`, f.refuses[query])
	case known:
		fmt.Fprintf(w, `{"status":"success","data":%s}`, data)
	default:
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":%q,"result":[]}}`, kind)
	}
	return w.Result(), nil
}

// moment spells a time of the API out.
func moment(seconds string) string {
	v, err := strconv.ParseFloat(seconds, 64)
	if err != nil {
		return "no time"
	}
	return time.UnixMilli(int64(v*1000 + 0.5)).UTC().Format("01-02 15:04:05.000")
}

// questions returns what was asked, sorted.
func (f *recorder) questions() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(slices.Values(f.asked))
}

func vectorOf(all ...string) string {
	return `{"resultType":"vector","result":[` + samples(all...) + `]}`
}

// series returns the JSON of a series with a sample at each of the times, in seconds.
func series(labels, value string, times ...float64) string {
	var b bytes.Buffer
	for _, t := range times {
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "[%.3f,%q]", t, value)
	}
	return fmt.Sprintf(`{"metric":{%s},"values":[%s]}`, labels, &b)
}

func sourceOf(t *testing.T, f *recorder, log *slog.Logger, components ...prom.Component) *prom.Source {
	t.Helper()
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s, err := prom.New(prom.Options{URL: "http://pharos.local", Transport: f, Logger: log, Components: components})
	require.NoError(t, err)
	return s
}
