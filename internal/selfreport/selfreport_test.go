// SPDX-License-Identifier: Apache-2.0

package selfreport

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/status"
)

func TestReporterSpeaksTheReporterProtocol(t *testing.T) {
	t.Parallel()
	type seen struct {
		path, password string
		body           struct {
			Replica  string
			Interval float64
			Load     struct{ CPU, RAM float64 }
		}
	}
	reports := make(chan seen, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		s := seen{path: r.URL.EscapedPath()}
		_, s.password, _ = r.BasicAuth()
		if err := json.NewDecoder(r.Body).Decode(&s.body); err != nil {
			t.Error(err)
		}
		reports <- s
	}))
	defer server.Close()
	r := New(Options{
		URL: server.URL, Transport: http.DefaultTransport, Interval: time.Hour,
		Replica: status.ID{Service: "pharos", Node: "the self", Replica: "host-1"},
		Token:   func() (configfile.Secret, bool) { return "s3cret", true },
		Logger:  slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()

	got := <-reports
	cancel()

	require.NoError(t, <-done)
	require.Equal(t, "/reporter/pharos/the%20self/", got.path)
	require.Equal(t, "s3cret", got.password)
	require.Equal(t, "host-1", got.body.Replica)
	require.InDelta(t, 3600, got.body.Interval, 0)
	require.Positive(t, got.body.Load.RAM)
	require.Less(t, got.body.Load.RAM, 1.0)
	require.GreaterOrEqual(t, got.body.Load.CPU, 0.0)
}

func TestMeterMeasuresWork(t *testing.T) {
	t.Parallel()
	start := time.Now()
	m, err := newMeter(start)
	require.NoError(t, err)
	for n := 0; ; n++ { // spin until the kernel has counted some of it
		if cpu, ram, err := m.read(start.Add(minPeriod)); cpu > 0 {
			require.NoError(t, err)
			require.Positive(t, ram)
			return
		}
		m.cpu, m.at = 0, start
	}
}

func TestMeterDoesNotMeasureMoments(t *testing.T) {
	t.Parallel()
	start := time.Now()
	m, err := newMeter(start)
	require.NoError(t, err)
	m.cpu -= 10
	cpu, _, err := m.read(start.Add(minPeriod - 1))
	require.NoError(t, err)
	require.Zero(t, cpu, "10 s of CPU time in less than a second are an artefact")
	cpu, _, err = m.read(start.Add(100 * time.Second))
	require.NoError(t, err)
	require.InDelta(t, 0.1/float64(runtime.NumCPU()), cpu, 0.05, "they are not lost, but told over the whole time")
}

func TestContainerLimit(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"1048576\n": 1 << 20, "max\n": 0, "": 0} {
		path := filepath.Join(t.TempDir(), "memory.max")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		got, ok := containerLimit(path)
		require.Equal(t, want > 0, ok, "%q", text)
		if ok {
			require.InDelta(t, want, got, 0)
		}
	}
}
