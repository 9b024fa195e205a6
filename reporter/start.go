// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Start begins to report, and returns at once; the first report goes out as soon as
// the checks have answered. An error says what is wrong with the options, and then
// nothing has begun. No other fault, of the reporter or of a server, ever reaches the
// application.
//
// When ctx ends the reporter is stopped as by [Reporter.Stop]. An application that ends
// at the same time calls Stop all the same, to wait for it.
func Start(ctx context.Context, o Options) (*Reporter, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("starting a reporter: %w", err)
	}
	o, err := o.resolved()
	if err != nil {
		return nil, fmt.Errorf("starting a reporter: %w", err)
	}
	r := &Reporter{
		options: o, close: func() {},
		asked: make(chan struct{}, 1), late: make(chan struct{}, 1),
		stopping: make(chan struct{}), stopped: make(chan struct{}),
	}
	if o.Transport == nil {
		own := transport()
		r.options.Transport, r.close = own, own.CloseIdleConnections
	}
	r.makeTasks()
	r.makeSenders()
	r.begin(ctx)
	return r, nil
}

// begin starts the goroutines. They outlive ctx, to have the replica forgotten.
func (r *Reporter) begin(ctx context.Context) {
	lasting := context.WithoutCancel(ctx)
	measuring, halt := context.WithCancel(lasting)
	flushing, abort := context.WithCancel(lasting)
	sending, cut := context.WithCancel(flushing)
	r.halt, r.cut, r.abort = halt, cut, abort
	r.workers.Go(func() { r.loop(measuring) })
	for _, s := range r.senders {
		r.workers.Go(func() { s.run(sending, flushing, r.stopping) })
	}
	begun := make(chan struct{})
	defer close(begun)
	r.unwatch = context.AfterFunc(ctx, func() {
		<-begun
		if err := r.Stop(lasting); err != nil {
			r.options.Logger.Warn("The reporter did not stop in order", "err", err)
		}
	})
}

func (r *Reporter) makeTasks() {
	if r.options.Mode == Push {
		r.meter = r.task("load", Sick, r.measure)
	}
	for _, name := range slices.Sorted(maps.Keys(r.options.Checks)) {
		r.checks = append(r.checks, r.task(name, Dead, r.options.Checks[name]))
	}
}

func (r *Reporter) task(name string, worst Health, call Check) *task {
	return &task{
		name: name, worst: worst, call: call, limit: r.options.Interval, logger: r.options.Logger,
		late: func() { notify(r.late) },
	}
}

// measure is the check that measures the load.
func (r *Reporter) measure(ctx context.Context) error {
	load, err := r.options.Load(ctx)
	if err != nil {
		return err
	}
	if err := load.validate(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.load = &load
	return nil
}

// makeSenders makes a sender for each endpoint, or one for all.
func (r *Reporter) makeSenders() {
	o := r.options
	var targets []*target
	for _, e := range o.Endpoints {
		targets = append(targets, &target{
			client: Client{Endpoint: e, Transport: o.Transport, Timeout: min(max(o.Interval/3, time.Second), defaultTimeout)},
			logger: o.Logger, state: EndpointState{URL: e.URL},
		})
	}
	groups := [][]*target{targets}
	if o.Policy == All {
		groups = slices.Collect(slices.Chunk(targets, 1))
	}
	for _, group := range groups {
		r.senders = append(r.senders, &sender{
			targets: group, interval: o.Interval, inbox: make(chan Report, 1),
			keep: o.KeepLast, service: o.Service, node: o.Node, replica: o.Replica,
		})
	}
}
