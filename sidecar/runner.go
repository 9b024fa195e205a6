// SPDX-License-Identifier: Apache-2.0

package sidecar

import (
	"context"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/sidecar/config"
	"github.com/pharos-status/pharos/sidecar/watch"
)

// second is how long after the first look the second one comes, where the first can't
// tell how busy a processor is.
const second = time.Second

// A runner runs one watch, and tells the servers what it finds.
type runner struct {
	settings *config.Watch
	id       status.ID
	watch    watch.Watch
	routes   []*route
	metrics  *metrics
	log      *slog.Logger
	board    board

	spread func(time.Duration) time.Duration // returns a random part of the interval
	cancel context.CancelFunc                // set when it is started
	flush  []*server                         // where the replica is flushed at the end; set before cancel is called
	looked chan struct{}                     // closed when it looks no more
	told   chan struct{}                     // closed when it tells no more, and has flushed
}

// stop ends a runner that was started, and does not wait.
func (r *runner) stop(flush []*server) {
	r.flush = flush
	r.cancel()
}

// run looks and tells until ctx is done. Of the one that ran for the replica before, if
// there was one, it awaits the last word; and the last look, if they share their watch,
// which one looks at at a time. That look may hang, and doesn't keep it from telling so.
func (r *runner) run(ctx context.Context, before *runner) {
	defer r.cancel()
	r.board.begin(time.Now())
	wakes := make([]<-chan struct{}, len(r.routes))
	for i := range wakes {
		wakes[i] = r.board.subscribe()
	}
	var looking, telling sync.WaitGroup
	looking.Go(func() {
		defer close(r.looked)
		if before != nil && before.watch == r.watch {
			<-before.looked
		}
		r.observe(ctx)
	})
	if before != nil {
		<-before.told
	}
	for i, route := range r.routes {
		telling.Go(func() { r.tell(ctx, route, wakes[i]) })
	}
	telling.Wait()
	r.flushAll(context.WithoutCancel(ctx))
	close(r.told)
	looking.Wait()
}

// observe looks at each interval, and puts what it sees on the board. The second look
// comes after a random part of it: watches that begin together do not stay in step.
func (r *runner) observe(ctx context.Context) {
	interval := time.Duration(r.settings.Interval)
	if v, ok := r.first(ctx, false); ok {
		r.post(ctx, v)
	}
	if !wait(ctx, r.spread(interval)) {
		return
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		if v, ok := r.look(ctx); ok {
			r.post(ctx, v)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// first looks for the first time: twice, if it needs to know how busy the processor is,
// or is always to know it.
func (r *runner) first(ctx context.Context, always bool) (watch.Verdict, bool) {
	v, ok := r.look(ctx)
	measured := r.settings.Process != nil || r.settings.Unit != ""
	wanted := always || r.settings.Report == config.ReportLoad || r.settings.Limits.CPU.Set()
	if !ok || !measured || !wanted || v.Status == status.Dead || !math.IsNaN(v.Figures.CPU) {
		return v, ok
	}
	if !wait(ctx, second) {
		return v, false
	}
	return r.look(ctx)
}

// look looks, and again if what it sees is dead. It returns false if ctx is done.
func (r *runner) look(ctx context.Context) (watch.Verdict, bool) {
	for try := 0; ; try++ {
		if ctx.Err() != nil {
			return watch.Verdict{}, false
		}
		bound, cancel := context.WithTimeout(ctx, time.Duration(r.settings.Timeout))
		v := r.watch.Check(bound)
		cancel()
		switch {
		case ctx.Err() != nil:
			return v, false
		case v.Status != status.Dead || try >= *r.settings.Retries:
			return v, true
		}
		if !wait(ctx, time.Duration(r.settings.RetryWait)) {
			return v, false
		}
	}
}

// post puts a verdict on the board, and logs what has changed.
func (r *runner) post(ctx context.Context, v watch.Verdict) {
	before := r.board.post(seen{verdict: v, at: time.Now(), some: true})
	is, was := v.Status, before.verdict.Status
	if is == was && before.some || is == status.Healthy && !before.some {
		r.log.DebugContext(ctx, "Checked", "status", is, "reason", v.Reason)
		return
	}
	level := slog.LevelWarn
	if is == status.Healthy {
		level = slog.LevelInfo
	}
	r.log.Log(ctx, level, "Status changed", "status", is, "reason", v.Reason)
}

// patience is how old what was seen last may be: after that the check hangs, and nothing
// is known.
func (r *runner) patience() time.Duration {
	w := r.settings
	tries := time.Duration(*w.Retries + 1)
	return time.Duration(w.Interval) + tries*(time.Duration(w.Timeout)+time.Duration(w.RetryWait)) + second
}

// wait returns false if ctx is done before d is over.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// A board shows what was seen last to all who tell of it.
type board struct {
	mu    sync.Mutex
	last  seen
	wakes []chan struct{}
}

// seen is what was seen, and when.
type seen struct {
	verdict watch.Verdict
	at      time.Time
	some    bool // false: nothing yet, and at is when the watch began
}

// begin notes when the watch began, if it has not begun before.
func (b *board) begin(at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.last.at.IsZero() {
		b.last.at = at
	}
}

func (b *board) subscribe() <-chan struct{} {
	wake := make(chan struct{}, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wakes = append(b.wakes, wake)
	return wake
}

// post returns what was on the board before.
func (b *board) post(s seen) seen {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.last
	b.last = s
	for _, wake := range b.wakes {
		select {
		case wake <- struct{}{}:
		default: // it has not woken since the last one
		}
	}
	return before
}

func (b *board) read() seen {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.last
}
