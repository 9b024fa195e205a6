// SPDX-License-Identifier: Apache-2.0

package blackbox_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/blackbox"
	"github.com/pharos-status/pharos/collector/module"
)

const simple = `modules:
  http_2xx: {prober: http}
  tcp: {prober: tcp, timeout: 7s}
  icmp: {prober: icmp}
  named: {prober: http, http: {headers: {host: a.example}}}
`

func TestRefusals(t *testing.T) {
	t.Parallel()
	h := handler(t, simple)
	for name, c := range map[string]struct {
		parameters []string
		timeout    string
		code       int
		says       string
	}{
		"unknown module":        {[]string{"module", "nope\n", "target", "a"}, "", 400, `Unknown module "nope\n"`},
		"default module absent": {[]string{"module", "", "target", ""}, "", 400, "target is missing"},
		"no target":             {[]string{"module", "tcp"}, "", 400, "target is missing"},
		"huge target":           {[]string{"target", strings.Repeat("a", 5000)}, "", 400, "longer than 4096 bytes"},
		"timeout is a word":     {[]string{"target", "a"}, "soon", 500, "no number of seconds"},
		"timeout is no number":  {[]string{"target", "a"}, "NaN", 500, "no number of seconds"},
		"timeout is negative":   {[]string{"target", "a"}, "-1", 500, "no number of seconds"},
		"two host names":        {[]string{"module", "named", "target", "a", "hostname", "b.example"}, "", 400, `Host to "a.example"`},
	} {
		header := http.Header{}
		if c.timeout != "" {
			header.Set("X-Prometheus-Scrape-Timeout-Seconds", c.timeout)
		}
		w := askWith(t, h, header, c.parameters...)
		require.Equal(t, c.code, w.Code, name)
		require.Contains(t, w.Body.String(), c.says, name)
		require.Equal(t, "text/plain; charset=utf-8", w.Header().Get("Content-Type"), name)
	}
	require.Equal(t, uint64(1), h.UnknownModules())
}

func TestNoModules(t *testing.T) {
	t.Parallel()
	h := blackbox.NewHandler(options(func() map[string]*module.Module { return nil }))
	require.Equal(t, http.StatusBadRequest, ask(t, h, "target", "a").Code)
}

// TestBadTargetsFail keeps that a target which is none is a failed probe.
func TestBadTargetsFail(t *testing.T) {
	t.Parallel()
	h := handler(t, simple+`
  dns: {prober: dns, dns: {query_name: a}}
  grpc: {prober: grpc}
  unix: {prober: unix}
  websocket: {prober: websocket}
  ssh: {prober: ssh}
`)
	for name, target := range map[string]string{
		"http_2xx": "http://[", "tcp": "nohost", "icmp": "icmp://", "dns": "a/b", "grpc": "http://", "unix": "unix://",
		"websocket": "http://example.com", "ssh": "user@/",
	} {
		w := ask(t, h, "module", name, "target", target)
		require.Equal(t, http.StatusOK, w.Code, name)
		m := metrics(t, w.Body.Bytes())
		require.Zero(t, value(t, m, "probe_success"), name)
		require.NotContains(t, m, "probe_ip_protocol", name)
	}
}

func TestTimeLimit(t *testing.T) {
	t.Parallel()
	h := handler(t, simple)
	for _, c := range []struct {
		module, header string
		want           float64
	}{
		{"tcp", "", 7},
		{"tcp", "10", 7},
		{"tcp", "5", 4.5},
		{"tcp", "0.4", 7},
		{"tcp", "0", 7},
		{"tcp", "+Inf", 7},
		{"http_2xx", "", 119.5},
		{"http_2xx", "10", 9.5},
		{"http_2xx", "0.4", 0.4},
		{"http_2xx", "1e300", 119999.5},
	} {
		header := http.Header{}
		if c.header != "" {
			header.Set("X-Prometheus-Scrape-Timeout-Seconds", c.header)
		}
		m := metrics(t, askWith(t, h, header, "module", c.module, "target", closedPort(t)).Body.Bytes())
		require.InDelta(t, c.want, value(t, m, "probe_timeout_seconds"), 1e-6, "%+v", c)
		require.Zero(t, value(t, m, "probe_success"))
	}
}

func TestTimeLimitEndsTheProbe(t *testing.T) {
	t.Parallel()
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(slow.Close)
	h := handler(t, simple)
	header := http.Header{"X-Prometheus-Scrape-Timeout-Seconds": {"0.7"}}
	m := metrics(t, askWith(t, h, header, "target", slow.URL).Body.Bytes())
	require.Zero(t, value(t, m, "probe_success"))
	require.Less(t, value(t, m, "probe_duration_seconds"), 0.7)
}

