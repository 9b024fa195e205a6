// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/pharos-status/pharos/bridge/channel"
	"github.com/pharos-status/pharos/bridge/spool"
	"github.com/pharos-status/pharos/bridge/webhook"
)

// late is the age from which on a message says how old it is.
const late = 5 * time.Minute

// maxPanics is how often a channel may panic at a message before it is refused: others
// wait behind it.
const maxPanics = 3

// send makes one attempt. A channel that panics has failed for now.
func (w *worker) send(ctx context.Context, r *openRoute, e *spool.Entry) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = w.panicked(e, p)
		}
	}()
	n, err := webhook.Parse(e.Payload)
	if err != nil {
		return &channel.Error{Err: fmt.Errorf("read the notification that was kept: %w", err), Refused: true}
	}
	e.Payload = nil // a large one needn't stay in memory beside what was read from it
	if n.Kind() == webhook.Startup && !n.Firing() {
		return channel.ErrSkipped // a start is an event, and has no end that anybody wants to hear of
	}
	m := channel.Message{Notification: n, Key: e.Key, Accepted: e.Accepted, Over: w.d.o.Spool.Newer(e)}
	m.Note = note(e, time.Now(), r.Location)
	ctx, cancel := context.WithTimeout(ctx, time.Duration(r.Delivery.Timeout))
	defer cancel()
	return r.Channel.Send(ctx, e.Lane.Recipient, m)
}

// panicked returns the error of an attempt at which the channel panicked.
func (w *worker) panicked(e *spool.Entry, p any) *channel.Error {
	w.logger().Error("The channel panicked", "key", e.Key, "panic", p, "stack", string(debug.Stack()))
	return &channel.Error{
		Err:     errors.New("the channel has a defect, of which the log tells more"),
		Refused: w.panics.full(e.ID, maxPanics), Unsure: true,
	}
}

// failureOf returns what to do about an error of Send, nil if there is none. If the
// error does not say so itself, and the time ran out, the service may have taken the
// message.
func failureOf(err error) *channel.Error {
	if err == nil {
		return nil
	}
	if failure, ok := errors.AsType[*channel.Error](err); ok {
		return failure
	}
	return &channel.Error{
		Err:    err,
		Unsure: errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled),
	}
}

// note returns the sentence that tells how old a message is that comes late, or was a
// dead letter; else nothing.
func note(e *spool.Entry, now time.Time, in *time.Location) string {
	tells, old := "Told late", now.Sub(e.Accepted) > late
	switch {
	case !e.Since.Equal(e.Accepted):
		tells = "Sent again"
	case !old:
		return ""
	}
	if in == nil {
		in = time.UTC
	}
	const day = "2 January"
	at, now := e.Accepted.In(in), now.In(in)
	on, ago := "", ""
	if at.Format(day) != now.Format(day) {
		on = "on " + at.Format(day) + " "
	}
	if old {
		ago = ", " + age(now.Sub(at)) + " ago"
	}
	return fmt.Sprintf("%s: so it was %sat %s%s.", tells, on, at.Format("15:04 MST"), ago)
}

// age puts a duration of more than a minute into words.
func age(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours", d/time.Hour)
	}
	return fmt.Sprintf("%d minutes", d/time.Minute)
}
