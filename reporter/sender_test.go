// SPDX-License-Identifier: Apache-2.0

package reporter_test

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/reporter"
)

// both are two endpoints.
func both(o reporter.Options) reporter.Options {
	o.URL, o.Token = "", ""
	o.Endpoints = []reporter.Endpoint{{URL: "http://one", Token: "1"}, {URL: "http://two", Token: "2"}}
	return o
}

// times returns when the calls of a host were.
func times(calls []call, host string) []time.Duration {
	var at []time.Duration
	for _, c := range calls {
		if c.what[:len(host)] == host {
			at = append(at, c.after)
		}
	}
	return at
}

func TestFailedReportIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, l := newServer(), &log{}
		s.answer = func(*http.Request) *http.Response {
			if time.Since(s.began) < 10*time.Second {
				return answer(http.StatusBadGateway)
			}
			return nil
		}
		o := s.options()
		o.Logger = l.logger()
		r := start(t, o)
		time.Sleep(26 * time.Second)
		synctest.Wait()
		at := times(s.calls(), "one")
		require.Len(t, at, 4, "tried again until it is taken, and no more")
		for i, want := range []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second} {
			require.InDelta(t, want, at[i+1]-at[i], 0.2*float64(want))
		}
		require.Equal(t, []string{
			`level=WARN msg="A report was not taken; reporting goes on" endpoint=http://one err="the server answered 502 Bad Gateway: told"`,
			`level=INFO msg="Reports are taken again" endpoint=http://one`,
		}, l.lines())
		state := r.State().Endpoints[0]
		require.EqualValues(t, 3, state.Failures)
		require.EqualValues(t, 1, state.Reports)
		require.Empty(t, state.Error)
	})
}

func TestLongOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, l := newServer(), &log{}
		var down atomic.Bool
		down.Store(true)
		s.answer = func(*http.Request) *http.Response {
			if down.Load() {
				return answer(http.StatusServiceUnavailable)
			}
			return nil
		}
		o := s.options()
		o.Logger = l.logger()
		var n atomic.Int32
		o.Mode, o.Load = reporter.Push, func(context.Context) (reporter.Load, error) {
			return reporter.Load{CPU: float64(n.Add(1))}, nil
		}
		start(t, o)
		time.Sleep(time.Hour)
		synctest.Wait()
		require.InDelta(t, 240, len(s.calls()), 30, "twice an interval")
		require.InDelta(t, 120, n.Load(), 12, "measurements go on")
		require.Len(t, l.lines(), 1)
		down.Store(false)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		require.InDelta(t, n.Load(), s.last(t).report.Load.CPU, 1, "the newest is sent")
		require.Len(t, l.lines(), 1)
	})
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for code, header := range map[int]string{429: "100", 503: "Sat, 01 Jan 2000 00:01:40 GMT"} { // bubbles begin in 2000
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.answer = func(*http.Request) *http.Response {
				if time.Since(s.began) < 100*time.Second {
					return answer(code, "Retry-After", header)
				}
				return nil
			}
			r := start(t, s.options())
			time.Sleep(99 * time.Second)
			r.ReportNow()
			time.Sleep(500 * time.Millisecond)
			synctest.Wait()
			require.Len(t, s.calls(), 1)
			time.Sleep(time.Second)
			synctest.Wait()
			require.Len(t, s.calls(), 1)
		})
	}
}

func TestRetryAfterIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.answer = func(*http.Request) *http.Response {
			return answer(http.StatusServiceUnavailable, "Retry-After", "99999999")
		}
		o := s.options()
		o.KeepLast = true
		start(t, o)
		time.Sleep(301 * time.Second)
		synctest.Wait()
		require.Len(t, s.calls(), 2)
	})
}

// A token may be mended on the server.
func TestRefusedReportIsNotGivenUp(t *testing.T) {
	t.Parallel()
	for _, code := range []int{301, 400, 401, 403, 404, 412} {
		synctest.Test(t, func(t *testing.T) {
			s, l := newServer(), &log{}
			var mended atomic.Bool
			s.answer = func(*http.Request) *http.Response {
				if mended.Load() {
					return nil
				}
				return answer(code)
			}
			o := s.options()
			o.Logger = l.logger()
			r := start(t, o)
			time.Sleep(time.Hour)
			synctest.Wait()
			require.InDelta(t, 120, len(s.calls()), 12, "at the normal interval")
			require.Len(t, l.lines(), 1)
			require.NotEmpty(t, r.State().Endpoints[0].Error)
			mended.Store(true)
			time.Sleep(33 * time.Second)
			require.Len(t, l.lines(), 1)
		})
	}
}