func TestFormats(t *testing.T) {
	t.Parallel()
	h := handler(t, simple)
	text := "text/plain; version=0.0.4; charset=utf-8"
	open := "application/openmetrics-text; version=1.0.0; charset=utf-8"
	for accept, want := range map[string]string{
		"": text, "*/*": text, "text/plain": text,
		"application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1": open,
		"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily":             text,
	} {
		w := askWith(t, h, http.Header{"Accept": {accept}}, "target", closedPort(t))
		require.True(t, strings.HasPrefix(w.Header().Get("Content-Type"), want), "%s: %s", accept, w.Header().Get("Content-Type"))
		require.Equal(t, want == open, strings.HasSuffix(w.Body.String(), "# EOF\n"), accept)
	}
}

func TestHostname(t *testing.T) {
	t.Parallel()
	var host atomic.Value
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { host.Store(r.Host) }))
	t.Cleanup(server.Close)
	h := handler(t, simple)
	w := ask(t, h, "target", server.URL, "hostname", "b.example")
	require.InDelta(t, 1, value(t, metrics(t, w.Body.Bytes()), "probe_success"), 0)
	require.Equal(t, "b.example", host.Load())
	w = ask(t, h, "target", server.URL)
	require.InDelta(t, 1, value(t, metrics(t, w.Body.Bytes()), "probe_success"), 0)
	require.Equal(t, strings.TrimPrefix(server.URL, "http://"), host.Load(), "the module is not changed")
	ask(t, h, "module", "named", "target", server.URL, "hostname", "a.example")
	require.Equal(t, "a.example", host.Load())
}

func TestTooManyAtOnce(t *testing.T) {
	t.Parallel()
	arrived, leave := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(arrived)
		<-leave
	}))
	t.Cleanup(server.Close)
	all := modules(t, simple)
	o := options(func() map[string]*module.Module { return all })
	o.MaxConcurrent = 1
	h := blackbox.NewHandler(o)
	done := make(chan int)
	go func() { done <- ask(t, h, "target", server.URL).Code }()
	<-arrived
	w := ask(t, h, "target", server.URL)
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Equal(t, "1", w.Header().Get("Retry-After"))
	close(leave)
	require.Equal(t, http.StatusOK, <-done)
	require.Equal(t, http.StatusOK, ask(t, h, "target", closedPort(t)).Code, "the place is free again")
}

func TestReload(t *testing.T) {
	t.Parallel()
	server := listen(t, "tcp", "127.0.0.1:0", banner("220 ready\n"))
	var current atomic.Pointer[map[string]*module.Module]
	h := blackbox.NewHandler(options(func() map[string]*module.Module { return *current.Load() }))
	for _, greeting := range []string{"220", "nothing", "220"} {
		all := modules(t, "modules: {m: {prober: tcp, timeout: 200ms, tcp: {query_response: [{expect: "+greeting+"}]}}}")
		current.Store(&all)
		for range 3 {
			w := ask(t, h, "module", "m", "target", server.Addr().String())
			want := 0.0
			if greeting == "220" {
				want = 1
			}
			require.InDelta(t, want, value(t, metrics(t, w.Body.Bytes()), "probe_success"), 0)
		}
	}
}

func TestFilesThatCantBeReadFailTheProbe(t *testing.T) {
	t.Parallel()
	h := handler(t, "modules: {m: {prober: tcp, tcp: {tls: true, tls_config: {ca_file: /nonexistent/ca.pem}}}}")
	w := ask(t, h, "module", "m", "target", "127.0.0.1:1", "debug", "true")
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, w.Body.String(), "/nonexistent/ca.pem")
	require.Contains(t, w.Body.String(), "probe_success 0\n")
}

func TestConcurrentProbes(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
	t.Cleanup(server.Close)
	h := handler(t, simple)
	done := make(chan float64)
	const many = 50
	for range many {
		go func() { done <- value(t, metrics(t, ask(t, h, "target", server.URL).Body.Bytes()), "probe_success") }()
	}
	for range many {
		require.InDelta(t, 1, <-done, 0)
	}
}

func TestClientThatGivesUp(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	server := listen(t, "tcp", "127.0.0.1:0", func(conn net.Conn) {
		_, _ = io.Copy(io.Discard, conn)
		close(gone)
	})
	front := httptest.NewServer(handler(t, `modules: {m: {prober: tcp, tcp: {query_response: [{expect: never}]}}}`))
	t.Cleanup(front.Close)
	client := &http.Client{Timeout: 100 * time.Millisecond}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, front.URL+"?"+query("module", "m", "target", server.Addr().String()), nil)
	require.NoError(t, err)
	resp, err := client.Do(req)
	if err == nil {
		_ = resp.Body.Close()
	}
	require.Error(t, err)
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		t.Fatal("the probe outlives who asked for it")
	}
}
