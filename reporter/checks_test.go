// SPDX-License-Identifier: Apache-2.0

package reporter_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/reporter"
)

func good(context.Context) error { return nil }

// fails returns a check that fails.
func fails(format string, args ...any) reporter.Check {
	return func(context.Context) error { return fmt.Errorf(format, args...) }
}

// A wicked error panics wherever it is looked at.
type wicked struct{}

func (wicked) Error() string        { panic("in Error") }
func (wicked) Is(error) bool        { panic("in Is") }
func (wicked) Unwrap() error        { panic("in Unwrap") }
func (wicked) LogValue() slog.Value { panic("in LogValue") }

func TestTheWorstCheckCounts(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		checks         map[string]reporter.Check
		health, reason string
	}{
		"good":           {map[string]reporter.Check{"a": good, "b": good}, "healthy", ""},
		"sick":           {map[string]reporter.Check{"a": good, "b": fails("%w: 12 messages wait", reporter.ErrSick)}, "sick", "b: 12 messages wait"},
		"sick, wrapped":  {map[string]reporter.Check{"a": fails("queue: %w", reporter.ErrSick)}, "sick", "a: queue: sick"},
		"dead":           {map[string]reporter.Check{"a": fails("%w", reporter.ErrSick), "c": fails("no\nroute"), "b": fails("disk is full")}, "dead", "b: disk is full"},
		"no words":       {map[string]reporter.Check{"a": fails("")}, "dead", "a:"},
		"long":           {map[string]reporter.Check{"a": fails("%s", strings.Repeat("x", 1<<20))}, "dead", "a: " + strings.Repeat("x", 194) + "…"},
		"panic":          {map[string]reporter.Check{"a": func(context.Context) error { panic("oh") }}, "dead", "a: panic: oh"},
		"nil panic":      {map[string]reporter.Check{"a": func(context.Context) error { panic(recover()) }}, "dead", "a: panic: panic called with nil argument"},
		"wicked panic":   {map[string]reporter.Check{"a": func(context.Context) error { panic(wicked{}) }}, "dead", "a: panic: %!v(PANIC=Error method: in Error)"},
		"wicked":         {map[string]reporter.Check{"a": func(context.Context) error { return wicked{} }}, "dead", "a: panic: in Is"},
		"ends goroutine": {map[string]reporter.Check{"a": func(context.Context) error { runtime.Goexit(); return nil }}, "dead", "a: it has ended its goroutine"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				o := s.options()
				o.Checks = tc.checks
				start(t, o)
				for range 3 {
					synctest.Wait()
					got := s.last(t).report
					require.Equal(t, tc.health, got.Health)
					require.Equal(t, tc.reason, got.Reason)
					time.Sleep(33 * time.Second)
				}
			})
		})
	}
}

func TestPanicIsLoggedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, l := newServer(), &log{}
		o := s.options()
		o.Logger = l.logger()
		o.Checks = map[string]reporter.Check{"disk": func(context.Context) error { panic("oh") }}
		start(t, o)
		time.Sleep(10 * time.Minute)
		lines := l.lines()
		require.Len(t, lines, 1)
		require.Contains(t, lines[0], `level=ERROR msg="A check of the application panicked" check=disk panic="disk: panic: oh"`)
		require.Contains(t, lines[0], "checks_test.go")
	})
}

// A check that does not heed its context is dead, and stays alone.
func TestHungCheck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		o := s.options()
		release := make(chan struct{})
		var calls atomic.Int32
		o.Checks = map[string]reporter.Check{"good": good, "db": func(context.Context) error {
			if calls.Add(1) == 2 {
				<-release
			}
			return nil
		}}
		start(t, o)
		synctest.Wait()
		require.Equal(t, "healthy", s.last(t).report.Health)
		time.Sleep(36 * time.Second)
		synctest.Wait()
		require.Equal(t, "healthy", s.last(t).report.Health, "a report doesn't wait, and says what is known")
		time.Sleep(30 * time.Second)
		synctest.Wait()
		got := s.last(t).report
		require.Equal(t, "dead", got.Health)
		require.Equal(t, "db: no answer within 30s", got.Reason)
		time.Sleep(time.Hour)
		synctest.Wait()
		require.EqualValues(t, 2, calls.Load(), "no calls pile up")
		require.InDelta(t, 120, len(s.calls()), 15, "reports go on")
		close(release)
		time.Sleep(36 * time.Second)
		synctest.Wait()
		require.GreaterOrEqual(t, calls.Load(), int32(3))
		require.Equal(t, "healthy", s.last(t).report.Health)
	})
}

