// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"context"
	"math"
	"slices"
	"time"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"golang.org/x/sync/errgroup"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

const (
	pointStep = 5 * time.Minute // a point stands for the time since the one before
	maxPoints = 8640            // of a query: 30 days of 5 min; Prometheus refuses more than 11,000
	// lookBehind is how long an expression that has no sample any more is unknown. What
	// never had one was not observed.
	lookBehind = dayLength
)

// unobserved is the state of a point of which nothing is known.
const unobserved = -1

// componentDays adds the minutes of all components from one time to another, and
// those of their services.
func (s *Source) componentDays(ctx context.Context, from, to time.Time, all *collector) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(concurrent)
	for service, members := range groups(s.components) {
		group.Go(func() error { return s.groupMinutes(ctx, service, members, from, to, all) })
	}
	return group.Wait()
}

// groupMinutes judges the components of a group at each point, and with them and the
// nodes of the service the service itself, as the rules do.
func (s *Source) groupMinutes(ctx context.Context, service string, members []int, from, to time.Time, all *collector) error {
	at := points(from, to)
	if len(at) == 0 {
		return nil
	}
	states := make([][]int, len(at)) // of the parts of the service
	for _, i := range members {
		c := &s.components[i]
		course, err := s.course(ctx, c, at)
		if err != nil {
			return err
		}
		for p, state := range course {
			if state != unobserved {
				states[p] = append(states[p], state)
				all.addComponent(c.ID, at[p], share(at[p], from, to), state)
			}
		}
	}
	ticks, err := s.queryPieces(ctx, serviceTickQuery(service), at)
	if err != nil {
		return err
	}
	for _, series := range ticks {
		if state, known := stateIndex(series.Metric); known {
			for _, v := range series.Values {
				if p, found := slices.BinarySearchFunc(at, v.Timestamp.Time(), time.Time.Compare); found {
					states[p] = append(states[p], state)
				}
			}
		}
	}
	for p, parts := range states {
		if len(parts) > 0 {
			all.addService(service, at[p], share(at[p], from, to), combined(parts))
		}
	}
	return nil
}

// points returns the ends of the steps of which some lies between from and to.
func points(from, to time.Time) []time.Time {
	var out []time.Time
	for p := from.UTC().Truncate(pointStep).Add(pointStep); p.Add(-pointStep).Before(to); p = p.Add(pointStep) {
		if p.After(time.Now()) {
			break
		}
		out = append(out, p)
	}
	return out
}

// share returns how many minutes of the step that ends at p lie between from and to.
func share(p, from, to time.Time) float64 {
	return earlier(p, to).Sub(later(p.Add(-pointStep), from)).Minutes()
}

// combined returns the state of a whole: that of the worst of its parts that are known
// and not in maintenance.
func combined(parts []int) int {
	state := statuspage.InMaintenance
	for _, p := range parts {
		switch {
		case p == statuspage.InMaintenance:
		case state == statuspage.InMaintenance, state == int(status.Unknown):
			state = p
		case p != int(status.Unknown) && status.Status(p).Severity() > status.Status(state).Severity():
			state = p
		}
	}
	return state
}

// course returns the states of a component at the points.
func (s *Source) course(ctx context.Context, c *Component, at []time.Time) ([]int, error) {
	all := slices.Concat(points(at[0].Add(-lookBehind), at[0].Add(-pointStep)), at)
	behind := len(all) - len(at)
	values, err := s.samples(ctx, c, c.Expr, all)
	if err != nil {
		return nil, err
	}
	course, observed := make([]int, len(all)), false
	for p, v := range values {
		observed = observed || v.ok
		if course[p] = unobserved; observed {
			course[p] = int(c.judge(v))
		}
	}
	maintenance, err := s.samples(ctx, c, maintenanceQuery(c.ID), all)
	if err != nil {
		return nil, err
	}
	for p, v := range maintenance {
		if v.ok && course[p] != unobserved {
			course[p] = statuspage.InMaintenance
		}
	}
	return course[behind:], nil
}

// samples evaluates an expression at the points: where it has several samples, it has
// none that counts. What Prometheus can't evaluate has none.
func (s *Source) samples(ctx context.Context, c *Component, expr string, at []time.Time) ([]sample, error) {
	matrix, err := s.queryPieces(ctx, expr, at)
	if err != nil {
		return make([]sample, len(at)), s.refused(c, expr, err)
	}
	out, count := make([]sample, len(at)), make([]int, len(at))
	for _, series := range matrix {
		for _, v := range series.Values {
			if p, found := slices.BinarySearchFunc(at, v.Timestamp.Time(), time.Time.Compare); found {
				out[p], count[p] = sample{float64(v.Value), true}, count[p]+1
			}
		}
	}
	for p, n := range count {
		if n > 1 {
			out[p] = sample{math.NaN(), true}
		}
	}
	return out, nil
}

// queryPieces asks for the values at regular points, in as many queries as it takes.
func (s *Source) queryPieces(ctx context.Context, expr string, at []time.Time) (model.Matrix, error) {
	step := pointStep
	if len(at) > 1 {
		step = at[1].Sub(at[0])
	}
	var out model.Matrix
	for _, r := range pieces(promv1.Range{Start: at[0], End: at[len(at)-1], Step: step}, maxPoints) {
		matrix, err := s.queryRange(ctx, expr, r)
		if err != nil {
			return nil, err
		}
		out = append(out, matrix...)
	}
	return out, nil
}
