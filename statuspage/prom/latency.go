// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"context"
	"fmt"
	"math"
	"time"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"golang.org/x/sync/errgroup"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// quarter is what a recorded quantile stands for: the quarter of an hour before it.
const quarter = 15 * time.Minute

// maxSpan is the longest time that a query of latencies is for: Prometheus holds a
// value for each quarter of an hour and each node in memory while it answers.
const maxSpan = 15 * dayLength

// chart returns how long a window is, and the step of its values.
func chart(w statuspage.Window) (length, step time.Duration, err error) {
	switch w {
	case statuspage.LastDay:
		return dayLength, 5 * time.Minute, nil
	case statuspage.LastWeek:
		return 7 * dayLength, 30 * time.Minute, nil
	case statuspage.LastMonth:
		return 30 * dayLength, 2 * time.Hour, nil
	case statuspage.LastQuarter:
		return 90 * dayLength, 6 * time.Hour, nil
	}
	return 0, 0, fmt.Errorf("window %d: there is no such", w)
}

// Latency implements [statuspage.Source]. The last value is that of the last step
// that has ended. One query is asked after the other, since none of it is urgent.
func (s *Source) Latency(ctx context.Context, w statuspage.Window, end time.Time) (map[status.NodeID]statuspage.Latency, error) {
	length, step, err := chart(w)
	if err != nil {
		return nil, err
	}
	end = end.UTC().Truncate(step)
	whole := promv1.Range{Start: end.Add(step - length), End: end, Step: step}
	courses := map[status.NodeID]*statuspage.Latency{}
	for _, r := range pieces(whole, int(maxSpan/step)) {
		for _, quantile := range []string{"0.5", "0.95"} {
			matrix, err := s.queryRange(ctx, latencyQuery(quantile, step), r)
			if err != nil {
				return nil, err
			}
			for _, series := range matrix {
				l := courseOf(courses, replicaID(series.Metric).NodeID())
				if quantile == "0.5" {
					fill(&l.Median, whole, series.Values)
				} else {
					fill(&l.P95, whole, series.Values)
				}
			}
		}
	}
	if err := s.componentLatency(ctx, whole, courses); err != nil {
		return nil, err
	}
	out := make(map[status.NodeID]statuspage.Latency, len(courses))
	for id, l := range courses {
		out[id] = *l
	}
	return out, nil
}

func courseOf(courses map[status.NodeID]*statuspage.Latency, id status.NodeID) *statuspage.Latency {
	if courses[id] == nil {
		courses[id] = &statuspage.Latency{}
	}
	return courses[id]
}

// fill puts values into the series, which it begins if it is empty.
func fill(s *statuspage.Series, whole promv1.Range, values []model.SamplePair) {
	if s.Values == nil {
		*s = statuspage.Series{Start: whole.Start, Step: whole.Step, Values: make([]float32, whole.End.Sub(whole.Start)/whole.Step+1)}
		for i := range s.Values {
			s.Values[i] = float32(math.NaN())
		}
	}
	for _, v := range values {
		i := int(v.Timestamp.Time().Sub(whole.Start) / whole.Step)
		if i >= 0 && i < len(s.Values) && v.Value >= 0 && !math.IsInf(float64(v.Value), 0) {
			s.Values[i] = float32(v.Value)
		}
	}
}

// componentLatency adds the latencies of the components that have one, unless there
// is a node of the same ID.
func (s *Source) componentLatency(ctx context.Context, whole promv1.Range, courses map[status.NodeID]*statuspage.Latency) error {
	found := make([]statuspage.Series, len(s.components))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(concurrent)
	for i := range s.components {
		c := &s.components[i]
		if c.Latency == "" || courses[c.ID] != nil {
			continue
		}
		group.Go(func() error {
			query := componentLatencyQuery(c.Latency, whole.Step)
			matrix, err := s.queryRange(ctx, query, whole)
			if err != nil {
				return s.refused(c, query, err)
			}
			if len(matrix) == 1 {
				fill(&found[i], whole, matrix[0].Values)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, series := range found {
		if series.Values != nil {
			courses[s.components[i].ID] = &statuspage.Latency{Median: series}
		}
	}
	return nil
}
