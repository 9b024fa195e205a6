// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/schema"
)

// exporterURL, in the environment, makes the test binary an engine that scrapes the
// exporter there.
const exporterURL = "PHAROS_TEST_EXPORTER"

// How long the engine of BenchmarkMemory runs, at the default interval.
const memoryRun = 3 * time.Minute

// BenchmarkMemory runs an engine in a process of its own over 10,000 replicas, with
// a status, a duration, a last probe and a histogram each, and says what the
// process holds.
func BenchmarkMemory(b *testing.B) {
	const replicas = 10_000
	e := newExporter(replicas)
	e.measure(replicas)
	server := httptest.NewServer(exposition(e))
	defer server.Close()
	for b.Loop() {
		child := exec.CommandContext(b.Context(), os.Args[0], "-test.run", "^TestEngineOfBenchmarkMemory$", "-test.v")
		child.Env = append(os.Environ(), exporterURL+"="+server.URL)
		out, err := child.CombinedOutput()
		require.NoError(b, err, string(out))
		for _, name := range []string{"VmRSS", "VmHWM"} {
			m := regexp.MustCompile(name + `:\s+(\d+) kB`).FindSubmatch(out)
			require.NotNil(b, m, string(out))
			kB, err := strconv.Atoi(string(m[1]))
			require.NoError(b, err)
			b.ReportMetric(float64(kB)/1000, name+"-MB")
		}
		b.Log(regexp.MustCompile(`series: \d+`).FindString(string(out)))
	}
}

// measure adds what a probe leaves besides the status.
func (e *exporter) measure(replicas int) {
	labels := []string{schema.Service, schema.Node, schema.Replica}
	gauge := func(name string) *prometheus.GaugeVec {
		g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: "x"}, labels)
		e.reg.MustRegister(g)
		return g
	}
	duration, seen := gauge(schema.ReplicaProbeDuration), gauge(schema.ReplicaLastSeen)
	for i := range replicas {
		duration.WithLabelValues(place(i)...).Set(0.05 + float64(i%97)/1000)
		seen.WithLabelValues(place(i)...).Set(float64(time.Now().Unix() - int64(i%60)))
		for n := range 10 {
			e.latency.WithLabelValues(place(i)...).Observe(0.03 + float64((i+n)%50)/1000)
		}
	}
}

// TestEngineOfBenchmarkMemory is the child process of BenchmarkMemory.
func TestEngineOfBenchmarkMemory(t *testing.T) {
	address := os.Getenv(exporterURL)
	if address == "" {
		t.Skip("only a part of BenchmarkMemory")
	}
	target, err := url.Parse(address)
	require.NoError(t, err)
	o := usual(t, newExporter(0))
	bundled(&o)
	proxy := httputil.NewSingleHostReverseProxy(target)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	proxy.Transport = transport
	o.Exporter, o.Changes = proxy, nil
	engine, err := New(o)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), memoryRun)
	defer cancel()
	context.AfterFunc(ctx, func() {
		status, err := os.ReadFile("/proc/self/status")
		fmt.Fprintln(os.Stdout, string(status), err, "series:", engine.prom.db.Head().NumSeries())
	})
	require.NoError(t, engine.Run(ctx))
}
