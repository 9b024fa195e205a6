// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"math"
	"sync"
	"time"

	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// A collector adds up what several queries say of the same days. It is safe for
// concurrent use.
type collector struct {
	mu       sync.Mutex
	recorded dayBook // by the rules
	judged   dayBook // at the points of components
	sections map[string]*section
}

// A dayBook has the minutes by component. A service is a node without a name.
type dayBook map[status.NodeID]tallies

// tallies are the minutes by day.
type tallies map[time.Time]*tally

// A tally is the minutes by state; parts of minutes are not lost until the end.
type tally [statuspage.InMaintenance + 1]float64

func (t tallies) minutes() map[time.Time]statuspage.Minutes {
	out := make(map[time.Time]statuspage.Minutes, len(t))
	for day, sums := range t {
		var m statuspage.Minutes
		for state, minutes := range sums {
			m[state] = uint16(math.Round(clamp(minutes, 0, minutesOfDay)))
		}
		out[day] = m
	}
	return out
}

// add adds minutes to a day.
func (t tallies) add(day time.Time, state int, minutes float64) {
	if t[day] == nil {
		t[day] = &tally{}
	}
	t[day][state] += minutes
}

func (b *dayBook) add(id status.NodeID, day time.Time, state int, minutes float64) {
	if *b == nil {
		*b = dayBook{}
	}
	days := (*b)[id]
	if days == nil {
		days = tallies{}
		(*b)[id] = days
	}
	days.add(day, state, minutes)
}

// add adds minutes in the state that the metric names.
func (c *collector) add(m model.Metric, day time.Time, minutes model.SampleValue) {
	state, known := stateIndex(m)
	if !known {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.recorded.add(status.NodeID{Service: string(m[schema.Service]), Node: string(m[schema.Node])}, day, state, float64(minutes))
}

// addJudged adds the minutes of a component.
func (c *collector) addJudged(id status.NodeID, minutes tallies) {
	if len(minutes) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.judged == nil {
		c.judged = dayBook{}
	}
	c.judged[id] = minutes
}

// addSections adds the services that have components.
func (c *collector) addSections(sections map[string]*section) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sections = sections
}

// intervals returns all of it, once everything is added. A node goes before a component
// of the same ID.
func (c *collector) intervals() statuspage.Intervals {
	out := newIntervals()
	for id, days := range c.judged {
		out.Nodes[id] = days.minutes()
	}
	for id, days := range c.recorded {
		if id.Node != "" {
			out.Nodes[id] = days.minutes()
		} else if c.sections[id.Service] == nil {
			out.Services[id.Service] = days.minutes()
		}
	}
	for service, section := range c.sections {
		if days := section.worsen(c.recorded[status.NodeID{Service: service}]); len(days) > 0 {
			out.Services[service] = days.minutes()
		}
	}
	return out
}
