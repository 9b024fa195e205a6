// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/pharos-status/pharos/bridge/channel"
	"github.com/pharos-status/pharos/bridge/spool"
	"github.com/pharos-status/pharos/internal/schema"
)

// leastTrying is for how long a recipient is tried, if give_up_after is not shorter,
// before anything for it is given up: however long the bridge was down, and whatever
// the clock says.
const leastTrying = 10 * time.Minute

// A worker empties one lane.
type worker struct {
	d     *Deliverer
	lane  spool.Lane
	stuck int // how often in a row the spool gave an error

	unmarked bool // the message that is being sent is not marked in the spool
	warned   bool // of such messages

	panics tally // of the channel
	odd    tally // answers of what seems to be another service
}

// maxOdd is how many answers that are not the service's own a message is worth. Behind
// them may be what passes, such as a page that says that the service is being mended, or
// what delivers each of them, and the next ones wait.
const maxOdd = 3

// oddPause returns how long to wait, at least, after so many odd answers: what passes gets
// time to pass.
func oddPause(n int) time.Duration {
	if n <= 1 {
		return time.Minute
	}
	return 5 * time.Minute
}

// A tally counts what happens to one message after the other.
type tally struct {
	id uint64 // of the message
	n  int
}

// full counts one more, and tells whether that makes so many. It then begins anew.
func (t *tally) full(id uint64, limit int) bool {
	if t.id != id {
		*t = tally{id: id}
	}
	if t.n++; t.n < limit {
		return false
	}
	*t = tally{}
	return true
}

// run delivers what waits in the lane until nothing does or ctx is done. What is being
// sent then goes on until sends is done.
func (w *worker) run(ctx, sends context.Context) {
	for ctx.Err() == nil {
		o, r, changed := w.route()
		if r == nil {
			if !w.clear(ctx, o == nil, changed) {
				return
			}
			continue
		}
		pause, more := w.step(ctx, sends, o, r)
		o.done(r)
		if !more {
			return
		}
		sleep(ctx, pause, r.replaced)
	}
}

// route returns the outlet of the lane, nil if its channel is gone, and the route, nil
// if its recipient is gone. Changed is closed once there are other routes.
func (w *worker) route() (o *outlet, r *openRoute, changed <-chan struct{}) {
	o, changed = w.d.outlet(w.lane.Channel)
	if o != nil {
		r = o.open(w.lane.Recipient)
	}
	return o, r, changed
}

// step delivers one message, if one waits. It returns whether there may be more, and
// how long to wait before.
func (w *worker) step(ctx, sends context.Context, o *outlet, r *openRoute) (pause time.Duration, more bool) {
	if _, ok := w.d.o.Spool.Peek(w.lane); !ok {
		return 0, false // without taking up a turn that others wait for
	}
	if !o.turn(ctx, r) {
		return 0, true
	}
	release, err := w.admit(ctx, o)
	if err != nil { // the bridge shuts down
		o.giveBack()
		return 0, false
	}
	e, pause := w.next(!r.Channel.Keyed())
	if e == nil {
		release()
		o.giveBack()
		return pause, pause > 0
	}
	err = w.send(sends, r, e)
	release()
	return w.settle(sends, o, r, e, err), true
}

// settle does what is to be done after an attempt, and returns how long the lane waits
// before the next one.
func (w *worker) settle(sends context.Context, o *outlet, r *openRoute, e *spool.Entry, err error) time.Duration {
	if outcome := unsent(err); outcome != "" {
		o.giveBack()
		o.metrics.outcomes[outcome].Inc()
		w.keep(w.d.o.Spool.Skip(e.ID))
		return 0
	}
	failure := failureOf(err)
	switch {
	case failure == nil:
		o.metrics.results[resultOK].Inc()
		o.metrics.outcomes[schema.OutcomeDelivered].Inc()
		o.metrics.seconds.Observe(time.Since(e.Since).Seconds()) // a dead letter's time begins anew when it is sent again
		if e.Unsure && !r.Channel.Keyed() {
			o.metrics.duplicates.Inc()
		}
		o.succeeded(w.lane.Recipient)
		w.logger().Debug("Delivered", "key", e.Key, "attempts", e.Attempts)
		w.keep(w.d.o.Spool.Delivered(e.ID))
		return 0
	case failure.Refused, failure.Odd && w.odd.full(e.ID, maxOdd):
		o.metrics.results[resultRefused].Inc()
		w.bury(e, schema.OutcomeRefused, failure)
		return 0
	}
	o.metrics.results[resultTemporary].Inc()
	if sends.Err() != nil { // it was cut off, which is not the channel's fault
		w.back(w.d.o.Spool.Retry(e.ID, failure.Unsure || w.unmarked))
		return 0
	}
	return w.failed(o, r, e, failure)
}

// unsent returns the outcome of a message that the channel does not send, else nothing.
func unsent(err error) string {
	switch {
	case errors.Is(err, channel.ErrSkipped):
		return schema.OutcomeSkipped
	case errors.Is(err, channel.ErrOvertaken):
		return schema.OutcomeOvertaken
	}
	return ""
}

// failed puts back a message, or gives it up if its time is over, and returns how long
// to wait.
func (w *worker) failed(o *outlet, r *openRoute, e *spool.Entry, failure *channel.Error) time.Duration {
	tried := o.failed(w.lane.Recipient, failure)
	o.block(r, failure.After)
	giveUpAfter := time.Duration(r.Delivery.GiveUpAfter)
	left := max(time.Until(e.Since.Add(giveUpAfter)), min(giveUpAfter, leastTrying)-tried)
	if left <= 0 {
		w.bury(e, schema.OutcomeExpired, failure)
		return backOff(r.Delivery, 1) // those behind it may have no time left either, and are no reason to hurry
	}
	pause := backOff(r.Delivery, e.Attempts)
	if failure.Odd {
		pause = max(pause, oddPause(w.odd.n))
	}
	pause = min(pause, left)
	w.logger().Debug("An attempt failed", "key", e.Key, "attempts", e.Attempts, "pause", pause, "err", failure)
	w.back(w.d.o.Spool.Retry(e.ID, failure.Unsure || w.unmarked))
	return pause
}

// bury makes a dead letter of a message, unless it was overtaken while it was being
// sent.
func (w *worker) bury(e *spool.Entry, outcome string, reason error) {
	overtaken, err := w.d.o.Spool.Bury(e.ID, outcome, reason.Error())
	if w.back(overtaken, err); overtaken {
		return
	}
	w.d.metrics.of(w.lane.Channel).outcomes[outcome].Inc()
	w.logger().Warn("A notification was given up, and is a dead letter now",
		"outcome", outcome, "key", e.Key, "attempts", e.Attempts, "err", reason)
}

// back counts a message that was overtaken while it was being sent, and reports to the
// log if the spool could not be told.
func (w *worker) back(overtaken bool, err error) {
	if overtaken {
		w.d.ended(w.lane.Channel, schema.OutcomeOvertaken, 1)
	}
	w.keep(err)
}

// keep reports what became of a message to the log if the spool could not be told.
func (w *worker) keep(err error) {
	if err != nil {
		w.logger().Error("The spool does not know a message that was sent", "err", err)
	}
}

func (w *worker) logger() *slog.Logger {
	return w.d.o.Logger.With("channel", w.lane.Channel, "recipient", w.lane.Recipient)
}
