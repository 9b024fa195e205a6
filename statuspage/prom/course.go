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
)

const (
	pointStep = 5 * time.Minute // a point stands for the time since the one before
	maxPoints = 8640            // of a query: 30 days of 5 min; Prometheus refuses more than 11,000
	// lookBehind is how long an expression that has no sample any more is unknown. After
	// that it is not observed, as what never had one.
	lookBehind = dayLength
)

// unobserved is the state of a point of which nothing is known.
const unobserved int8 = -1

// componentDays adds the minutes of all components from one time to another, and
// what they make of those of their services.
func (s *Source) componentDays(ctx context.Context, from, to time.Time, all *collector) error {
	at := points(from, to)
	if len(at) == 0 {
		return nil
	}
	sections := map[string]*section{}
	for i := range s.components {
		sections[s.components[i].ID.Service] = newSection(at, from, to)
	}
	recorded, recordedCtx := errgroup.WithContext(ctx)
	recorded.SetLimit(concurrent)
	for service, section := range sections {
		recorded.Go(func() error { return s.readSection(recordedCtx, service, section) })
	}
	if err := recorded.Wait(); err != nil {
		return err
	}
	judged, judgedCtx := errgroup.WithContext(ctx)
	judged.SetLimit(concurrent)
	for i := range s.components {
		judged.Go(func() error {
			c := &s.components[i]
			course, err := s.course(judgedCtx, c, at)
			if err != nil {
				return err
			}
			sections[c.ID.Service].join(c.ID.Node, course)
			all.addJudged(c.ID, minutesOf(course, at, from, to))
			return nil
		})
	}
	if err := judged.Wait(); err != nil {
		return err
	}
	all.addSections(sections)
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

// minutesOf returns how long a course was in each state.
func minutesOf(course []int8, at []time.Time, from, to time.Time) tallies {
	out := tallies{}
	for p, state := range course {
		if state != unobserved {
			out.add(at[p].Add(-pointStep).Truncate(dayLength), int(state), share(at[p], from, to))
		}
	}
	return out
}

// course returns the states of a component at the points, as if there was no
// maintenance.
func (s *Source) course(ctx context.Context, c *Component, at []time.Time) ([]int8, error) {
	all := slices.Concat(points(at[0].Add(-lookBehind), at[0].Add(-pointStep)), at)
	values, err := s.samples(ctx, c, c.Expr, all)
	if err != nil {
		return nil, err
	}
	course, seen := make([]int8, len(all)), time.Time{}
	for p, v := range values {
		if v.ok {
			seen = all[p]
		}
		if course[p] = unobserved; all[p].Sub(seen) < lookBehind {
			course[p] = int8(c.judge(v)) //nolint:gosec // there are four
		}
	}
	return course[len(all)-len(at):], nil
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
