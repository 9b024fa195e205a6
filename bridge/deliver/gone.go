// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"github.com/pharos-status/pharos/bridge/spool"
	"github.com/pharos-status/pharos/internal/schema"
)

// patience is for how long messages to a channel or recipient that bridge.yml does not
// have any more go on to wait. A file that was absent for a moment, or a mistake in
// it, costs nothing then.
const patience = time.Hour

// reachesLocked tells whether there is a route to the recipient of a lane.
func (d *Deliverer) reachesLocked(lane spool.Lane) bool {
	o := d.outlets[lane.Channel]
	return o != nil && o.has(lane.Recipient)
}

// foundLocked forgets that channels and recipients were gone that are there again.
func (d *Deliverer) foundLocked() {
	maps.DeleteFunc(d.gone, func(lane spool.Lane, _ time.Time) bool {
		if lane.Recipient == "" {
			return d.outlets[lane.Channel] != nil
		}
		return d.reachesLocked(lane)
	})
}

// missing returns until when messages wait for what is gone: a recipient, or a channel
// if the recipient is "". It tells whether that is new.
func (d *Deliverer) missing(what spool.Lane) (until time.Time, first bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	until, known := d.gone[what]
	if !known {
		until = time.Now().Add(patience)
		d.gone[what] = until
	}
	return until, !known
}

// clear lets a lane wait to which no route leads, until changed is closed, and gives up
// its next message once it has waited for long enough. It returns whether there may
// be more.
func (w *worker) clear(ctx context.Context, channelGone bool, changed <-chan struct{}) bool {
	head, ok := w.d.o.Spool.Peek(w.lane)
	if !ok {
		return false
	}
	what, logger, waiting := w.lane, w.logger(), head.Waiting
	if channelGone {
		what.Recipient, logger = "", w.d.o.Logger.With("channel", w.lane.Channel)
		waiting = w.d.o.Spool.Figures()[w.lane.Channel].Waiting
	}
	until, first := w.d.missing(what)
	if first {
		warnOfMissing(logger, waiting, until)
	}
	if wait := time.Until(until); wait > 0 {
		sleep(ctx, wait, changed)
		return true
	}
	gone := fmt.Errorf("recipient %s of channel %s", w.lane.Recipient, w.lane.Channel)
	if channelGone {
		gone = fmt.Errorf("channel %s", w.lane.Channel)
	}
	w.bury(&head.Entry, schema.OutcomeRefused, fmt.Errorf("%w is no longer in bridge.yml", gone))
	return true
}

func warnOfMissing(logger *slog.Logger, waiting int, until time.Time) {
	logger.Warn("Messages wait for what is no longer in bridge.yml; unless it is put back, they become dead letters",
		"waiting", waiting, "until", until.UTC().Format(time.RFC3339))
}
