// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/schema"
)

func TestFromPostToRecipient(t *testing.T) {
	t.Parallel()
	to := newReceiver(t)
	b, _ := newBridge(t, to.yml(""))
	require.EqualError(t, b.Ready(), "it is starting or ending")
	stop := run(t, b)

	w := post(b, notification("a"))
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.JSONEq(t, `{"status": "accepted"}`, w.Body.String())
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	w = post(b, notification("a"))
	require.JSONEq(t, `{"status": "duplicate"}`, w.Body.String())
	require.Equal(t, http.StatusOK, post(b, notification("b")).Code)

	require.Eventually(t, func() bool { return len(to.got()) == 2 }, waitAtMost, waitEvery)
	require.Equal(t, []string{"a", "b"}, to.got())
	require.InDelta(t, 3, testutil.ToFloat64(b.metrics.requests.WithLabelValues("200")), 0)
	require.Eventually(t, func() bool {
		return counted(t, b, schema.OutcomeDelivered) == 2 && counted(t, b, schema.OutcomeDuplicate) == 1
	}, waitAtMost, waitEvery)
	stop()
	require.EqualError(t, b.Ready(), "it is starting or ending")
}

// counted returns how many notifications had an outcome on any channel.
func counted(t *testing.T, b *Bridge, outcome string) (n float64) {
	t.Helper()
	families, err := b.o.Gatherer.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() != schema.BridgeNotifications {
			continue
		}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetValue() == outcome {
					n += m.GetCounter().GetValue()
				}
			}
		}
	}
	return n
}

// TestWhatWasAcceptedIsDelivered restarts the bridge before the recipient can be reached.
func TestWhatWasAcceptedIsDelivered(t *testing.T) {
	t.Parallel()
	to := newReceiver(t)
	to.answers(http.StatusServiceUnavailable)
	b, folder := newBridge(t, to.yml("delivery: {retry_wait: 10ms, retry_max: 20ms}"))
	stop := run(t, b)
	require.Equal(t, http.StatusOK, post(b, notification("a")).Code)
	stop()
	require.Empty(t, to.got())

	to.answers(http.StatusOK)
	b, err := open(t, folder, to.yml(""))
	require.NoError(t, err)
	run(t, b)
	require.Eventually(t, func() bool { return len(to.got()) == 1 }, waitAtMost, waitEvery)
}

func TestReload(t *testing.T) {
	t.Parallel()
	to := newReceiver(t)
	b, folder := newBridge(t, "external_url: http://bridge.example.com:9642/")
	run(t, b)
	require.Equal(t, "http://bridge.example.com:9642", b.ExternalURL().String())
	require.Equal(t, http.StatusNotFound, post(b, notification("a")).Code)
	file := filepath.Join(folder, "bridge.yml")

	require.NoError(t, os.WriteFile(file, []byte(to.yml("")), 0o600))
	require.NoError(t, b.Reload())
	require.Equal(t, "http://127.0.0.1:9642", b.ExternalURL().String())
	require.Equal(t, http.StatusOK, post(b, notification("a")).Code)
	require.Eventually(t, func() bool { return len(to.got()) == 1 }, waitAtMost, waitEvery)

	for _, text := range []string{"channels: [{name: hook}]", "channel: []"} {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		require.ErrorContains(t, b.Reload(), "bridge.yml:1: ")
		require.Zero(t, testutil.ToFloat64(b.metrics.reloadOK))
		require.Equal(t, http.StatusOK, post(b, notification("b")).Code, "the old configuration goes on")
	}
	require.NoError(t, os.Remove(file))
	require.ErrorIs(t, b.Reload(), fs.ErrNotExist, "a file that was there has to stay")

	require.NoError(t, os.WriteFile(file, nil, 0o600))
	require.NoError(t, b.Reload())
	require.InDelta(t, 1, testutil.ToFloat64(b.metrics.reloadOK), 0)
	require.Equal(t, http.StatusNotFound, post(b, notification("c")).Code, "the channel is gone")
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	log, registry := slog.New(slog.DiscardHandler), prometheus.NewRegistry()
	absent := filepath.Join(t.TempDir(), "bridge.yml")
	for want, o := range map[string]Options{
		"bridge: Options.Logger is required":     {Registerer: registry},
		"bridge: Options.Registerer is required": {Logger: log},
		"read configuration: open " + absent + ": no such file or directory; write the file, or name another one": {
			Logger: log, Registerer: registry, ConfigFile: absent, RequireConfig: true,
		},
	} {
		o.StoragePath = t.TempDir()
		_, err := New(o)
		require.EqualError(t, err, want)
	}
	taken := prometheus.NewRegistry()
	require.NoError(t, newMetrics(func() error { return nil }).register(taken))
	_, err := New(Options{Logger: log, Registerer: taken, StoragePath: t.TempDir()})
	require.ErrorContains(t, err, "register the metrics of the bridge: duplicate metrics collector registration attempted")

	o := Options{Logger: log, Registerer: registry, StoragePath: t.TempDir(), ConfigFile: absent}
	for range 2 {
		b, err := New(o)
		require.NoError(t, err, "an absent file means that there are no channels, and what was closed leaves nothing behind")
		require.NoError(t, b.Close())
	}
}

func TestMetricsAreWellNamed(t *testing.T) {
	t.Parallel()
	r := prometheus.NewPedanticRegistry()
	failed := errors.New("disk full")
	m := newMetrics(func() error { return failed })
	require.NoError(t, m.register(r))
	require.Zero(t, testutil.ToFloat64(m.storageOK))
	failed = nil
	require.InDelta(t, 1, testutil.ToFloat64(m.storageOK), 0)
	problems, err := testutil.GatherAndLint(r)
	require.NoError(t, err)
	require.Empty(t, problems)
}
