// SPDX-License-Identifier: Apache-2.0

package relay_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

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
