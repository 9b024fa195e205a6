// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"math"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/sidecar/config"
)

// shortest is over how long CPU time is measured at the least: the kernel counts it in
// ticks of 10 ms.
const shortest = time.Second

// A meter remembers of each look what the next one needs.
type meter struct {
	at    time.Time            // of the look that CPU time is counted from; zero before the first one
	each  map[identity]float64 // CPU seconds of each process then
	whole float64              // those of the cgroup
	cpu   float64              // what was measured last, in cores

	first    identity  // the oldest process; zero before there was one
	started  time.Time // when it began
	restarts restarts
}

// judge measures what was done since the last look, and holds everything to the limits.
func (m *meter) judge(limits config.Limits, g group, now time.Time) Verdict {
	f := nothing()
	f.CPU = m.busy(&g, now)
	f.CPUShare = f.CPU / g.limits.cpu
	f.Memory, f.MemoryShare = g.memory, g.memory/g.limits.memory
	f.OpenFiles, f.FilesShare = g.files, g.share
	f.Threads, f.Processes = g.threads, g.count
	if len(g.processes) > 0 {
		m.meet(g.processes[0].identity, now)
		f.Started = m.started
	}
	f.Restarts, f.RestartsSeen = m.restarts.within(time.Duration(limits.Restarts.Within), now), m.restarts.seen
	j := judgement{status: status.Healthy}
	for _, s := range g.processes {
		if s.stopped() {
			j.add(status.Sick, "process "+itoa(s.pid)+" is stopped by a signal")
			break
		}
	}
	j.hold(limits, &f, &g)
	return Verdict{j.status, j.reason(), f}
}

// meet notes which process is the oldest. Another one than before is a restart.
func (m *meter) meet(oldest identity, now time.Time) {
	if oldest == m.first {
		return
	}
	if m.first != (identity{}) {
		m.restarts.add(1, now)
	}
	m.first = oldest
	m.started, _ = began(oldest, now) // where the kernel does not tell, nobody is told
}

// busy returns how many cores were busy since the last look, NaN at the first one.
// Processes that came and ended in between are counted by a cgroup alone.
func (m *meter) busy(g *group, now time.Time) float64 {
	if g.cpuErr != nil {
		return math.NaN()
	}
	wall := now.Sub(m.at)
	if !m.at.IsZero() && wall >= 0 && wall < shortest {
		return m.cpu
	}
	used := 0.0
	each := make(map[identity]float64, len(g.processes))
	if g.ofCgroup {
		if used = g.cpu - m.whole; used < 0 {
			used = g.cpu // it was made anew
		}
		m.whole = g.cpu
	} else {
		for _, s := range g.processes {
			each[s.identity] = s.cpu
			used += max(s.cpu-m.each[s.identity], 0)
		}
	}
	m.cpu = used / wall.Seconds()
	if m.at.IsZero() || wall < 0 {
		m.cpu = math.NaN()
	}
	m.at, m.each = now, each
	return m.cpu
}

// restarts are when something was started again, the oldest first.
type restarts struct {
	at   []time.Time
	seen float64
}

// maxRestarts bounds what is remembered.
const maxRestarts = 10_000

func (r *restarts) add(n int, now time.Time) {
	r.seen += float64(n)
	for range min(n, maxRestarts) {
		r.at = append(r.at, now)
	}
	if extra := len(r.at) - maxRestarts; extra > 0 {
		r.at = append(r.at[:0], r.at[extra:]...)
	}
}

// within returns how many there were in the last d, and forgets the others.
func (r *restarts) within(d time.Duration, now time.Time) float64 {
	if d == 0 {
		d = config.DefaultWithin
	}
	old := 0
	for old < len(r.at) && now.Sub(r.at[old]) > d {
		old++
	}
	r.at = append(r.at[:0], r.at[old:]...)
	return float64(len(r.at))
}
