// SPDX-License-Identifier: Apache-2.0

package discovery_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/common/config"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pharos-status/pharos/collector/discovery"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 10 * time.Second

// An inventory answers with whatever it is told to.
type inventory struct {
	mu       sync.Mutex
	status   int
	kind     string
	body     string
	requests []*http.Request
	times    []time.Time
	stalls   chan struct{} // answers wait until it is closed; nil: they don't
}

func newInventory(targets ...string) *inventory {
	i := &inventory{}
	i.says(targets...)
	return i
}

func (i *inventory) says(targets ...string) {
	quoted := make([]string, len(targets))
	for n, t := range targets {
		quoted[n] = fmt.Sprintf("%q", t)
	}
	i.answers(http.StatusOK, "application/json", `[{"targets": [`+strings.Join(quoted, ", ")+`], "labels": {"__service": "shop"}}]`)
}

func (i *inventory) answers(status int, kind, body string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.status, i.kind, i.body = status, kind, body
}

func (i *inventory) asked() []time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.times
}

func (i *inventory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if i.stalls != nil {
		<-i.stalls
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.requests = append(i.requests, r)
	i.times = append(i.times, time.Now())
	w.Header().Set("Content-Type", i.kind)
	w.WriteHeader(i.status)
	_, _ = w.Write([]byte(i.body))
}

// A rig is an HTTP that runs, and what it said.
type rig struct {
	*discovery.HTTP
	changes atomic.Int32
	log     bytes.Buffer // to be read when it has stopped
	stop    func()
}

func newRig() *rig {
	r := &rig{}
	r.HTTP = discovery.NewHTTP(discovery.HTTPOptions{
		Changed:   func() { r.changes.Add(1) },
		UserAgent: "pharos_exporter/test",
		Logger:    slog.New(slog.NewTextHandler(&r.log, nil)),
	})
	return r
}

// start runs r until stop is called or the test ends.
func (r *rig) start(t *testing.T) *rig {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-done)
	})
	t.Cleanup(r.stop)
	return r
}

func (r *rig) wait(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, r.Wait(ctx))
}

func (r *rig) urls() []string {
	var urls []string
	for _, t := range r.Targets() {
		urls = append(urls, t.URL)
	}
	return urls
}

func server(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func source(url string) discovery.Source {
	return discovery.Source{URL: url, Interval: time.Minute, Client: config.DefaultHTTPClientConfig}
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	one, two := newInventory("http://a", "tcp://b:1"), newInventory("icmp://c")
	r := newRig().start(t)
	r.Update([]discovery.Source{source(server(t, one)), source(server(t, two))})
	r.wait(t)
	shop := map[string]string{"__service": "shop"}
	require.Equal(t, []discovery.Target{{"http://a", shop}, {"tcp://b:1", shop}, {"icmp://c", shop}}, r.Targets())
	require.Eventually(t, func() bool { return r.changes.Load() > 0 }, patience, time.Millisecond)
	header := one.requests[0].Header
	require.Equal(t, "application/json", header.Get("Accept"))
	require.Equal(t, "60", header.Get("X-Prometheus-Refresh-Interval-Seconds"))
	require.Equal(t, "pharos_exporter/test", header.Get("User-Agent"))
	r.stop()
	require.Empty(t, r.log.String())
}

func TestHTTPUsesTheClientSettings(t *testing.T) {
	t.Parallel()
	i := newInventory("http://a")
	s := source(server(t, i))
	s.Client.BasicAuth = &config.BasicAuth{Username: "pharos", Password: "hunter2"}
	r := newRig().start(t)
	r.Update([]discovery.Source{s})
	r.wait(t)
	user, password, _ := i.requests[0].BasicAuth()
	require.Equal(t, "pharos:hunter2", user+":"+password)
}

func TestHTTPRefuses(t *testing.T) {
	t.Parallel()
	const good = `[{"targets": ["http://a"]}]`
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, err := z.Write(bytes.Repeat([]byte(" "), 2*discovery.MaxBody))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	tests := map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"a status":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }, "the answer is \\\"418 I'm a teapot\\\", want 200 OK"},
		"no content":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, "want 200 OK"},
		"a type":        {answer("text/html", good), "the answer is of type \\\"text/html\\\", want application/json"},
		"a charset":     {answer("application/json; charset=latin1", good), "want application/json"},
		"no JSON":       {answer("application/json", "nonsense"), "decode the answer"},
		"a long answer": {answer("application/json", "["+strings.Repeat(" ", discovery.MaxBody+10)), "longer than 10 MiB"},
		"a compressed bomb": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		}, "decode the answer"},
		"a redirect for ever": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }, "stopped after 10 redirects"},
		"nothing":             {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig().start(t)
			address := strings.Replace(server(t, test.handler), "http://", "http://user:hunter2@", 1)
			r.Update([]discovery.Source{source(address + "/path?key=hunter2")})
			r.wait(t)
			require.Empty(t, r.Targets())
			r.stop()
			require.Contains(t, r.log.String(), test.want)
			require.Contains(t, r.log.String(), "/path")
			require.NotContains(t, r.log.String(), "hunter2")
			require.Zero(t, r.changes.Load())
		})
	}
}

func answer(kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write([]byte(body))
	}
}

func TestHTTPTakesTheTypesOfJSON(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"application/json", "Application/JSON; charset=UTF-8", `application/json;charset="utf-8"`} {
		r := newRig().start(t)
		r.Update([]discovery.Source{source(server(t, answer(kind, `[{"targets": ["http://a"]}]`)))})
		r.wait(t)
		require.Equal(t, []string{"http://a"}, r.urls(), kind)
		r.stop()
	}
}

func TestHTTPClientThatCannotBeMade(t *testing.T) {
	t.Parallel()
	s := source("https://127.0.0.1:1")
	s.Client.TLSConfig.CAFile = "/nonexistent/ca.pem"
	r := newRig().start(t)
	r.Update([]discovery.Source{s})
	r.wait(t)
	r.stop()
	require.Contains(t, r.log.String(), "/nonexistent/ca.pem")
}
