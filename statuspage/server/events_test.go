// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/status"
)

// A listener is a client of /events.
type listener struct {
	net.Conn
	lines *bufio.Reader
}

// listening starts a server of the events, and returns what connects to it.
func listening(t testing.TB, s *Server) (dial func(headers ...string) *listener) {
	t.Helper()
	server := app.NewMemoryServer(s.Public(), slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Run(ctx)
	}()
	t.Cleanup(func() {
		s.EndStreams()
		cancel()
		<-done
	})
	return func(headers ...string) *listener {
		c, err := server.Dial(ctx)
		require.NoError(t, err)
		t.Cleanup(func() { _ = c.Close() })
		lines := append([]string{"GET /events HTTP/1.1", "Host: status.example.com"}, headers...)
		_, err = io.WriteString(c, strings.Join(lines, "\r\n")+"\r\n\r\n")
		require.NoError(t, err)
		return &listener{c, bufio.NewReaderSize(c, 16)}
	}
}

// until reads lines up to the one that begins with the text, and returns it.
func (l *listener) until(t testing.TB, begin string) string {
	t.Helper()
	for {
		line, err := l.lines.ReadString('\n')
		require.NoError(t, err, "waiting for %q", begin)
		if strings.HasPrefix(line, begin) {
			return strings.TrimSpace(line)
		}
	}
}

func TestEventsTellOfChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := visitors(t, readingOf(status.Healthy))
		l := listening(t, s)()
		require.Equal(t, "HTTP/1.1 200 OK", l.until(t, "HTTP/"))
		require.Equal(t, "Content-Type: text/event-stream", l.until(t, "Content-Type"))
		require.Equal(t, "event: page", l.until(t, "event:"))
		first := l.until(t, "data:")
		require.Contains(t, first, s.gallery.shown.Load().sites[0].version)

		require.Equal(t, "event: alive", l.until(t, "event:"), "nothing happens for a while")
		require.Equal(t, first, l.until(t, "data:"))

		reading := readingOf(status.Dead)
		s.gallery.show(s.gallery.shown.Load().settings, &knowledge{reading: reading}, &contents{})
		begin := time.Now()
		require.Equal(t, "event: page", l.until(t, "event:"))
		require.Zero(t, time.Since(begin), "at once")
		require.NotEqual(t, first, l.until(t, "data:"))

		s.EndStreams()
		_, err := io.Copy(io.Discard, l.lines)
		require.NoError(t, err, "the stream ends when the server does")
	})
}

func TestEventsKnowWhatWasTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := visitors(t, readingOf(status.Healthy))
		l := listening(t, s)("Last-Event-ID: " + s.gallery.shown.Load().sites[0].version)
		require.Equal(t, "event: alive", l.until(t, "event:"), "the browser has this version")
	})
}

func TestEventsEndWithTheirPage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHub()
		h.publish(news{version: "a"})
		h.close()
		h.close()
		h.publish(news{version: "b"})
		_, open := h.now()
		require.False(t, open)
	})
}

// A visitor who takes nothing is gone after the deadline of a write.
func TestSlowListenersAreCutOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := visitors(t, readingOf(status.Healthy))
		l := listening(t, s)()
		l.until(t, "data:")
		synctest.Wait()
		require.Equal(t, 1, s.streams.count())
		time.Sleep(heartbeat + streamWriteWithin - time.Second)
		synctest.Wait()
		require.Equal(t, 1, s.streams.count())
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.Zero(t, s.streams.count())
	})
}

// A stream lives longer than any request may take to be read or answered.
func TestIdleListenersStay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := visitors(t, readingOf(status.Healthy))
		l := listening(t, s)()
		for range 20 {
			l.until(t, "event: alive")
		}
		require.Equal(t, 1, s.streams.count())
	})
}

func TestListenersAreBounded(t *testing.T) {
	t.Parallel()
	one, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	s := newStreams()
	s.max, s.maxOfOne = 3, 2
	leave, code := s.enter(one)
	require.Zero(t, code)
	_, code = s.enter(one)
	require.Zero(t, code)
	_, code = s.enter(one)
	require.Equal(t, http.StatusTooManyRequests, code)
	leaveOther, code := s.enter(other)
	require.Zero(t, code)
	_, code = s.enter(netip.MustParseAddr("2001:db8::1"))
	require.Equal(t, http.StatusServiceUnavailable, code)
	leave()
	leaveOther()
	require.Equal(t, 1, s.count())
	require.Len(t, s.of, 1, "who has left is forgotten")

	s.max = 10
	_, code = s.enter(netip.MustParseAddr("2001:db8::1"))
	require.Zero(t, code)
	_, code = s.enter(netip.MustParseAddr("2001:db8::ffff:2"))
	require.Zero(t, code)
	_, code = s.enter(netip.MustParseAddr("2001:db8::3"))
	require.Equal(t, http.StatusTooManyRequests, code, "a household has a whole /64")
}

func TestTooManyListenersAreToldWhenToComeAgain(t *testing.T) {
	t.Parallel()
	s := visitors(t, readingOf(status.Healthy))
	s.streams.maxOfOne = 0
	w := ask(s.Public(), http.MethodGet, "/events")
	require.Equal(t, http.StatusTooManyRequests, w.Code)
	require.Equal(t, "60", w.Header().Get("Retry-After"))
	s.streams.max = 0
	require.Equal(t, http.StatusServiceUnavailable, ask(s.Public(), http.MethodGet, "/events").Code)
	require.Equal(t, http.StatusMethodNotAllowed, ask(s.Public(), http.MethodHead, "/events").Code)
}

// streamMemory returns how many bytes each of so many idle streams takes, the client's
// end of the connection included.
func streamMemory(t testing.TB, count int) float64 {
	t.Helper()
	s := visitors(t, readingOf(status.Healthy))
	s.streams.maxOfOne = count
	dial := listening(t, s)
	used := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	all := make([]*listener, 0, count)
	before := used()
	for range count {
		l := dial()
		l.until(t, "data:")
		all = append(all, l)
	}
	require.Equal(t, count, s.streams.count())
	after := used()
	runtime.KeepAlive(all)
	return float64(after-before) / float64(count)
}

func TestTenThousandIdleStreams(t *testing.T) { //nolint:paralleltest // it measures memory
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	each := streamMemory(t, 10_000)
	t.Logf("%.0f bytes each", each)
	require.Less(t, each, 20_000.0)
}

func BenchmarkIdleStreams(b *testing.B) {
	for b.Loop() {
		b.ReportMetric(streamMemory(b, 2000), "B/stream")
	}
}

// BenchmarkChangeToEvent measures the time from a change of the page until the last of
// 1,000 listeners has it.
func BenchmarkChangeToEvent(b *testing.B) {
	const count = 1000
	s := visitors(b, readingOf(status.Healthy))
	s.streams.maxOfOne = count
	dial := listening(b, s)
	told := make(chan struct{}, count)
	for range count {
		l := dial()
		l.until(b, "data:")
		go func() {
			for {
				line, err := l.lines.ReadString('\n')
				if err != nil {
					return
				}
				if strings.HasPrefix(line, "event: page") {
					told <- struct{}{}
				}
			}
		}()
	}
	states := []status.Status{status.Dead, status.Healthy}
	n := 0
	for b.Loop() {
		reading := readingOf(states[n%2])
		n++
		s.gallery.show(s.gallery.shown.Load().settings, &knowledge{reading: reading, layout: reading.Layout}, &contents{known: true})
		for range count {
			<-told
		}
	}
}
