// SPDX-License-Identifier: Apache-2.0

package relay

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"
)

// round tells the master what it does not know, and returns how long to wait
// before the next one.
func (w *work) round(ctx context.Context) time.Duration {
	now := time.Now()
	replicas := w.master.mine(w.o.Snapshot(now))
	err := w.master.look(ctx, now)
	tasks := w.memory.due(replicas, now, w.master)
	left := len(tasks)
	if err == nil {
		left, err = w.tell(ctx, tasks)
	}
	if errors.Is(err, errOtherWay) {
		return 0
	}
	w.metrics.replicas.Set(float64(len(replicas)))
	w.metrics.pending.Set(float64(left))
	if err := w.memory.save(); err != nil {
		w.o.Logger.Warn("What the master was told can't be kept; replicas that are removed while this is not running will be left there", "err", err)
	}
	switch {
	case ctx.Err() != nil:
		return 0
	case err != nil:
		return w.failed(err)
	case w.failures > 0:
		w.o.Logger.Info("The master takes reports again", "url", w.master.shown)
	}
	w.failures = 0
	wait := max(time.Until(w.memory.next(now, w.master)), coalesce)
	if left > 0 {
		return min(wait, w.retry(lastRetry))
	}
	w.metrics.lastSuccess.SetToCurrentTime()
	return wait
}

// failed returns how long to wait after a round in which the master took nothing.
func (w *work) failed(err error) time.Duration {
	if w.failures == 0 {
		w.o.Logger.Warn("The master takes no reports; it will be told what holds once it does", "url", w.master.shown, "err", err)
	}
	w.failures++
	return max(w.retry(firstRetry<<min(w.failures-1, 10)), w.master.retryAfter)
}

// retry returns about as long as wait, and never so long that the master takes
// for dead what it has been told of. Many relays of one master don't come back
// all at once.
func (w *work) retry(wait time.Duration) time.Duration {
	wait = min(wait, lastRetry, w.master.Interval)
	return wait/2 + rand.N(wait)
}

// errOtherWay ends a round that has to begin anew, since the master is to be told
// in another way.
var errOtherWay = errors.New("the master wants to be told in another way")

// tell sends tasks until all have an answer, or one request gets none at all. It
// returns how many are left, and an error in the second case.
func (w *work) tell(ctx context.Context, tasks []task) (left int, err error) {
	for len(tasks) > 0 {
		some := w.master.some(tasks)
		w.memory.try(some, time.Now())
		answers := w.master.send(ctx, some)
		if answers == nil {
			return left, errOtherWay
		}
		failed := 0
		for i, a := range answers {
			if w.note(some[i], a); a.failed() {
				failed++
				continue
			}
			w.memory.done(some[i])
		}
		tasks, left = tasks[len(some):], left+failed
		if noAnswer(answers) {
			return left + len(tasks), answers[0].err
		}
	}
	return left, nil
}

// note counts what the master has said to a task, and logs what it does not want:
// once for each node, until it takes a report of it.
func (w *work) note(t task, a answer) {
	node := t.id.NodeID()
	switch {
	case a.err == nil:
		w.metrics.accepted.Inc()
		delete(w.refused, node)
		return
	case t.flush && a.code == http.StatusNotFound:
		w.metrics.accepted.Inc() // it is gone, and that is what was asked for
		return
	case a.failed():
		w.metrics.failed.Inc()
	default:
		w.metrics.refused.Inc()
	}
	if a.code != 0 && w.refused[node] != a.code && len(w.refused) < maxRefused {
		w.refused[node] = a.code
		w.o.Logger.Warn("The master does not take the reports of a node; it needs a node of that name in mode local, and a token for its service",
			"node", node.String(), "replica", t.id.Replica, "err", a.err)
	}
}

// An alarm rings once, at the earliest time that was asked for.
type alarm struct {
	C     <-chan time.Time
	timer *time.Timer
	at    time.Time
}

func newAlarm() *alarm {
	timer := time.NewTimer(0)
	timer.Stop()
	return &alarm{C: timer.C, timer: timer}
}

// in sets the alarm anew.
func (a *alarm) in(wait time.Duration) {
	a.at = time.Now().Add(wait)
	a.timer.Reset(max(wait, 0))
}

// within makes it ring within a time, if it does not anyway.
func (a *alarm) within(wait time.Duration) {
	if time.Until(a.at) > wait {
		a.in(wait)
	}
}
