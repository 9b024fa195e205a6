// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"context"
	"time"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"golang.org/x/sync/errgroup"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

const (
	dayLength    = 24 * time.Hour
	minutesOfDay = 24 * 60
	// summed is how long after its end the sums of a day or of an hour are all there.
	summed = time.Hour - time.Millisecond
)

// Days implements [statuspage.Source]. A day is that of the sums from an hour after
// its end on; before, it is put together from hours and ticks, so that it is always as
// exact as the rules are.
func (s *Source) Days(ctx context.Context, first, last time.Time) (statuspage.Days, error) {
	now := time.Now()
	out := statuspage.Days{Weights: statuspage.DefaultWeights()}
	finished := last
	for finished.Add(dayLength + time.Hour).After(now) {
		finished = finished.Add(-dayLength)
	}
	var all collector
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(concurrent)
	if !finished.Before(first) {
		group.Go(func() error { return s.finishedDays(ctx, first, finished, &all) })
	}
	for day := later(first, finished.Add(dayLength)); !day.After(last); day = day.Add(dayLength) {
		for _, q := range unfinished(day, now) {
			group.Go(func() error { return s.minutes(ctx, q, day, &all) })
		}
	}
	group.Go(func() error { return s.weights(ctx, now, &out.Weights) })
	group.Go(func() error { return s.componentDays(ctx, first, earlier(last.Add(dayLength), now), &all) })
	if err := group.Wait(); err != nil {
		return statuspage.Days{}, err
	}
	out.Intervals = all.intervals()
	return out, nil
}

// finishedDays reads the sums of days.
func (s *Source) finishedDays(ctx context.Context, first, last time.Time, all *collector) error {
	matrix, err := s.queryRange(ctx, daysQuery, promv1.Range{Start: first.Add(dayLength + summed), End: last.Add(dayLength + summed), Step: dayLength})
	if err != nil {
		return err
	}
	for _, series := range matrix {
		for _, v := range series.Values {
			all.add(series.Metric, v.Timestamp.Time().UTC().Add(-dayLength-summed), v.Value)
		}
	}
	return nil
}

// A question is a query for minutes by state, and the time that it is for.
type question struct {
	query string
	at    time.Time
}

// unfinished returns what the minutes of a day are made from that is under way, or
// has ended less than an hour ago: the hours whose sums have surely been recorded, and
// the ticks of the last hour and of this one.
func unfinished(day, now time.Time) []question {
	var out []question
	hour := int(now.Sub(day) / time.Hour) // the one under way
	if hour >= 2 {
		out = append(out, question{hoursQuery(hour - 1), day.Add(time.Duration(hour)*time.Hour - time.Millisecond)})
	}
	if hour >= 1 {
		out = append(out, question{hourBefore, now})
	}
	if hour >= 0 && hour < 24 {
		out = append(out, question{thisHour, now})
	}
	return out
}

// minutes adds the answer to a question to a day.
func (s *Source) minutes(ctx context.Context, q question, day time.Time, all *collector) error {
	vector, err := s.query(ctx, q.query, q.at)
	if err != nil {
		return err
	}
	for _, v := range vector {
		all.add(v.Metric, day, v.Value)
	}
	return nil
}

// weights reads the policy of uptime. Where there is none, that of the rules without
// a configuration holds.
func (s *Source) weights(ctx context.Context, at time.Time, w *statuspage.Weights) error {
	up, err := s.query(ctx, weightUpQuery, at)
	if err != nil {
		return err
	}
	total, err := s.query(ctx, weightTotalQuery, at)
	if err != nil || len(up) == 0 || len(total) == 0 {
		return err
	}
	*w = statuspage.Weights{}
	for _, v := range up {
		if state, known := stateIndex(v.Metric); known {
			w[state].Up = clamp(float64(v.Value), 0, 1)
		}
	}
	for _, v := range total {
		if state, known := stateIndex(v.Metric); known {
			w[state].Total = clamp(float64(v.Value), 0, 1)
		}
	}
	return nil
}

// stateIndex returns the index in [statuspage.Minutes] that the label state names.
func stateIndex(m model.Metric) (int, bool) {
	name := string(m[schema.State])
	if name == schema.Maintenance {
		return statuspage.InMaintenance, true
	}
	var st status.Status
	if st.UnmarshalText([]byte(name)) != nil {
		return 0, false
	}
	return int(st), true
}

func newIntervals() statuspage.Intervals {
	return statuspage.Intervals{
		Nodes:    map[status.NodeID]map[time.Time]statuspage.Minutes{},
		Services: map[string]map[time.Time]statuspage.Minutes{},
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
