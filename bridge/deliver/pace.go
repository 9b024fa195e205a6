// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"math/rand/v2"
	"time"

	"github.com/pharos-status/pharos/bridge/config"
)

// A pace limits how often something is done: so many times at once, and then once in
// each interval. Unlike those of golang.org/x/time/rate, turns that were not used can
// be given back. The zero pace has no limit.
type pace struct {
	interval time.Duration // 0: no limit
	burst    time.Duration // how far the next turn may lie in the past: one interval less than the burst takes
	next     time.Time     // when the next turn is
}

// set changes the limits. Other limits begin anew; if they are the same, what went
// before goes on to count.
func (p *pace) set(d config.Delivery) {
	var next pace
	if d.PerMinute > 0 {
		next.interval = time.Minute / time.Duration(d.PerMinute)
		next.burst = next.interval * time.Duration(max(d.Burst, 1)-1)
	}
	if p.interval != next.interval || p.burst != next.burst {
		*p = next
	}
}

// take takes a turn, or returns for how long there is none.
func (p *pace) take(now time.Time) (wait time.Duration) {
	if p.interval == 0 {
		return 0
	}
	if earliest := now.Add(-p.burst); p.next.Before(earliest) {
		p.next = earliest
	}
	if wait = p.next.Sub(now); wait > 0 {
		return wait
	}
	p.next = p.next.Add(p.interval)
	return 0
}

// giveBack undoes a take.
func (p *pace) giveBack() { p.next = p.next.Add(-p.interval) }

// backOff returns how long to wait after an attempt, the first of which is 1.
func backOff(d config.Delivery, attempt int) time.Duration {
	wait, longest := time.Duration(d.RetryWait), time.Duration(d.RetryMax)
	for i := 1; i < attempt && wait < longest; i++ {
		wait *= 2
	}
	return time.Duration(float64(min(wait, longest)) * (0.5 + rand.Float64()))
}
