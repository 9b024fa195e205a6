// SPDX-License-Identifier: Apache-2.0

package relay_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/collector/push"
	"github.com/pharos-status/pharos/collector/relay"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	token     = "s3cret"
	interval  = 30 * time.Second
	deadAfter = 40 * time.Second
)

var gateway = status.NodeID{Service: "lan", Node: "gateway"}

// A secret compares itself as plainly as can be.
type secret string

func (s secret) Equal(presented string) bool { return string(s) == presented }

// newStore returns a store that runs until the test ends, or stop is called.
func newStore(t *testing.T, nodes ...state.Node) (s *state.Store, stop func()) {
	t.Helper()
	s, err := state.Open(state.Options{Path: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	s.Configure(nodes)
	return s, run(t, s.Run)
}

func run(t *testing.T, component func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- component(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-done)
	})
}

// probed is a node of the relay whose replicas have the names.
func probed(names ...string) state.Node {
	n := state.Node{ID: gateway, Mode: state.Poll}
	for _, name := range names {
		n.Replicas = append(n.Replicas, state.Probed{Name: name, Interval: time.Hour, Timeout: time.Second})
	}
	return n
}

func local() state.Node { return state.Node{ID: gateway, Mode: state.Local, DeadAfter: deadAfter} }

func handler(s *state.Store) http.Handler {
	return push.Handler(push.Options{
		Store: s, Logger: slog.New(slog.DiscardHandler),
		Tokens: func() []push.Token { return []push.Token{{Secret: secret(token), Services: []string{"lan", "web"}}} },
	})
}

// A wire leads to the handler of a master, without a network, and may be cut.
type wire struct {
	http.Handler
	mu    sync.Mutex
	cut   bool
	asked []string // the requests that came through
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	cut := w.cut
	if !cut {
		w.asked = append(w.asked, fmt.Sprintf("%s %s %s", r.Method, r.URL.EscapedPath(), body))
	}
	w.mu.Unlock()
	if cut {
		return nil, errors.New("connection refused")
	}
	r = r.Clone(r.Context())
	r.Body, r.RequestURI = io.NopCloser(strings.NewReader(string(body))), r.URL.RequestURI()
	answer := httptest.NewRecorder()
	w.ServeHTTP(answer, r)
	return answer.Result(), nil
}

func (w *wire) setCut(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
}

// requests returns those that came through since the last call.
func (w *wire) requests() []string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	asked := w.asked
	w.asked = nil
	return asked
}

// A rig is a relay with its store, and a wire to its master.
type rig struct {
	*relay.Relay
	store *state.Store
	wire  *wire
	out   strings.Builder
	stop  func()
}

// log returns what the relay has logged.
func (r *rig) log() string {
	synctest.Wait()
	return r.out.String()
}

func (r *rig) settings() relay.Settings {
	return relay.Settings{
		URL: "http://master", Token: token, Services: []string{"*"}, Interval: interval, Client: &http.Client{Transport: r.wire},
	}
}

// start runs a relay of what nodes say to a master.
func start(t *testing.T, master http.Handler, file string, nodes ...state.Node) *rig {
	t.Helper()
	r := &rig{wire: &wire{Handler: master}}
	var stop func()
	r.store, stop = newStore(t, nodes...)
	r.Relay = relay.New(relay.Options{
		Snapshot: r.store.Snapshot, Changed: r.store.StatusChanged(), File: file, Logger: slog.New(slog.NewTextHandler(&r.out, nil)),
	})
	r.Update(r.settings())
	stopRelay := run(t, r.Run)
	r.stop = func() {
		stopRelay()
		stop()
	}
	return r
}

// record makes the relay see a status.
func (r *rig) record(name string, s status.Status) {
	r.store.Record(gateway.Replica(name), probe.Verdict{Status: s}, probe.Result{At: time.Now()})
}

// shown returns what a store shows of a node: a status for each name.
func shown(s *state.Store) map[string]string {
	all := map[string]string{}
	for _, r := range s.Snapshot(time.Now()) {
		all[r.ID.Replica] = strings.TrimSpace(r.Status.String() + " " + string(r.Reason))
	}
	return all
}

// expect requires the value of a gauge.
func expect(t *testing.T, c prometheus.Collector, name string, want float64) {
	t.Helper()
	require.InDelta(t, want, value(t, c, name), 0)
}

// value returns the value of a gauge.
func value(t *testing.T, c prometheus.Collector, name string) float64 {
	t.Helper()
	synctest.Wait()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(c)
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("there is no %s", name)
	return 0
}
