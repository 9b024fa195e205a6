// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/pharos-status/pharos/bridge/channel"
)

const (
	longestBlock = time.Hour   // for how long, at most, a channel may ask not to be called
	loggedBlock  = time.Minute // from which on that is worth a line in the log
)

// An outlet is a channel by its name, with what holds for all of its recipients. It
// stays the same over reloads; the route in it changes.
type outlet struct {
	metrics *channelMetrics
	logger  *slog.Logger
	large   *semaphore.Weighted // bytes of the large payloads of the channel that are being sent

	first    chan struct{} // full while somebody waits for the next turn; the others wait behind
	returned chan struct{} // capacity 1: a turn was given back

	mu      sync.Mutex
	route   *openRoute // nil once the channel is gone
	pace    pace
	blocked time.Time            // the channel asked not to be called before
	failing map[string]time.Time // recipients whose last attempt failed; for how long they were tried counts from then
}

// An openRoute is a route whose channel is open.
type openRoute struct {
	Route
	recipients map[string]struct{}
	replaced   chan struct{} // closed when it is no longer that of the outlet
	users      int           // guarded by the outlet; once it is replaced, the last one closes the channel
}

func newOutlet(name string, m *channelMetrics, logger *slog.Logger) *outlet {
	return &outlet{
		metrics: m, logger: logger.With("channel", name), failing: map[string]time.Time{},
		large: semaphore.NewWeighted(largeOfChannel), first: make(chan struct{}, 1), returned: make(chan struct{}, 1),
	}
}

// use replaces the route. It returns the channel to be closed, as replace does.
func (o *outlet) use(r Route) channel.Channel {
	next := &openRoute{Route: r, recipients: map[string]struct{}{}, replaced: make(chan struct{})}
	for _, recipient := range r.Channel.Recipients() {
		next.recipients[recipient] = struct{}{}
	}
	return o.replace(next)
}

// replace sets the route, nil to end the outlet, and wakes the users of the one before.
// It returns the channel of that one if it has no users: then the caller closes it.
func (o *outlet) replace(next *openRoute) (idle channel.Channel) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if before := o.route; before != nil {
		close(before.replaced)
		if before.users == 0 {
			idle = before.Channel
		}
	}
	o.route = next
	if next == nil {
		return idle
	}
	o.pace.set(next.Delivery)
	o.blocked = time.Time{} // what led to it may be mended; if not, the channel says so again
	for recipient := range o.failing {
		if _, ok := next.recipients[recipient]; !ok {
			delete(o.failing, recipient)
		}
	}
	return idle
}

// open returns the route to a recipient, to be given back by done; nil if there is
// none any more.
func (o *outlet) open(recipient string) *openRoute {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.route == nil {
		return nil
	}
	if _, ok := o.route.recipients[recipient]; !ok {
		return nil
	}
	o.route.users++
	return o.route
}

// has tells whether there is a route to a recipient.
func (o *outlet) has(recipient string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.route == nil {
		return false
	}
	_, ok := o.route.recipients[recipient]
	return ok
}

// done gives a route back.
func (o *outlet) done(r *openRoute) {
	o.mu.Lock()
	r.users--
	last := r.users == 0 && o.route != r
	o.mu.Unlock()
	if last {
		o.close(r.Channel)
	}
}

// close closes a channel that nobody uses any more, if there is one.
func (o *outlet) close(c channel.Channel) {
	if c == nil {
		return
	}
	if err := c.Close(); err != nil {
		o.logger.Warn("The channel did not close in order", "err", err)
	}
}

// turn waits until the channel may be called once, in the order of those who ask. It
// returns false if ctx was done or the route replaced before. A turn that was not used
// is to be given back.
func (o *outlet) turn(ctx context.Context, r *openRoute) bool {
	select {
	case o.first <- struct{}{}:
	case <-ctx.Done():
		return false
	case <-r.replaced:
		return false
	}
	defer func() { <-o.first }()
	for {
		wait := o.take()
		if wait <= 0 {
			return true
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-o.returned:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			return false
		case <-r.replaced:
			timer.Stop()
			return false
		}
	}
}

// take takes a turn, or returns for how long there is none.
func (o *outlet) take() (wait time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	if wait = o.blocked.Sub(now); wait > 0 {
		return wait
	}
	return o.pace.take(now)
}

func (o *outlet) giveBack() {
	o.mu.Lock()
	o.pace.giveBack()
	o.mu.Unlock()
	notify(o.returned)
}

// block keeps the channel from being called for a while, which is no time in which
// anybody is tried. A route that was replaced has no say any more.
func (o *outlet) block(r *openRoute, d time.Duration) {
	now := time.Now()
	until := now.Add(min(d, longestBlock))
	o.mu.Lock()
	if o.route != r || !until.After(o.blocked) {
		o.mu.Unlock()
		return
	}
	from := now
	if o.blocked.After(now) {
		from = o.blocked
	}
	more := until.Sub(from)
	o.blocked = until
	for recipient, since := range o.failing {
		o.failing[recipient] = since.Add(more)
	}
	o.mu.Unlock()
	if more > loggedBlock {
		o.logger.Warn("The channel asked not to be called for a while; a reload tries it at once", "until", until.UTC().Format(time.RFC3339))
	}
}

// failed remembers that an attempt failed, and says so if no other recipient is known
// to fail. It returns for how long the recipient has been tried in vain.
func (o *outlet) failed(recipient string, err error) time.Duration {
	now := time.Now()
	o.mu.Lock()
	first := len(o.failing) == 0
	since, again := o.failing[recipient]
	if !again {
		since = now
		o.failing[recipient] = now
	}
	o.mu.Unlock()
	if first {
		o.logger.Warn("The channel fails; what waits is tried again until it is given up", "recipient", recipient, "err", err)
	}
	return now.Sub(since)
}

// succeeded remembers that the recipient was reached, and says so if that was the last
// one that failed.
func (o *outlet) succeeded(recipient string) {
	o.mu.Lock()
	_, failing := o.failing[recipient]
	delete(o.failing, recipient)
	last := failing && len(o.failing) == 0
	o.mu.Unlock()
	if last {
		o.logger.Info("The channel delivers again", "recipient", recipient)
	}
}

// sleep waits, and returns whether it was for the whole time: it ends early when ctx
// is done or early is closed.
func sleep(ctx context.Context, d time.Duration, early <-chan struct{}) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-early:
	}
	return false
}
