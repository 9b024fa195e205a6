// SPDX-License-Identifier: Apache-2.0

// Package deliver takes what waits in the spool to the channels: in order for each
// recipient, not faster than a channel may be called, and again until the channel
// has acknowledged it, refuses it or its time is up. Keeping is left to package
// spool, sending once to package channel, and accepting to package bridge.
//
// Each lane in which something waits has a goroutine of its own, which ends once the
// lane is empty. So no recipient and no channel waits for another one, and there
// are at most as many goroutines as recipients.
package deliver

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"

	"github.com/pharos-status/pharos/bridge/channel"
	"github.com/pharos-status/pharos/bridge/config"
	"github.com/pharos-status/pharos/bridge/spool"
	"github.com/pharos-status/pharos/internal/schema"
)

// grace is how long messages that are being sent may take once the bridge shuts down.
const grace = 5 * time.Second

// Options are what a [Deliverer] works with. All are required.
type Options struct {
	Spool      *spool.Spool
	Registerer prometheus.Registerer
	Logger     *slog.Logger
}

func (o *Options) validate() error {
	switch {
	case o.Spool == nil:
		return errors.New("deliver: Options.Spool is required")
	case o.Registerer == nil:
		return errors.New("deliver: Options.Registerer is required")
	case o.Logger == nil:
		return errors.New("deliver: Options.Logger is required")
	}
	return nil
}

// A Route is a channel, and how hard to try to deliver to it.
type Route struct {
	Name     string // unique; the channel of lanes
	Channel  channel.Channel
	Delivery config.Delivery
	Location *time.Location // in which a message that comes late tells when it was accepted; nil: UTC
}

// A Deliverer delivers. Its methods are safe for concurrent use.
type Deliverer struct {
	o       Options
	metrics *metrics
	updated chan struct{} // capacity 1: there are other outlets

	// take is that of the spool.
	take func(lane spool.Lane, mark bool) (*spool.Entry, error)

	large *semaphore.Weighted // bytes of the large payloads that are being sent

	mu      sync.RWMutex
	outlets map[string]*outlet       // by the name of the channel; nil before the first Use
	changed chan struct{}            // closed by the next Use
	gone    map[spool.Lane]time.Time // until when what waits for channels (recipient "") and recipients that are gone is kept
}

// New returns a Deliverer with its metrics registered. It delivers nothing before
// [Deliverer.Use] says whereto.
func New(o Options) (*Deliverer, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	d := &Deliverer{
		o: o, updated: make(chan struct{}, 1), take: o.Spool.Take, large: semaphore.NewWeighted(largeTotal),
		changed: make(chan struct{}), gone: map[spool.Lane]time.Time{},
	}
	d.metrics = newMetrics(d.figures)
	if err := d.metrics.register(o.Registerer); err != nil {
		return nil, err
	}
	return d, nil
}

// Use replaces all routes, and takes over their channels, which must be new ones: it
// closes those of before once nothing is being sent on them. What waits to be sent
// again is tried at once, with the new settings. What waits for channels or recipients
// that are gone becomes dead letters, unless they are back within an hour.
func (d *Deliverer) Use(routes []Route) {
	idle := map[*outlet]channel.Channel{}
	d.mu.Lock()
	before := d.outlets
	d.outlets = make(map[string]*outlet, len(routes))
	for _, r := range routes {
		o := before[r.Name]
		if o == nil {
			o = newOutlet(r.Name, d.metrics.of(r.Name), d.o.Logger)
		}
		idle[o] = o.use(r)
		d.outlets[r.Name] = o
	}
	for name, o := range before {
		if d.outlets[name] == nil {
			idle[o] = o.replace(nil)
		}
	}
	d.measureLocked()
	d.foundLocked()
	close(d.changed)
	d.changed = make(chan struct{})
	d.mu.Unlock()
	for o, c := range idle { // which may take a moment
		o.close(c)
	}
	notify(d.updated)
}

// Count counts what became of a submission to a channel with so many recipients, and
// of what it overtook, when it was accepted.
func (d *Deliverer) Count(name string, recipients int, a spool.Accepted) {
	if a.Duplicate {
		d.ended(name, schema.OutcomeDuplicate, recipients)
	}
	for _, lane := range a.Overtaken {
		d.ended(lane.Channel, schema.OutcomeOvertaken, 1)
	}
}

// ended counts notifications of a channel that has metrics.
func (d *Deliverer) ended(name, outcome string, n int) {
	if m := d.metrics.find(name); m != nil {
		m.outcomes[outcome].Add(float64(n))
	}
}

// outlet returns the outlet of a channel, nil if there is none, and what is closed once
// that may be another one.
func (d *Deliverer) outlet(name string) (o *outlet, changed <-chan struct{}) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.outlets[name], d.changed
}

// Run delivers until ctx is done. What is being sent then gets a few seconds to end;
// what is not acknowledged stays in the spool. It leaves the channels open: see
// [Deliverer.Close].
func (d *Deliverer) Run(ctx context.Context) error {
	sends, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	s := &shift{ended: make(chan spool.Lane), working: map[spool.Lane]bool{}}
	s.work = func(lane spool.Lane) { (&worker{d: d, lane: lane}).run(ctx, sends) }
	s.news(d.lanes())
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-d.updated:
			s.news(d.lanes())
		case <-d.o.Spool.Changed():
			s.news(d.lanes())
		case lane := <-s.ended:
			s.end(lane)
		}
	}
	late := time.AfterFunc(grace, cut)
	defer late.Stop()
	for len(s.working) > 0 {
		delete(s.working, <-s.ended)
	}
	return nil
}

// A shift is those who work: one goroutine for each lane that is not empty.
type shift struct {
	work    func(spool.Lane)    // until the lane is empty
	ended   chan spool.Lane     // where work has ended
	working map[spool.Lane]bool // whether there was news of the lane since work began
}

// news begins work in lanes in which something waits.
func (s *shift) news(lanes []spool.Lane) {
	for _, lane := range lanes {
		if _, ok := s.working[lane]; ok {
			s.working[lane] = true
		} else {
			s.begin(lane)
		}
	}
}

func (s *shift) begin(lane spool.Lane) {
	s.working[lane] = false
	go func() {
		s.work(lane)
		s.ended <- lane
	}()
}

// end is told of each lane in which work has ended. News may have come just after the
// lane was found empty.
func (s *shift) end(lane spool.Lane) {
	again := s.working[lane]
	delete(s.working, lane)
	if again {
		s.begin(lane)
	}
}

// lanes returns the lanes to be emptied: none before it is known which channels
// there are.
func (d *Deliverer) lanes() []spool.Lane {
	d.mu.RLock()
	known := d.outlets != nil
	d.mu.RUnlock()
	if !known {
		return nil
	}
	return d.o.Spool.Lanes()
}

// Close closes the channels and takes the metrics away. It is to be called once Run
// has returned, or if it will not be called, and Use is not called any more.
func (d *Deliverer) Close() error {
	d.Use(nil)
	d.metrics.unregister(d.o.Registerer)
	return nil
}

// notify leaves a value in a channel with a capacity of one.
func notify(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
