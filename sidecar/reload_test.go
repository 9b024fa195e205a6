// SPDX-License-Identifier: Apache-2.0

package sidecar

import (
	"io/fs"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/sidecar/watch"
)

func TestReload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const b, c = `{service: web, node: b, replica: r, tcp: "a:1"}`, `{service: web, node: c, replica: r, tcp: "a:1"}`
		r := newRig(t, oneServer+"watch: ["+b+", "+c+"]")
		r.run()
		time.Sleep(time.Second)
		r.network.told("one")
		kept := r.current.Load().runners[1].watch

		r.write("wach: []")
		require.ErrorContains(t, r.Reload(), "unknown key")
		time.Sleep(30 * time.Second)
		require.Len(t, r.network.told("one"), 2, "the old one goes on")

		r.write(`servers: [{url: "http://two", token: a}]` + "\nwatch: [" + c + `, {service: web, node: d, replica: r, tcp: "a:1"}]`)
		require.NoError(t, r.Reload())
		require.Equal(t, 2, r.Watches())
		require.Same(t, kept, r.current.Load().runners[0].watch, "it is as it was, and remembers")
		require.Equal(t, []string{"two"}, r.Servers())
		time.Sleep(time.Second)
		require.ElementsMatch(t, []string{"DELETE web/b/r", "DELETE web/c/r"}, r.network.told("one"), "nobody reports to it any more")
		require.ElementsMatch(t, []string{"web/c/r healthy", "web/d/r healthy"}, r.network.told("two"))
		r.stop()
		require.Empty(t, r.network.told("two"))
	})
}

// TestManyReloads: some come before the one before was seen.
func TestManyReloads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneServer+a)
		for range 3 {
			require.NoError(t, r.Reload())
		}
		r.run()
		time.Sleep(time.Second)
		for range 5 {
			require.NoError(t, r.Reload())
		}
		time.Sleep(time.Second)
		require.GreaterOrEqual(t, len(r.network.told("one")), 2)
		r.watches["a"].looks()
		time.Sleep(30 * time.Second)
		require.Equal(t, 1, r.watches["a"].looks(), "one looks")
		require.Len(t, r.network.told("one"), 1)
		r.stop()
	})
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	absent := filepath.Join(t.TempDir(), "reporter.yml")
	_, err := New(Options{ConfigFile: absent, Logger: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry()})
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, err, "--config.file")
	_, err = New(Options{ConfigFile: absent, Registerer: prometheus.NewRegistry()})
	require.ErrorContains(t, err, "Logger")
	_, err = New(Options{ConfigFile: absent, Logger: slog.New(slog.DiscardHandler)})
	require.ErrorContains(t, err, "Registerer")
}

func TestMetricsAreDocumentedAndWellNamed(t *testing.T) {
	t.Parallel()
	r := newRig(t, oneServer+a)
	registry := r.o.Registerer.(*prometheus.Registry)
	all := watch.Figures{CPU: 0.5, Memory: 1, OpenFiles: 2, Threads: 3, Processes: 4, Restarts: 5, RestartsSeen: 6, Started: time.Unix(7, 0), Answer: 0.5}
	r.current.Load().runners[0].board.post(seen{verdict: watch.Verdict{Status: status.Sick, Figures: all}, at: time.Unix(8, 0), some: true})
	r.metrics.serve(r.current.Load())
	families, err := registry.Gather()
	require.NoError(t, err)
	testkit.DocumentMetrics(t, "reporter", families)
	problems, err := testutil.GatherAndLint(registry)
	require.NoError(t, err)
	require.Empty(t, problems)
	names := testkit.Constants(t, "internal/schema")
	for _, f := range families {
		require.True(t, names[f.GetName()], f.GetName())
	}
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP pharos_reporter_watch_status Whether the watch found this status (1) or not (0) when it looked last. All of them are 0 if it could not tell.
# TYPE pharos_reporter_watch_status gauge
pharos_reporter_watch_status{node="a",replica="r",service="web",status="dead"} 0
pharos_reporter_watch_status{node="a",replica="r",service="web",status="healthy"} 0
pharos_reporter_watch_status{node="a",replica="r",service="web",status="sick"} 1
`), schema.ReporterWatchStatus))
	all = watch.Figures{CPU: math.NaN(), Memory: math.NaN(), OpenFiles: math.NaN(), Threads: math.NaN(), Processes: math.NaN(), RestartsSeen: math.NaN(), Answer: math.NaN()}
	r.current.Load().runners[0].board.post(seen{verdict: watch.Verdict{Figures: all}, some: true})
	n, err := testutil.GatherAndCount(registry, schema.ReporterWatchCPU, schema.ReporterWatchStart, schema.ReporterWatchMemory)
	require.NoError(t, err)
	require.Zero(t, n, "what was not measured is not there")
	r.Close()
}

func TestHandler(t *testing.T) {
	t.Parallel()
	r := newRig(t, oneServer+a)
	defer r.Close()
	h := app.CollapseSlashes(r.Handler(r.o.Registerer.(*prometheus.Registry)))
	get := func(method, path string) (int, string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody))
		return w.Code, w.Body.String()
	}
	code, text := get(http.MethodGet, "/-/healthy")
	require.Equal(t, 200, code)
	require.Equal(t, "pharos_reporter is healthy.\n", text)
	_, text = get(http.MethodGet, "/config")
	require.Contains(t, text, "token: <secret>")
	require.NotContains(t, text, "hunter2")
	_, text = get(http.MethodGet, "/metrics")
	require.Contains(t, text, schema.ReporterReloadSuccessful+" 1\n")
	code, _ = get(http.MethodPost, "/-/reload")
	require.Equal(t, 200, code)
	require.NoError(t, os.Remove(r.file))
	code, text = get(http.MethodPost, "/-/reload")
	require.Equal(t, 500, code)
	require.Contains(t, text, "write the file, or name another one")
	_, text = get(http.MethodGet, "/metrics")
	require.Contains(t, text, schema.ReporterReloadSuccessful+" 0\n")
}
