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

// A section is the course of a service that has components: of these, and of its nodes.
type section struct {
	at          []time.Time
	maintenance map[string][]bool // of the parts that were in maintenance

	mu    sync.Mutex
	whole []int8
}

func newSection(at []time.Time) *section {
	return &section{at: at, maintenance: map[string][]bool{}, whole: slices.Repeat([]int8{unobserved}, len(at))}
}

// readSection reads what is recorded: the states of the nodes, and what was in
// maintenance.
func (s *Source) readSection(ctx context.Context, service string, into *section) error {
	ticks, err := s.queryPieces(ctx, serviceTickQuery(service), into.at)
	if err != nil {
		return err
	}
	for _, series := range ticks {
		if state, known := stateIndex(series.Metric); known {
			into.each(series, func(p int) {
				into.whole[p] = worst(into.whole[p], int8(state)) //nolint:gosec // there are five
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
		into.each(series, func(p int) { into.maintenance[node][p] = true })
	}
	return nil
}

// each calls f for the points that the series has.
func (s *section) each(series *model.SampleStream, f func(p int)) {
	for _, v := range series.Values {
		if p, found := slices.BinarySearchFunc(s.at, v.Timestamp.Time(), time.Time.Compare); found {
			f(p)
		}
	}
}

// join puts maintenance into the course of a part, and the part into the whole.
func (s *section) join(part string, course []int8) {
	for p, working := range s.maintenance[part] {
		if working && course[p] != unobserved {
			course[p] = inMaintenance
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for p, state := range course {
		s.whole[p] = worst(s.whole[p], state)
	}
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
