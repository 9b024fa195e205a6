// SPDX-License-Identifier: Apache-2.0

package xmpp

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestKeepalive lets a session stand: the server is pinged every minute, and the
// session ends politely once nobody needs it.
func TestKeepalive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, server := pipe(t)
		began, pings := time.Now(), 0
		s.start(t.Context(), func() bool { return time.Since(began) >= 10*time.Minute })
		for {
			e, err := server.r.next()
			if err != nil {
				require.ErrorIs(t, err, errEnded)
				break
			}
			require.NotNil(t, e.child(nsPing, "ping"))
			require.Equal(t, "example.test", e.get("to"))
			pings++
			require.Equal(t, time.Duration(pings)*time.Minute, time.Since(began))
			require.NoError(t, server.write("<iq type='result' id='"+e.get("id")+"'/>"))
		}
		require.Equal(t, 9, pings)
		require.Equal(t, 10*time.Minute, time.Since(began))
		<-s.done
		require.ErrorIs(t, s.err, errClosed)
		s.end()
	})
}

// TestDeadConnection ends a session whose server does not answer a ping.
func TestDeadConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, server := pipe(t)
		began := time.Now()
		s.start(t.Context(), func() bool { return false })
		_, err := server.r.next()
		require.NoError(t, err)
		<-s.done
		require.Equal(t, keepalive+pingWithin, time.Since(began))
		require.ErrorIs(t, s.err, errSilent)
		s.end()
	})
}

// TestIdle closes the session of a client that has nothing to send, and opens another
// one for the next message.
func TestIdle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, server := pipe(t)
		c := &Client{o: Options{Idle: 5 * time.Minute}, opening: make(chan struct{}, 1), current: s}
		s.start(t.Context(), func() bool { return c.retire(s) })
		go func() {
			for {
				e, err := server.r.next()
				if err != nil {
					return
				}
				_ = server.write("<iq type='result' id='" + e.get("id") + "'/>")
			}
		}()
		held, err := c.acquire(t.Context())
		require.NoError(t, err)
		require.Same(t, s, held)
		time.Sleep(time.Hour)
		require.False(t, s.over(), "it is in use")
		c.release(s)
		time.Sleep(4 * time.Minute)
		require.False(t, s.over())
		time.Sleep(2 * time.Minute)
		require.True(t, s.over())
		require.Nil(t, c.current)
		s.end()
		require.NoError(t, c.Close())
		_, err = c.acquire(t.Context())
		require.ErrorIs(t, err, errClosed)
	})
}

// pipe returns a session, and its server, which have begun their streams.
func pipe(t *testing.T) (*session, *stream) {
	t.Helper()
	ours, theirs := net.Pipe()
	t.Cleanup(func() { theirs.Close() })
	begin := func(conn net.Conn) *stream {
		s := newStream(conn)
		s.jid = JID{Local: "pharos", Domain: "example.test", Resource: "1"}
		s.r = newReader(bufio.NewReader(io.MultiReader(strings.NewReader("<stream:stream xmlns='"+nsClient+"' xmlns:stream='"+nsStream+"'>"), conn)))
		require.NoError(t, s.r.open())
		return s
	}
	return newSession(begin(ours), slog.New(slog.DiscardHandler)), begin(theirs)
}
