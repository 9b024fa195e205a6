// SPDX-License-Identifier: Apache-2.0

package relay_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
)

// A vigil answers as a Vigil does: to the two paths that it has, slash and all.
type vigil struct {
	mu      sync.Mutex
	health  map[string]string // of each replica
	strange []string          // what no client of Vigil's sends
}

func (v *vigil) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, password, _ := r.BasicAuth()
	path := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	switch {
	case r.URL.Path == "/reporter":
		w.WriteHeader(http.StatusNotFound)
	case password != token:
		w.WriteHeader(http.StatusUnauthorized)
	case r.Method == http.MethodPost && len(path) == 4 && path[3] == "":
		var body struct {
			Replica, Health string
			Interval        float64
		}
		err := json.NewDecoder(r.Body).Decode(&body)
		if err != nil || body.Interval != 30 || !slices.Contains([]string{"healthy", "sick", "dead"}, body.Health) {
			v.strange = append(v.strange, body.Health)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		v.health[body.Replica] = body.Health
	case r.Method == http.MethodDelete && len(path) == 5 && path[4] == "":
		name, err := url.PathUnescape(path[3])
		if _, ok := v.health[name]; err != nil || !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		delete(v.health, name)
	default:
		v.strange = append(v.strange, r.Method+" "+r.URL.Path)
		w.WriteHeader(http.StatusNotFound)
	}
}

func (v *vigil) shown() map[string]string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return maps.Clone(v.health)
}

// A Vigil has no batches and no word for unknown: what is unknown is not reported
// at first, and flushed before Vigil would call it dead.
func TestMasterIsAVigil(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vigil{health: map[string]string{}}
		const a = "tcp://10.0.0.1:80"
		r := start(t, v, "", probed(a, "b", "c"))
		defer r.stop()
		time.Sleep(time.Second)
		require.Empty(t, v.shown())
		require.Len(t, r.wire.requests(), 1, "the batch that it does not know")
		r.record(a, status.Healthy)
		r.store.Record(gateway.Replica("b"), probe.Verdict{Status: status.Sick, Reason: status.Slow, Detail: "words that it has no use for"}, probe.Result{At: time.Now()})
		time.Sleep(time.Second)
		require.Equal(t, map[string]string{a: "healthy", "b": "sick"}, v.shown())
		require.ElementsMatch(t, []string{
			`POST /reporter/lan/gateway/ {"replica":"tcp://10.0.0.1:80","interval":30,"health":"healthy"}`,
			`POST /reporter/lan/gateway/ {"replica":"b","interval":30,"health":"sick"}`,
		}, r.wire.requests())

		for range 20 {
			time.Sleep(30 * time.Second)
			require.GreaterOrEqual(t, len(r.wire.requests()), 2, "each is told again in time")
		}
		r.record(a, status.Unknown)
		time.Sleep(time.Second)
		require.Equal(t, "healthy", v.shown()[a], "it may be known again soon")
		time.Sleep(interval)
		require.Equal(t, map[string]string{"b": "sick"}, v.shown(), "nothing is known of it, and silence would be death")
		require.Contains(t, r.wire.requests(), "DELETE /reporter/lan/gateway/tcp:%2F%2F10.0.0.1:80/ ")
		r.record(a, status.Dead)
		time.Sleep(time.Second)
		require.Equal(t, map[string]string{a: "dead", "b": "sick"}, v.shown())

		r.store.Configure([]state.Node{probed(a)})
		time.Sleep(time.Second)
		require.Equal(t, map[string]string{a: "dead"}, v.shown())
		require.Empty(t, v.strange)
		require.Empty(t, r.log())
	})
}

func TestVigilThatGoesAndComesBackAsAPharos(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		master, stop := newStore(t, local())
		defer stop()
		v := &vigil{health: map[string]string{}}
		r := start(t, v, "", probed("a"))
		defer r.stop()
		r.record("a", status.Healthy)
		time.Sleep(time.Second)
		require.Equal(t, map[string]string{"a": "healthy"}, v.shown())
		r.wire.setCut(true)
		time.Sleep(time.Minute)
		r.wire.requests()
		r.wire.Handler = handler(master)
		r.wire.setCut(false)
		time.Sleep(30 * time.Second)
		require.Equal(t, map[string]string{"a": "healthy"}, shown(master))
	})
}

// A master that was taken for a Vigil is asked every few minutes whether it knows
// batches, though it refuses nothing.
func TestVigilThatBecomesAPharosUnnoticed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		master, stop := newStore(t, local())
		defer stop()
		r := start(t, &vigil{health: map[string]string{}}, "", probed("a"))
		defer r.stop()
		r.record("a", status.Healthy)
		time.Sleep(time.Minute)
		r.wire.requests()
		r.wire.Handler = handler(master)
		r.wire.setCut(false) // the lock orders it
		time.Sleep(6 * time.Minute)
		r.wire.requests()
		time.Sleep(interval)
		for _, request := range r.wire.requests() {
			require.True(t, strings.HasPrefix(request, "POST /reporter {"), request)
		}
		require.Equal(t, map[string]string{"a": "healthy"}, shown(master))
	})
}

// A Vigil that has forgotten all, as by a restart, answers the flush of what it does
// not have by a bare 404. That many are to be flushed holds nothing else up.
func TestVigilThatForgets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vigil{health: map[string]string{}}
		names := strings.Split("abcdefghijklmnopqrstuvwxyz", "")
		r := start(t, v, "", probed(names...))
		defer r.stop()
		for _, name := range names {
			r.record(name, status.Healthy)
		}
		time.Sleep(time.Minute)
		require.Len(t, v.shown(), len(names))
		r.wire.setCut(true)
		r.store.Configure([]state.Node{probed("a", "b")})
		time.Sleep(time.Minute)
		v.mu.Lock()
		clear(v.health)
		v.mu.Unlock()
		r.wire.setCut(false)
		time.Sleep(20 * time.Second)
		require.Equal(t, map[string]string{"a": "healthy", "b": "healthy"}, v.shown())
		expect(t, r.Relay, schema.ExporterRelayPending, 0)
		r.wire.requests()
		time.Sleep(interval)
		for _, request := range r.wire.requests() {
			require.False(t, strings.HasPrefix(request, "DELETE"), request)
		}
	})
}
