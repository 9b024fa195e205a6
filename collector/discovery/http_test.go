// SPDX-License-Identifier: Apache-2.0

package discovery_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
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

// bubble starts a server of i that a rig reaches without a network, so that the
// clock of the bubble runs on.
func bubble(t *testing.T, i *inventory) *rig {
	t.Helper()
	l := pipes{make(chan net.Conn), make(chan struct{})}
	s := &http.Server{Handler: i} //nolint:gosec // nobody attacks it
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l)
	}()
	r := newRig()
	r.Dial(l.dial)
	r.start(t)
	t.Cleanup(func() {
		r.stop()
		require.NoError(t, s.Close())
		<-done
	})
	return r
}

// pipes is a listener without a network.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error {
	close(p.done)
	return nil
}

func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func TestHTTPInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newInventory("http://a")
		r := bubble(t, i)
		r.Update([]discovery.Source{source("http://inventory")})
		time.Sleep(time.Hour)
		synctest.Wait()
		times := i.asked()
		require.InDelta(t, 60, len(times), 4)
		differ := map[time.Duration]bool{}
		for n := 1; n < len(times); n++ {
			pause := times[n].Sub(times[n-1])
			require.InDelta(t, time.Minute, pause, float64(6*time.Second))
			differ[pause] = true
		}
		require.Greater(t, len(differ), len(times)/2, "it varies")
		require.EqualValues(t, 1, r.changes.Load(), "an answer that says the same changes nothing")
	})
}

func TestHTTPKeepsTargetsOnFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newInventory("http://a")
		r := bubble(t, i)
		r.Update([]discovery.Source{source("http://inventory")})
		time.Sleep(time.Second)
		i.answers(http.StatusInternalServerError, "", "")
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		require.Equal(t, []string{"http://a"}, r.urls())
		require.EqualValues(t, 1, r.changes.Load())

		i.says("http://a", "http://b")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		require.Equal(t, []string{"http://a", "http://b"}, r.urls())
		require.EqualValues(t, 2, r.changes.Load())

		i.says()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		require.Empty(t, r.urls(), "an empty answer is an answer")
		r.stop()
		require.Equal(t, 1, strings.Count(r.log.String(), "no targets from a source"), "told once")
		require.Equal(t, 1, strings.Count(r.log.String(), "tells of targets again"))
	})
}

// After a failure it does not take a long interval to look again.
func TestHTTPRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newInventory()
		i.answers(http.StatusServiceUnavailable, "", "")
		r := bubble(t, i)
		s := source("http://inventory")
		s.Interval = time.Hour
		r.Update([]discovery.Source{s})
		time.Sleep(time.Hour)
		synctest.Wait()
		times := i.asked()
		require.InDelta(t, 10, len(times), 1, "5 s, 10 s, 20 s …")
		require.InDelta(t, 5*time.Second, times[1].Sub(times[0]), float64(time.Second))
		time.Sleep(48 * time.Hour)
		require.InDelta(t, 57, len(i.asked()), 4, "every hour in the end")
	})
}

func TestHTTPStalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newInventory("http://a")
		i.stalls = make(chan struct{})
		r := bubble(t, i)
		r.Update([]discovery.Source{source("http://inventory")})
		time.Sleep(31 * time.Second)
		require.NoError(t, r.Wait(t.Context()))
		close(i.stalls)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, []string{"http://a"}, r.urls())
		r.stop()
		require.Contains(t, r.log.String(), "context deadline exceeded")
	})
}

func TestHTTPUpdate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newInventory("http://a")
		r := bubble(t, i)
		s := source("http://inventory")
		s.Client.OAuth2 = nil
		r.Update([]discovery.Source{s})
		time.Sleep(time.Second)
		for range 10 {
			r.Update([]discovery.Source{s})
			time.Sleep(time.Second)
		}
		require.Len(t, i.asked(), 1, "the same source is not disturbed")

		i.answers(http.StatusUnauthorized, "", "")
		s.Client.BearerToken = "new"
		r.Update([]discovery.Source{s})
		time.Sleep(time.Second)
		require.Len(t, i.asked(), 2, "another is asked at once")
		require.Equal(t, []string{"http://a"}, r.urls(), "what the URL told of before stays")

		r.Update([]discovery.Source{s, s})
		time.Sleep(time.Second)
		require.Equal(t, []string{"http://a"}, r.urls(), "what stays, stays once")
		i.says("http://b")
		time.Sleep(2 * time.Minute)
		require.Equal(t, []string{"http://b", "http://b"}, r.urls())
		r.Update(nil)
		require.Empty(t, r.urls())
		before := len(i.asked())
		time.Sleep(time.Hour)
		require.Len(t, i.asked(), before, "nobody is asked")
		require.NoError(t, r.Wait(t.Context()))
	})
}

func TestHTTPWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	r := newRig() // it does not run
	r.Update([]discovery.Source{source("http://127.0.0.1:1")})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, r.Wait(ctx), context.Canceled)
}

func TestHTTPMetrics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newInventory()
		i.answers(http.StatusInternalServerError, "", "")
		r := bubble(t, i)
		r.Update([]discovery.Source{source("http://user:hunter2@inventory/path?key=hunter2"), source("http://inventory/path")})
		time.Sleep(time.Second)
		i.says("http://a", strings.Repeat("x", discovery.MaxURL+1))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		problems, err := testutil.CollectAndLint(r)
		require.NoError(t, err)
		require.Empty(t, problems)
		require.NoError(t, testutil.CollectAndCompare(r, strings.NewReader(`
			# HELP pharos_exporter_discovery_left_out_targets Targets of the last good answer that were left out because their URL or labels are too long.
			# TYPE pharos_exporter_discovery_left_out_targets gauge
			pharos_exporter_discovery_left_out_targets{source="http://inventory/path"} 1
			pharos_exporter_discovery_left_out_targets{source="http://inventory/path#2"} 1
			# HELP pharos_exporter_discovery_requests_total Requests for targets by whether they succeeded.
			# TYPE pharos_exporter_discovery_requests_total counter
			pharos_exporter_discovery_requests_total{result="failure",source="http://inventory/path"} 1
			pharos_exporter_discovery_requests_total{result="failure",source="http://inventory/path#2"} 1
			pharos_exporter_discovery_requests_total{result="success",source="http://inventory/path"} 1
			pharos_exporter_discovery_requests_total{result="success",source="http://inventory/path#2"} 1
			# HELP pharos_exporter_discovery_targets Targets that a source told of in its last good answer.
			# TYPE pharos_exporter_discovery_targets gauge
			pharos_exporter_discovery_targets{source="http://inventory/path"} 1
			pharos_exporter_discovery_targets{source="http://inventory/path#2"} 1
		`), "pharos_exporter_discovery_left_out_targets", "pharos_exporter_discovery_requests_total", "pharos_exporter_discovery_targets"))
		require.Equal(t, 8+2, testutil.CollectAndCount(r))
	})
}
