// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/bridge/config"
	"github.com/pharos-status/pharos/bridge/spool"
)

// Large payloads, of hundreds of alerts, take turns: those that are in memory at the
// same time have at most so many bytes. A channel gets a part of them only, so that a
// slow one leaves room for others.
const (
	largeFrom      = 64 << 10
	largeTotal     = 16 << 20
	largeOfChannel = largeTotal / 4
)

// admit waits until the next message of the lane may be in memory; for the time until
// it is released. It goes by what is next now: if that is overtaken, another one may
// be read in its place.
func (w *worker) admit(ctx context.Context, o *outlet) (release func(), err error) {
	next, _ := w.d.o.Spool.Peek(w.lane)
	size := min(next.Size, largeOfChannel)
	if size < largeFrom {
		return func() {}, nil
	}
	if err := o.large.Acquire(ctx, size); err != nil {
		return nil, err
	}
	if err := w.d.large.Acquire(ctx, size); err != nil {
		o.large.Release(size)
		return nil, err
	}
	return func() {
		w.d.large.Release(size)
		o.large.Release(size)
	}, nil
}

// next takes the next message of the lane, marked if that is asked for and can be
// done: a late message is worse than one that is not known to have been sent twice.
// If there is none because the spool gave an error, it returns how long to wait
// before the next try.
func (w *worker) next(mark bool) (*spool.Entry, time.Duration) {
	w.unmarked = false
	e, err := w.d.take(w.lane, mark)
	if err != nil && mark && !errors.Is(err, spool.ErrClosed) {
		cause := err
		if e, err = w.d.take(w.lane, false); err == nil && e != nil {
			w.unmarked = true
			if !w.warned {
				w.logger().Warn("The data folder fails: what is sent may be sent again after a crash", "err", cause)
			}
		}
	}
	w.warned = w.unmarked
	if err == nil || errors.Is(err, spool.ErrClosed) {
		w.stuck = 0
		return e, 0
	}
	w.stuck++
	if w.stuck == 1 {
		w.logger().Warn("Nothing can be sent while the data folder fails", "err", err)
	}
	return nil, backOff(config.Delivery{RetryWait: model.Duration(time.Second), RetryMax: model.Duration(30 * time.Second)}, w.stuck)
}
