// SPDX-License-Identifier: Apache-2.0

package blackbox_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/blackbox"
	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/collector/probe"
)

// The environment that makes a server of this test program.
const (
	serveEnv   = "PHAROS_TEST_SERVE"   // the address to listen on
	modulesEnv = "PHAROS_TEST_MODULES" // the file of modules
)

// serve answers at an address, with the modules of a file.
func serve(address, file string) {
	all, err := module.Load(file)
	if err != nil {
		panic(err)
	}
	h := blackbox.NewHandler(blackbox.HandlerOptions{
		Options:       blackbox.Options{Pinger: probe.NewPinger(), UserAgent: "pharos/bench"},
		Modules:       func() map[string]*module.Module { return all },
		TimeoutOffset: 500 * time.Millisecond,
		History:       blackbox.NewHistory(100),
		Logger:        slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	mux := http.NewServeMux()
	mux.Handle("/probe", h)
	server := &http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: time.Minute}
	panic(server.ListenAndServe())
}

// cpu returns the time that a process has spent on the processors.
func cpu(t testing.TB, pid int) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	var ticks time.Duration
	for _, field := range fields[11:13] { // user and system
		n, err := strconv.Atoi(field)
		require.NoError(t, err)
		ticks += time.Duration(n)
	}
	return ticks * 10 * time.Millisecond // the kernel counts in hundredths for everybody
}

// BenchmarkAgainstBlackbox measures the CPU of a probe over /probe in a process
// of its own, against that of blackbox_exporter: both ask the same server for the
// same page with the same modules, in turns, and the medians of the rounds are compared.
func BenchmarkAgainstBlackbox(b *testing.B) {
	const rounds, probes, warmUp = 7, 1500, 200
	page := strings.Repeat("<p>All is well.</p>\n", 100)
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, page) }))
	b.Cleanup(target.Close)
	secure := httptest.NewTLSServer(target.Config.Handler)
	b.Cleanup(secure.Close)
	listener := listen(b, "tcp", "127.0.0.1:0", banner("220 ready\n"))
	file := modulesFile(b, `modules:
  http: {prober: http, http: {preferred_ip_protocol: ip4, fail_if_body_not_matches_regexp: ["well"]}}
  https: {prober: http, http: {preferred_ip_protocol: ip4, tls_config: {insecure_skip_verify: true}}}
  tcp: {prober: tcp, tcp: {query_response: [{expect: "^220 "}]}}
`)
	ours, theirs := own(b, file), peer(b, file)
	for _, c := range []struct{ module, target string }{{"http", target.URL}, {"https", secure.URL}, {"tcp", listener.Addr().String()}} {
		b.Run(c.module, func(b *testing.B) {
			turn := func(p program, n int) float64 {
				before := cpu(b, p.pid)
				for range n {
					text := p.ask(b, "module", c.module, "target", c.target)
					require.Contains(b, string(text), "\nprobe_success 1\n")
				}
				return float64(cpu(b, p.pid)-before) / float64(n)
			}
			turn(ours, warmUp)
			turn(theirs, warmUp)
			for b.Loop() {
				var our, their []float64
				for range rounds {
					our, their = append(our, turn(ours, probes)), append(their, turn(theirs, probes))
				}
				b.ReportMetric(median(our), "ns-cpu/probe")
				b.ReportMetric(median(their), "ns-cpu/probe-of-blackbox")
				b.ReportMetric(median(our)/median(their), "ratio")
			}
		})
	}
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// BenchmarkHandler measures a probe within this process, with the server that it asks.
func BenchmarkHandler(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
	b.Cleanup(server.Close)
	h := handler(b, simple)
	b.ReportAllocs()
	for b.Loop() {
		require.Equal(b, http.StatusOK, ask(b, h, "target", server.URL).Code)
	}
}
