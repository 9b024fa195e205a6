// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"
)

// The shares of the interval that the longest gap between two reports has besides it.
const (
	jitter   = 0.1 // by which a gap is longer or shorter
	patience = 0.1 // that a report waits for checks
)

// soonest is how long after a report the next one follows that is asked for.
const soonest = time.Second

// share returns a part of the interval.
func (r *Reporter) share(of float64) time.Duration {
	return time.Duration(of * float64(r.options.Interval))
}

// loop measures and reports until ctx ends. The first report waits for all checks:
// what has not answered yet is not known to be healthy.
func (r *Reporter) loop(ctx context.Context) {
	r.round(ctx, r.options.Interval+time.Second)
	for r.wait(ctx) {
		r.round(ctx, r.share(patience))
	}
}

// wait returns true when it is time for the next report.
func (r *Reporter) wait(ctx context.Context) bool {
	began := time.Now()
	next := time.NewTimer(r.share(1 + jitter*(2*rand.Float64()-1)))
	defer next.Stop()
	asked := r.asked
	for {
		select {
		case <-ctx.Done():
			return false
		case <-next.C:
			return true
		case <-r.late:
			if ctx.Err() != nil {
				return false
			}
			r.publish()
		case <-asked:
			asked = nil
			next.Reset(time.Until(began.Add(soonest)))
		}
	}
}

// round measures, and reports what is known when the time for that is over.
func (r *Reporter) round(ctx context.Context, limit time.Duration) {
	select {
	case <-r.asked: // for what is measured now
	default:
	}
	tasks := r.tasks()
	settled := make([]<-chan struct{}, len(tasks))
	for i, t := range tasks {
		settled[i] = t.start(ctx, &r.calls)
	}
	patient, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for i, t := range tasks {
		select {
		case <-settled[i]:
		case <-patient.Done():
			t.leave()
		}
	}
	if ctx.Err() == nil {
		r.publish()
	}
}

// publish gives the senders what is known now.
func (r *Reporter) publish() {
	o := r.options
	report := Report{Service: o.Service, Node: o.Node, Replica: o.Replica, Interval: r.share(1 + jitter + patience)}
	health, reason := r.health()
	if o.Mode == Local || len(r.checks) > 0 || health != Healthy {
		report.Health, report.Reason = health, reason
	}
	if o.Mode == Push {
		if report.Load = r.measured(); report.Load == nil {
			report.Load = &Load{}
		}
	}
	for _, s := range r.senders {
		s.offer(report)
	}
}

func (r *Reporter) tasks() []*task {
	if r.meter == nil {
		return r.checks
	}
	return append(slices.Clip(r.checks), r.meter)
}

// running returns the names of the tasks of which a call has not returned.
func (r *Reporter) running() []string {
	var names []string
	for _, t := range r.tasks() {
		if t.isRunning() {
			names = append(names, t.name)
		}
	}
	return names
}

// health returns the worst of what the tasks have found, and of several the first.
func (r *Reporter) health() (Health, string) {
	severity := map[Health]int{Healthy: 0, Sick: 1, Dead: 2}
	worst := CheckState{Health: Healthy}
	for _, t := range r.tasks() {
		found := t.state()
		if found.Health == "" {
			return Unknown, ""
		}
		if severity[found.Health] > severity[worst.Health] {
			worst = found
		}
	}
	return worst.Health, worst.Reason
}

// measured returns the last load; nil if there is none.
func (r *Reporter) measured() *Load {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.load
}
