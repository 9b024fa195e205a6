// SPDX-License-Identifier: Apache-2.0

package push

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
)

type password string

func (p password) Equal(presented string) bool { return string(p) == presented }

// keeper is a store that keeps nothing.
type keeper struct{}

func (keeper) Report(status.ID, state.Report) error { return nil }
func (keeper) Flush(status.ID) error                { return nil }
func (keeper) Take([]state.Message) []error         { return nil }

func TestAddressesOfWrongTokensAreLocked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := Handler(Options{
			Store: keeper{}, Logger: slog.New(slog.DiscardHandler),
			Tokens: func() []Token { return []Token{{password("right"), []string{"*"}}} },
		})
		ask := func(address, token string, code int) *httptest.ResponseRecorder {
			t.Helper()
			r := httptest.NewRequest(http.MethodDelete, "/reporter/web/sockets/x", nil)
			r.RemoteAddr = address
			r.SetBasicAuth("", token)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			require.Equal(t, code, w.Code, w.Body.String())
			return w
		}
		const stranger, friend = "192.0.2.1:1", "192.0.2.2:1"
		time.Sleep(grace)
		ask(friend, "right", 200)
		for range maxFailures {
			ask(stranger, "wrong", 401)
			ask(friend, "wrong", 401)
		}
		time.Sleep(failuresOver / 2)
		for _, token := range []string{"wrong", "right"} {
			w := ask(stranger, token, 503)
			require.Equal(t, "30", w.Header().Get("Retry-After"))
			require.Equal(t, "too many wrong tokens from this address; try again in 30 seconds\n", w.Body.String())
			require.Empty(t, w.Header().Get("WWW-Authenticate"))
		}
		ask(friend, "wrong", 503)
		ask(friend, "right", 200)
		ask("192.0.2.3:1", "right", 200)
		time.Sleep(failuresOver/2 - 1)
		ask(stranger, "right", 503)
		time.Sleep(time.Nanosecond)
		ask(stranger, "right", 200)
		ask(stranger, "wrong", 401)

		time.Sleep(trustedFor)
		for range maxFailures {
			ask(friend, "wrong", 401)
		}
		ask(friend, "right", 503)
	})
}

// After a start nobody is trusted yet, and a stream of wrong tokens may come from the
// address of all. Who shows a right one in the first minute is let in after it.
func TestNobodyIsLockedAfterTheStart(t *testing.T) {
	t.Parallel()
	start := time.Now()
	g := newGuard(start)
	proxy, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	last := start.Add(grace - 1)
	for range 2 * maxFailures {
		require.Zero(t, g.wrong(proxy, last))
		require.Zero(t, g.wrong(other, last))
	}
	require.Zero(t, g.right(proxy, last))
	over := start.Add(grace)
	require.Equal(t, failuresOver-1, g.wrong(proxy, over))
	require.Zero(t, g.right(proxy, over), "it has shown a right one")
	require.Equal(t, failuresOver-1, g.right(other, over))
}

func TestGuardIsBounded(t *testing.T) {
	t.Parallel()
	now := time.Now()
	g := newGuard(now.Add(-grace))
	address := netip.MustParseAddr("10.0.0.0")
	for range 3 * maxAddresses {
		address = address.Next()
		g.wrong(address, now)
		require.LessOrEqual(t, len(g.sources), maxAddresses)
	}
	friend, locked := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	require.Zero(t, g.right(friend, now))
	for range maxFailures {
		require.Zero(t, g.wrong(locked, now))
	}
	for range maxAddresses {
		address = address.Next()
		g.wrong(address, now)
	}
	require.Equal(t, failuresOver, g.wrong(locked, now), "who matters is remembered")
	require.Contains(t, g.sources, friend)
	for range maxAddresses {
		address = address.Next()
		g.right(address, now)
	}
	require.LessOrEqual(t, len(g.sources), maxAddresses, "in the end the bound counts")
}

func TestAddressOf(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]string{
		"192.0.2.1:80":                  "192.0.2.1",
		"[::ffff:192.0.2.1]:80":         "192.0.2.1",
		"[2001:db8:1:2:3:4:5:6]:80":     "2001:db8:1:2::",
		"[2001:db8:1:2:ffff:4:5:6]:443": "2001:db8:1:2::",
		"[fe80::1%eth0]:80":             "fe80::",
		"pipe":                          "invalid IP",
	} {
		require.Equal(t, want, addressOf(remote).String(), remote)
	}
}
