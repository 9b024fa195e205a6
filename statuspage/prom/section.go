// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

const inMaintenance = int8(statuspage.InMaintenance)

// A section is a service that has components. What is recorded of it, to the minute, is
// what its nodes were; the components make it worse at the points.
type section struct {
	at          []time.Time
	from, to    time.Time
	recorded    []tally           // in the step before each point
	maintenance map[string][]bool // of the parts that were in maintenance

	mu    sync.Mutex
	worst []int8 // of the components
}

func newSection(at []time.Time, from, to time.Time) *section {
	return &section{
		at: at, from: from, to: to, recorded: make([]tally, len(at)),
		maintenance: map[string][]bool{}, worst: slices.Repeat([]int8{unobserved}, len(at)),
	}
}

// readSection reads what is recorded in the steps: the minutes by state, and what was
// in maintenance.
func (s *Source) readSection(ctx context.Context, service string, into *section) error {
	ticks, err := s.queryPieces(ctx, stepTicksQuery(service), into.at)
	if err != nil {
		return err
	}
	for _, series := range ticks {
		if state, known := stateIndex(series.Metric); known {
			into.each(series, func(p int, minutes float64) {
				into.recorded[p][state] = clamp(minutes, 0, pointStep.Minutes())
			})
		}
	}
	maintenance, err := s.queryPieces(ctx, maintenanceQuery(service), into.at)
	if err != nil {
		return err
	}
	for _, series := range maintenance {
		node := string(series.Metric[schema.Node])
		if into.maintenance[node] == nil {
			into.maintenance[node] = make([]bool, len(into.at))
		}
		into.each(series, func(p int, _ float64) { into.maintenance[node][p] = true })
	}
	return nil
}

// each calls f for the points that the series has, with its values.
func (s *section) each(series *model.SampleStream, f func(p int, v float64)) {
	for _, v := range series.Values {
		if p, found := slices.BinarySearchFunc(s.at, v.Timestamp.Time(), time.Time.Compare); found {
			f(p, float64(v.Value))
		}
	}
}

// join puts maintenance into the course of a component, and the component into the worst.
func (s *section) join(part string, course []int8) {
	for p, working := range s.maintenance[part] {
		if working && course[p] != unobserved {
			course[p] = inMaintenance
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for p, state := range course {
		s.worst[p] = worst(s.worst[p], state)
	}
}

// worsen returns the minutes of the section: those that are recorded, but for the ones
// that were better than the components at the end of their step. Where nothing is
// recorded, there are the components alone.
func (s *section) worsen(recorded tallies) tallies {
	out := tallies{}
	for day, minutes := range recorded {
		out[day] = new(*minutes)
	}
	for p, to := range s.worst {
		if to == unobserved {
			continue
		}
		day, length := s.at[p].Add(-pointStep).Truncate(dayLength), share(s.at[p], s.from, s.to)
		if out[day] == nil {
			out[day] = &tally{}
		}
		room := earlier(s.to, day.Add(dayLength)).Sub(later(s.from, day)).Minutes()
		out[day].worsen(&s.recorded[p], to, length/pointStep.Minutes(), room)
	}
	return out
}

// worsen moves a part of what a step has in better states to another one, and adds what
// the step does not have. It takes from no state more than there is, and a day has no
// more minutes than there is room for.
func (t *tally) worsen(step *tally, to int8, part, room float64) {
	missing := pointStep.Minutes()
	for state, minutes := range step {
		missing -= minutes
		if rank(int8(state)) < rank(to) { //nolint:gosec // there are five
			moved := min(minutes*part, t[state])
			t[state] -= moved
			t[to] += moved
		}
	}
	for _, minutes := range t {
		room -= minutes
	}
	t[to] += max(0, min(missing*part, room))
}

// worst returns the worse of two states, as the rules have it: one that is known goes
// before one that is not, and what is in maintenance counts last.
func worst(a, b int8) int8 {
	if rank(b) > rank(a) {
		return b
	}
	return a
}

func rank(state int8) int {
	switch state {
	case unobserved:
		return -3
	case inMaintenance:
		return -2
	case int8(status.Unknown):
		return -1
	}
	return status.Status(state).Severity()
}
