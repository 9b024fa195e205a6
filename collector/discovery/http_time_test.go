// SPDX-License-Identifier: Apache-2.0

package discovery_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/discovery"
)

// bubble starts a server of i that a rig reaches without a network, so that the
// clock of the bubble runs on.
func bubble(t *testing.T, i *inventory) *rig {
	t.Helper()
	l := pipes{make(chan net.Conn), make(chan struct{})}
	s := &http.Server{Handler: i} //nolint:gosec // nobody attacks it
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l)
	}()
	r := newRig()
	r.Dial(l.dial)
	r.start(t)
	t.Cleanup(func() {
		r.stop()
		require.NoError(t, s.Close())
		<-done
	})
	return r
}

// pipes is a listener without a network.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error {
	close(p.done)
	return nil
}

func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func TestHTTPInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newInventory("http://a")
		r := bubble(t, i)
		r.Update([]discovery.Source{source("http://inventory")})
		time.Sleep(time.Hour)
		synctest.Wait()
		times := i.asked()
		require.InDelta(t, 60, len(times), 4)
		differ := map[time.Duration]bool{}
		for n := 1; n < len(times); n++ {
			pause := times[n].Sub(times[n-1])
			require.InDelta(t, time.Minute, pause, float64(6*time.Second))
			differ[pause] = true
		}
		require.Greater(t, len(differ), len(times)/2, "it varies")
		require.EqualValues(t, 1, r.changes.Load(), "an answer that says the same changes nothing")
	})
}

func TestHTTPKeepsTargetsOnFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newInventory("http://a")
		r := bubble(t, i)
		r.Update([]discovery.Source{source("http://inventory")})
		time.Sleep(time.Second)
		i.answers(http.StatusInternalServerError, "", "")
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		require.Equal(t, []string{"http://a"}, r.urls())
		require.EqualValues(t, 1, r.changes.Load())

		i.says("http://a", "http://b")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		require.Equal(t, []string{"http://a", "http://b"}, r.urls())
		require.EqualValues(t, 2, r.changes.Load())

		i.says()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		require.Empty(t, r.urls(), "an empty answer is an answer")
		r.stop()
		require.Equal(t, 1, strings.Count(r.log.String(), "No targets from a source"), "told once")
		require.Equal(t, 1, strings.Count(r.log.String(), "A source tells of targets again"))
	})
}

// After a failure it does not take a long interval to look again.
func TestHTTPRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newInventory()
		i.answers(http.StatusServiceUnavailable, "", "")
		r := bubble(t, i)
		s := source("http://inventory")
		s.Interval = time.Hour
		r.Update([]discovery.Source{s})
		time.Sleep(time.Hour)
		synctest.Wait()
		times := i.asked()
		require.InDelta(t, 10, len(times), 1, "5 s, 10 s, 20 s …")
		require.InDelta(t, 5*time.Second, times[1].Sub(times[0]), float64(time.Second))
		time.Sleep(48 * time.Hour)
		require.InDelta(t, 57, len(i.asked()), 4, "every hour in the end")
	})
}

func TestHTTPStalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newInventory("http://a")
		i.stalls = make(chan struct{})
		r := bubble(t, i)
		r.Update([]discovery.Source{source("http://inventory")})
		time.Sleep(31 * time.Second)
		require.NoError(t, r.Wait(t.Context()))
		close(i.stalls)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, []string{"http://a"}, r.urls())
		r.stop()
		require.Contains(t, r.log.String(), "context deadline exceeded")
	})
}

func TestHTTPUpdate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newInventory("http://a")
		r := bubble(t, i)
		s := source("http://inventory")
		s.Client.OAuth2 = nil
		r.Update([]discovery.Source{s})
		time.Sleep(time.Second)
		for range 10 {
			r.Update([]discovery.Source{s})
			time.Sleep(time.Second)
		}
		require.Len(t, i.asked(), 1, "the same source is not disturbed")

		i.answers(http.StatusUnauthorized, "", "")
		s.Client.BearerToken = "new"
		r.Update([]discovery.Source{s})
		time.Sleep(time.Second)
		require.Len(t, i.asked(), 2, "another is asked at once")
		require.Equal(t, []string{"http://a"}, r.urls(), "what the URL told of before stays")

		r.Update([]discovery.Source{s, s})
		time.Sleep(time.Second)
		require.Equal(t, []string{"http://a"}, r.urls(), "what stays, stays once")
		i.says("http://b")
		time.Sleep(2 * time.Minute)
		require.Equal(t, []string{"http://b", "http://b"}, r.urls())
		r.Update(nil)
		require.Empty(t, r.urls())
		before := len(i.asked())
		time.Sleep(time.Hour)
		require.Len(t, i.asked(), before, "nobody is asked")
		require.NoError(t, r.Wait(t.Context()))
	})
}

func TestHTTPWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	r := newRig() // it does not run
	r.Update([]discovery.Source{source("http://127.0.0.1:1")})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, r.Wait(ctx), context.Canceled)
}

func TestHTTPMetrics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newInventory()
		i.answers(http.StatusInternalServerError, "", "")
		r := bubble(t, i)
		r.Update([]discovery.Source{source("http://user:hunter2@inventory/path?key=hunter2"), source("http://inventory/path")})
		time.Sleep(time.Second)
		i.says("http://a", strings.Repeat("x", discovery.MaxURL+1))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		problems, err := testutil.CollectAndLint(r)
		require.NoError(t, err)
		require.Empty(t, problems)
		require.NoError(t, testutil.CollectAndCompare(r, strings.NewReader(`
			# HELP pharos_exporter_discovery_left_out_targets Targets of the last good answer that were left out because their URL or labels are too long.
			# TYPE pharos_exporter_discovery_left_out_targets gauge
			pharos_exporter_discovery_left_out_targets{source="http://inventory/path"} 1
			pharos_exporter_discovery_left_out_targets{source="http://inventory/path#2"} 1
			# HELP pharos_exporter_discovery_requests_total Requests for targets by whether they succeeded.
			# TYPE pharos_exporter_discovery_requests_total counter
			pharos_exporter_discovery_requests_total{result="failure",source="http://inventory/path"} 1
			pharos_exporter_discovery_requests_total{result="failure",source="http://inventory/path#2"} 1
			pharos_exporter_discovery_requests_total{result="success",source="http://inventory/path"} 1
			pharos_exporter_discovery_requests_total{result="success",source="http://inventory/path#2"} 1
			# HELP pharos_exporter_discovery_targets Targets that a source told of in its last good answer.
			# TYPE pharos_exporter_discovery_targets gauge
			pharos_exporter_discovery_targets{source="http://inventory/path"} 1
			pharos_exporter_discovery_targets{source="http://inventory/path#2"} 1
		`), "pharos_exporter_discovery_left_out_targets", "pharos_exporter_discovery_requests_total", "pharos_exporter_discovery_targets"))
		require.Equal(t, 8+2, testutil.CollectAndCount(r))
	})
}