func TestGapsWithSlowChecks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		o := s.options()
		n := 0
		o.Checks = map[string]reporter.Check{"slow": func(ctx context.Context) error {
			n++
			select {
			case <-ctx.Done():
			case <-time.After(time.Duration(n%3) * 14 * time.Second):
			}
			return nil
		}}
		start(t, o)
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		calls := s.calls()
		for i := range calls[1:] {
			require.LessOrEqual(t, (calls[i+1].after - calls[i].after).Seconds(), float64(calls[0].report.Interval))
		}
	})
}

// What a slow check finds is told when it is known, not with the next report.
func TestSlowCheckIsReportedWhenItIsKnown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		o := s.options()
		n := 0
		o.Checks = map[string]reporter.Check{"slow": func(ctx context.Context) error {
			if n++; n == 1 {
				return nil
			}
			select {
			case <-ctx.Done():
			case <-time.After(15 * time.Second):
			}
			return errors.New("broken")
		}}
		start(t, o)
		synctest.Wait()
		time.Sleep(33*time.Second + 15*time.Second)
		synctest.Wait()
		calls := s.calls()
		require.Len(t, calls, 3)
		require.Equal(t, "healthy", calls[1].report.Health)
		require.Equal(t, "dead", calls[2].report.Health)
		require.InDelta(t, 12*time.Second, calls[2].after-calls[1].after, float64(time.Millisecond))
	})
}

func TestContextOfAChecksEndsBeforeTheInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		o := s.options()
		o.Checks = map[string]reporter.Check{"db": func(ctx context.Context) error {
			<-ctx.Done()
			return fmt.Errorf("dial tcp 10.0.0.1:5432: %w", ctx.Err())
		}}
		start(t, o)
		time.Sleep(27 * time.Second)
		synctest.Wait()
		got := s.last(t)
		require.Equal(t, 27*time.Second, got.after, "the first report waits for all checks")
		require.Equal(t, "db: dial tcp 10.0.0.1:5432: context deadline exceeded", got.report.Reason)
	})
}

func TestStopEndsChecks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		o := s.options()
		heeding, release := make(chan struct{}), make(chan struct{})
		defer close(release)
		o.Checks = map[string]reporter.Check{
			"heeds": func(ctx context.Context) error { <-ctx.Done(); close(heeding); return ctx.Err() },
			"hangs": func(context.Context) error { <-release; return nil },
		}
		r, err := reporter.Start(t.Context(), o)
		require.NoError(t, err)
		synctest.Wait()
		began := time.Now()
		require.EqualError(t, r.Stop(t.Context()), "waiting for hangs: no answer within 5s")
		require.Equal(t, 5*time.Second, time.Since(began))
		<-heeding
		require.Empty(t, s.calls(), "nothing was reported: there is nothing to forget")
	})
}

func TestMeterThatFails(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		meter  reporter.Meter
		reason string
	}{
		"error":        {func(context.Context) (reporter.Load, error) { return reporter.Load{}, errors.New("no meminfo") }, "load: no meminfo"},
		"panic":        {func(context.Context) (reporter.Load, error) { panic("oh") }, "load: panic: oh"},
		"not a number": {func(context.Context) (reporter.Load, error) { return reporter.Load{CPU: math.NaN()}, nil }, "load: the load of the cpu is NaN, want a ratio from 0, such as 0.3"},
		"hangs":        {nil, "load: no answer within 30s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				o := s.options()
				o.Mode = reporter.Push
				release := make(chan struct{})
				n := 0
				o.Load = func(ctx context.Context) (reporter.Load, error) {
					if n++; n == 1 {
						return reporter.Load{CPU: 0.5, RAM: 0.25}, nil
					}
					if tc.meter == nil {
						<-release
						return reporter.Load{}, nil
					}
					return tc.meter(ctx)
				}
				start(t, o)
				defer close(release)
				synctest.Wait()
				require.Empty(t, s.last(t).report.Health)
				time.Sleep(70 * time.Second)
				synctest.Wait()
				got := s.last(t).report
				require.Equal(t, &reporter.Load{CPU: 0.5, RAM: 0.25}, got.Load, "the last one")
				require.Equal(t, "sick", got.Health)
				require.Equal(t, tc.reason, got.Reason)
			})
		})
	}
}
