// SPDX-License-Identifier: Apache-2.0

package relay_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
)

// What the master does not want stops nothing else, and is told once.
func TestWhatTheMasterRefuses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		master, stop := newStore(t, local())
		defer stop()
		master.SetLimits(state.Limits{ReplicasPerNode: 1})
		unknown := probed("x", "y")
		unknown.ID.Node = "none"
		foreign := probed("z")
		foreign.ID.Service = "mail"
		r := start(t, handler(master), "", probed("a", "b"), unknown, foreign)
		defer r.stop()
		r.record("a", status.Healthy)
		for range 20 {
			time.Sleep(time.Minute)
			require.Equal(t, map[string]string{"a": "healthy"}, shown(master))
		}
		r.record("a", status.Sick)
		time.Sleep(time.Second)
		require.Equal(t, map[string]string{"a": "sick reported"}, shown(master), "changes are as fast as ever")
		expect(t, r.Relay, schema.ExporterRelayPending, 1)
		require.Contains(t, r.log(), `node=lan:none replica=x err="the master answers 404: unknown node \"none\" of service \"lan\""`)
		require.Contains(t, r.log(), `node=mail:gateway replica=z err="the master answers 403: the token is not good for this service"`)
		require.Contains(t, r.log(), "the master answers 503: too many replicas")
		require.Equal(t, 1, strings.Count(r.log(), "node=lan:none"))
	})
}

func TestWrongToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		master, stop := newStore(t, local())
		defer stop()
		r := start(t, handler(master), "", probed("a"))
		defer r.stop()
		s := r.settings()
		s.Token = "wrong"
		r.Update(s)
		time.Sleep(time.Minute)
		require.Contains(t, r.log(), "the master answers 401: the token is wrong; write one of the master's reporter tokens into relay.token or its file")
		r.Update(r.settings())
		time.Sleep(time.Second)
		require.Contains(t, shown(master), "a")
	})
}

func TestAnswersThatAreNoPharos(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		code int
		text string
		want string
	}{
		"a portal":      {200, "<html>", "the master's answer is none of a Pharos; check the URL"},
		"empty":         {200, "{}", "the master's answer is none of a Pharos; check the URL"},
		"a redirect":    {308, "", "the master answers 308: it redirects; write the address that it leads to into relay.url"},
		"bad request":   {400, strings.Repeat("x", 1000), "the master answers 400: " + strings.Repeat("x", 200)},
		"one too large": {413, "too large", "the master answers 413: too large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := start(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Location", "http://elsewhere/")
					w.WriteHeader(tc.code)
					_, _ = io.WriteString(w, tc.text)
				}), "", probed("a"))
				time.Sleep(time.Second)
				r.stop()
				require.Contains(t, r.log(), `err="`+tc.want+`"`)
				expect(t, r.Relay, schema.ExporterRelayPending, 1)
			})
		})
	}
}

// An ingress says 404 as long as the master behind it is away. What is to be told
// in that time, flushes above all, is told afterwards, and by batches as before.
func TestIngressWhoseMasterIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		master, stop := newStore(t, local())
		defer stop()
		var away atomic.Bool
		r := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if away.Load() {
				http.Error(w, "default backend - 404", http.StatusNotFound)
				return
			}
			handler(master).ServeHTTP(w, r)
		}), "", probed("a", "b"))
		defer r.stop()
		r.record("a", status.Healthy)
		r.record("b", status.Healthy)
		time.Sleep(time.Second)
		require.Equal(t, map[string]string{"a": "healthy", "b": "healthy"}, shown(master))
		away.Store(true)
		r.record("a", status.Sick)
		r.store.Configure([]state.Node{probed("a")})
		time.Sleep(5 * time.Second)
		expect(t, r.Relay, schema.ExporterRelayPending, 2)
		require.Contains(t, r.log(), "the master answers 404: default backend - 404; check the URL, and that the master has such a node in mode local")
		away.Store(false)
		time.Sleep(20 * time.Second)
		require.Equal(t, map[string]string{"a": "sick reported"}, shown(master))
		expect(t, r.Relay, schema.ExporterRelayPending, 0)
		r.wire.requests()
		time.Sleep(interval)
		for _, request := range r.wire.requests() {
			require.True(t, strings.HasPrefix(request, "POST /reporter {"), request)
		}
	})
}

// A single 404 in the way does not make a Pharos a master without batches for good,
// nor does it hide what such a master refuses in its own words.
func TestOneForeignAnswerToABatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		master, stop := newStore(t, local())
		defer stop()
		var batches atomic.Int32
		r := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/reporter" && batches.Add(1) == 1 {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			handler(master).ServeHTTP(w, r)
		}), "")
		defer r.stop()
		none := probed("x")
		none.ID.Node = "none"
		r.store.Configure([]state.Node{probed("a"), none})
		r.record("a", status.Healthy)
		r.store.Record(none.ID.Replica("x"), probe.Verdict{Status: status.Dead}, probe.Result{At: time.Now()})
		time.Sleep(time.Second)
		require.Equal(t, map[string]string{"a": "healthy"}, shown(master))
		require.Contains(t, r.log(), `err="the master answers 404: unknown node \"none\" of service \"lan\""`)
		time.Sleep(interval)
		require.Greater(t, batches.Load(), int32(1), "a refusal makes it look again")
		r.wire.requests()
		time.Sleep(10 * interval)
		for _, request := range r.wire.requests() {
			require.True(t, strings.HasPrefix(request, "POST /reporter {"), request)
		}
	})
}