func TestAllEndpoints(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.answer = func(r *http.Request) *http.Response {
			_, token, _ := r.BasicAuth()
			require.Equal(t, map[string]string{"one": "1", "two": "2"}[r.URL.Host], token)
			if r.URL.Host == "one" {
				<-r.Context().Done() // it hangs
			}
			return nil
		}
		r, err := reporter.Start(t.Context(), both(s.options()))
		require.NoError(t, err)
		time.Sleep(time.Minute)
		synctest.Wait()
		calls := s.calls()
		two := times(calls, "two")
		require.Zero(t, two[0])
		require.InDelta(t, 30*time.Second, two[1], float64(3*time.Second), "one delays no other")
		state := r.State()
		require.Equal(t, []string{"http://one", "http://two"}, []string{state.Endpoints[0].URL, state.Endpoints[1].URL})
		require.Zero(t, state.Endpoints[0].Reports)
		require.NotZero(t, state.Endpoints[1].Reports)
		err = r.Stop(t.Context())
		require.ErrorContains(t, err, `flushing replica "a" at http://one: `)
		require.NotContains(t, err.Error(), "http://two")
		require.True(t, slices.ContainsFunc(s.calls(), func(c call) bool { return c.what == "two DELETE /reporter/web/sockets/a/" }))
	})
}

func TestFirstEndpoint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		var one, two atomic.Int32
		s.answer = func(r *http.Request) *http.Response {
			code := one.Load()
			if r.URL.Host == "two" {
				code = two.Load()
			}
			if code == 0 {
				return nil
			}
			return answer(int(code))
		}
		o := both(s.options())
		o.Policy = reporter.First
		r, err := reporter.Start(t.Context(), o)
		require.NoError(t, err)
		hosts := func() (list []string) {
			for _, c := range s.calls() {
				list = append(list, c.what[:3])
			}
			return list
		}
		synctest.Wait()
		require.Equal(t, []string{"one"}, hosts())
		one.Store(503)
		time.Sleep(33 * time.Second)
		synctest.Wait()
		require.Equal(t, []string{"one", "two"}, hosts())
		one.Store(404)
		time.Sleep(33 * time.Second)
		synctest.Wait()
		require.Subset(t, []string{"one", "two", "one", "two"}, hosts())
		two.Store(503)
		time.Sleep(33 * time.Second)
		synctest.Wait()
		require.Greater(t, len(hosts()), 2, "tried again, since one of them may be back")
		one.Store(0)
		two.Store(0)
		time.Sleep(33 * time.Second)
		synctest.Wait()
		s.calls()
		require.NoError(t, r.Stop(t.Context()))
		require.ElementsMatch(t, []string{"one", "two"}, hosts(), "both have heard of it")
	})
}

// transports are functions that are transports.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// badBody panics when it is read.
type badBody struct{}

func (badBody) Read([]byte) (int, error) { panic("in Read") }
func (badBody) Close() error             { panic("in Close") }

// bad is a handler of logs that panics.
type bad struct{}

func (bad) Enabled(context.Context, slog.Level) bool  { return true }
func (bad) Handle(context.Context, slog.Record) error { panic("in Handle") }
func (bad) WithAttrs([]slog.Attr) slog.Handler        { panic("in WithAttrs") }
func (bad) WithGroup(string) slog.Handler             { panic("in WithGroup") }

func TestNoPanicOfTheApplicationEndsIt(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]transport{
		"RoundTrip": func(*http.Request) (*http.Response, error) { panic("oh") },
		"nothing":   func(*http.Request) (*http.Response, error) { return nil, nil },
		"error":     func(*http.Request) (*http.Response, error) { return nil, wicked{} },
		"answer": func(*http.Request) (*http.Response, error) {
			return &http.Response{Body: badBody{}, StatusCode: http.StatusInternalServerError}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				o := s.options()
				o.Logger = slog.New(bad{})
				o.Transport = transport(func(r *http.Request) (*http.Response, error) {
					if time.Since(s.began) < time.Minute {
						return broken(r)
					}
					return s.RoundTrip(r)
				})
				o.Checks = map[string]reporter.Check{"a": func(context.Context) error { panic("oh") }}
				r := start(t, o)
				time.Sleep(2 * time.Minute)
				synctest.Wait()
				require.NotEmpty(t, s.calls(), "it reports when the transport is mended")
				require.NotZero(t, r.State().Endpoints[0].Failures)
			})
		})
	}
}
