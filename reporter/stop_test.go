// SPDX-License-Identifier: Apache-2.0

package reporter_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/reporter"
)

func TestStopFlushes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		o := s.options()
		o.Replica = "tcp://h"
		r := start(t, o)
		synctest.Wait()
		s.calls()
		require.NoError(t, r.Stop(t.Context()))
		require.Equal(t, "one DELETE /reporter/web/sockets/tcp:%2F%2Fh/", s.last(t).what)
		require.NoError(t, r.Stop(t.Context()), "again")
		r.ReportNow()
		time.Sleep(time.Hour)
		require.Empty(t, s.calls())
	})
}

func TestStopKeepsTheLast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		o := s.options()
		o.KeepLast = true
		r := start(t, o)
		synctest.Wait()
		s.calls()
		require.NoError(t, r.Stop(t.Context()))
		require.Empty(t, s.calls())
	})
}

func TestEndOfContextStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		ctx, cancel := context.WithCancel(t.Context())
		r, err := reporter.Start(ctx, s.options())
		require.NoError(t, err)
		synctest.Wait()
		s.calls()
		cancel()
		synctest.Wait()
		require.Equal(t, "one DELETE /reporter/web/sockets/a/", s.last(t).what)
		require.NoError(t, r.Stop(t.Context()))
	})
}

// What does not answer holds up no end.
func TestStopIsBounded(t *testing.T) {
	t.Parallel()
	stop := func(ctx context.Context, r *reporter.Reporter, _ context.CancelFunc) error { return r.Stop(ctx) }
	for name, tc := range map[string]struct {
		policy  reporter.Policy
		careful bool // the transport heeds its context
		stop    func(ctx context.Context, r *reporter.Reporter, end context.CancelFunc) error
		took    time.Duration
		want    string // in the error
	}{
		"by its context": {reporter.First, true, func(ctx context.Context, r *reporter.Reporter, _ context.CancelFunc) error {
			ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
			defer cancel()
			return r.Stop(ctx)
		}, 2 * time.Second, "stopping the reporter: context deadline exceeded"},
		"when the context of Start ends": {reporter.First, true, func(ctx context.Context, r *reporter.Reporter, end context.CancelFunc) error {
			end()
			return r.Stop(ctx)
		}, 4500 * time.Millisecond, `flushing replica "a" at http://one: `},
		"first":                {reporter.First, true, stop, 4500 * time.Millisecond, `flushing replica "a" at http://one: `},
		"all":                  {reporter.All, true, stop, 4500 * time.Millisecond, `flushing replica "a" at http://two: `},
		"a careless transport": {reporter.First, false, stop, 5 * time.Second, `reporting replica "a": the transport has not ended a request in time`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				release := make(chan struct{})
				defer close(release)
				s.answer = func(r *http.Request) *http.Response {
					ended := r.Context().Done()
					if !tc.careful {
						ended = nil
					}
					select {
					case <-ended:
					case <-release:
					}
					return nil
				}
				ctx, end := context.WithCancel(t.Context())
				defer end()
				o := both(s.options())
				o.Policy = tc.policy
				r, err := reporter.Start(ctx, o)
				require.NoError(t, err)
				synctest.Wait()
				began := time.Now()
				require.ErrorContains(t, tc.stop(t.Context(), r, end), tc.want)
				require.Equal(t, tc.took, time.Since(began))
			})
		})
	}
}

// The first of two ways hangs with a report. The second one has the replica.
func TestStopFlushesWhileOneHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.answer = func(r *http.Request) *http.Response {
			if r.URL.Host == "one" {
				<-r.Context().Done()
			}
			return nil
		}
		o := both(s.options())
		o.Policy = reporter.First
		r, err := reporter.Start(t.Context(), o)
		require.NoError(t, err)
		time.Sleep(35 * time.Second) // it hangs with the second report
		synctest.Wait()
		require.EqualValues(t, 1, r.State().Endpoints[1].Reports)
		require.Equal(t, "one POST /reporter/web/sockets/", s.last(t).what)
		require.NoError(t, r.Stop(t.Context()))
		calls := s.calls()
		calls = calls[len(calls)-2:] // before, the report may have gone on to the second one
		require.Equal(t, calls[0].after, calls[1].after, "at the same time")
		require.ElementsMatch(t, []string{"one DELETE /reporter/web/sockets/a/", "two DELETE /reporter/web/sockets/a/"}, []string{calls[0].what, calls[1].what})
	})
}

// A server that answers 404 says nothing of the others.
func TestStopFlushesWhoeverTookReports(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		flush map[string]int // what the servers answer
		want  string         // in the error
	}{
		"forgotten":            {map[string]int{"one": 404, "two": 200}, ""},
		"by one of two":        {map[string]int{"one": 503, "two": 200}, ""},
		"known nowhere":        {map[string]int{"one": 404, "two": 404}, ""},
		"perhaps known at two": {map[string]int{"one": 404, "two": 503}, `flushing replica "a" at http://two: the server answered 503 Service Unavailable: told`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				s.answer = func(r *http.Request) *http.Response {
					if r.Method == http.MethodDelete {
						return answer(tc.flush[r.URL.Host])
					}
					return answer(map[string]int{"one": 404, "two": 200}[r.URL.Host])
				}
				o := both(s.options())
				o.Policy = reporter.First
				r, err := reporter.Start(t.Context(), o)
				require.NoError(t, err)
				synctest.Wait()
				s.calls()
				if err = r.Stop(t.Context()); tc.want == "" {
					require.NoError(t, err)
				} else {
					require.EqualError(t, err, tc.want)
				}
				require.Len(t, s.calls(), 2)
			})
		})
	}
}

// A report under way reaches the server before the flush, or the replica would be
// back after it.
func TestStopLetsAReportEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.answer = func(r *http.Request) *http.Response {
			time.Sleep(2 * time.Second)
			require.NoError(t, r.Context().Err())
			return nil
		}
		r := start(t, s.options())
		synctest.Wait()
		began := time.Now()
		require.NoError(t, r.Stop(t.Context()))
		require.Equal(t, 4*time.Second, time.Since(began))
		calls := s.calls()
		require.Len(t, calls, 2)
		require.Equal(t, 2*time.Second, calls[1].after)
		require.EqualValues(t, 1, r.State().Endpoints[0].Reports)
	})
}

func TestFlushThatFails(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]string{
		404: "", // it has forgotten the replica by itself
		503: `flushing replica "a" at http://one: the server answered 503 Service Unavailable: told`,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.answer = func(r *http.Request) *http.Response {
				if r.Method == http.MethodPost {
					return nil
				}
				return answer(code)
			}
			r, err := reporter.Start(t.Context(), s.options())
			require.NoError(t, err)
			synctest.Wait()
			if err = r.Stop(t.Context()); want == "" {
				require.NoError(t, err)
			} else {
				require.EqualError(t, err, want)
			}
		})
	}
}

// A check that was ended by the stop has found nothing.
func TestStopIsNoFinding(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		o := s.options()
		n := 0
		o.Checks = map[string]reporter.Check{"slow": func(ctx context.Context) error {
			if n++; n == 1 {
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		}}
		r := start(t, o)
		time.Sleep(34 * time.Second)
		require.NoError(t, r.Stop(t.Context()))
		require.Equal(t, 2, n)
		require.Equal(t, reporter.Healthy, r.State().Health)
	})
}
