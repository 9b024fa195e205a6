// SPDX-License-Identifier: Apache-2.0

package relay_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/collector/relay"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
)

// An outage that never ends, while 300 replicas come and go in every round, takes
// no more memory after 400 rounds than after 40.
func TestEndlessOutageTakesBoundedMemory(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	synctest.Test(t, func(t *testing.T) {
		var round, back atomic.Int64
		w := &wire{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { back.Add(1) }), cut: true}
		r := relay.New(relay.Options{
			Logger: slog.New(slog.DiscardHandler),
			Snapshot: func(time.Time) []state.Replica {
				all := make([]state.Replica, 0, 1300)
				n := round.Add(1)
				for i := range 300 {
					all = append(all, state.Replica{ID: gateway.Replica(fmt.Sprintf("pod-%d-%d", n, i)), Status: status.Healthy})
				}
				for i := range 1000 {
					all = append(all, state.Replica{ID: gateway.Replica(fmt.Sprintf("tcp://host-%d:80", i)), Status: status.Status(1 + n%3)})
				}
				return all
			},
		})
		r.Update(relay.Settings{URL: "http://master", Token: token, Services: []string{"*"}, Client: &http.Client{Transport: w}})
		stop := run(t, r.Run)
		defer stop()
		heap := func() float64 {
			synctest.Wait()
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return float64(m.HeapAlloc) / (1 << 20)
		}
		time.Sleep(10 * time.Minute)
		soon, first := heap(), round.Load()
		time.Sleep(90 * time.Minute)
		late, last := heap(), round.Load()
		t.Logf("%.1f MB after %d rounds, %.1f MB after %d", soon, first, late, last)
		require.Greater(t, last, int64(300), "90,000 replicas have come and gone")
		require.Less(t, late-soon, 4.0, "MB")
		require.Zero(t, back.Load())
	})
}

// A killable is a master with all that belongs to it, which can be killed.
type killable struct {
	t       *testing.T
	address string
	folder  string
	store   *state.Store
	kill    func()
}

// start begins with what is in the folder.
func (k *killable) start() {
	k.t.Helper()
	var err error
	k.store, err = state.Open(state.Options{Path: k.folder, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(k.t, err)
	k.store.Configure([]state.Node{{ID: gateway, Mode: state.Local, DeadAfter: 2 * time.Second}})
	stop := run(k.t, k.store.Run)
	listener, err := net.Listen("tcp", k.address)
	require.NoError(k.t, err)
	server := &http.Server{Handler: handler(k.store), ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	k.kill = func() {
		k.t.Helper()
		require.NoError(k.t, server.Close())
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			require.NoError(k.t, err)
		}
		data, err := os.ReadFile(filepath.Join(k.folder, "state.db"))
		require.NoError(k.t, err)
		stop()
		k.folder = k.t.TempDir() // what a kill -9 leaves, without what a stop writes
		require.NoError(k.t, os.WriteFile(filepath.Join(k.folder, "state.db"), data, 0o600))
	}
}

// A relay and its master talk over the network. The master is killed again and
// again, and is told what holds each time it is back.
func TestMasterThatIsKilledAndRestarted(t *testing.T) {
	t.Parallel()
	master := &killable{t: t, address: testkit.FreePort(t), folder: t.TempDir()}
	master.start()
	defer func() { master.kill() }()

	here, stopHere := newStore(t, probed("a", "b", "c"))
	defer stopHere()
	r := relay.New(relay.Options{
		Snapshot: here.Snapshot, Changed: here.StatusChanged(), File: filepath.Join(t.TempDir(), "relay.json"),
		Logger: slog.New(slog.DiscardHandler),
	})
	r.Update(relay.Settings{URL: "http://" + master.address + "/", Token: token, Services: []string{"*"}, Interval: time.Second})
	defer run(t, r.Run)()
	record := func(name string, s status.Status) {
		here.Record(gateway.Replica(name), probe.Verdict{Status: s}, probe.Result{At: time.Now()})
	}
	become := func(want map[string]string) {
		t.Helper()
		require.Eventually(t, func() bool { return fmt.Sprint(shown(master.store)) == fmt.Sprint(want) }, 30*time.Second, 10*time.Millisecond, want)
	}
	record("a", status.Healthy)
	record("b", status.Sick)
	become(map[string]string{"a": "healthy", "b": "sick reported", "c": "unknown reported"})

	master.kill()
	record("a", status.Dead)
	record("c", status.Healthy)
	here.Configure([]state.Node{probed("a", "c", "d")})
	master.start()
	become(map[string]string{"a": "dead reported", "c": "healthy", "d": "unknown reported"})

	for i := range 3 {
		want := []status.Status{status.Healthy, status.Sick, status.Dead}[i]
		record("c", want)
		master.kill()
		master.start()
		text := want.String()
		if want != status.Healthy {
			text += " reported"
		}
		become(map[string]string{"a": "dead reported", "c": text, "d": "unknown reported"})
	}
}
