// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"context"
	"fmt"
	"time"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"golang.org/x/sync/errgroup"

	"github.com/pharos-status/pharos/statuspage"
)

const (
	maxSeries  = 200_000 // bounds the answer to one query
	concurrent = 4       // queries at a time
)

// Current implements [statuspage.Source]. All queries are for one time, so that
// the parts of the reading fit together. If one of them fails, so does the
// reading: a part that is missing could be mistaken for one that was removed.
func (s *Source) Current(ctx context.Context) (statuspage.Reading, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	now := time.Now()
	a := answers{}
	components := make([]sample, len(s.components))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(concurrent)
	for i := range s.components {
		group.Go(func() (err error) {
			components[i], err = s.ask(ctx, &s.components[i], evaluationTime(now))
			return err
		})
	}
	for query, into := range a.queries() {
		group.Go(func() error {
			vector, err := s.query(ctx, query, evaluationTime(now))
			*into = vector
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return statuspage.Reading{}, err
	}
	r := a.reading(now)
	addComponents(&r, s.components, components)
	return r, nil
}

// evaluationTime returns the next whole millisecond. Samples have millisecond
// stamps, and an event's may be dated one ahead of the clock.
func evaluationTime(now time.Time) time.Time {
	return now.Truncate(time.Millisecond).Add(time.Millisecond)
}

func (s *Source) query(ctx context.Context, query string, at time.Time) (model.Vector, error) {
	value, warnings, infos, err := s.api.Query(ctx, query, at, promv1.WithTimeout(s.timeout), promv1.WithLimit(maxSeries))
	if err != nil {
		return nil, fmt.Errorf("query %s: %w", query, err)
	}
	s.tell(query, warnings, infos)
	vector, ok := value.(model.Vector)
	if !ok {
		return nil, fmt.Errorf("query %s: the answer is a %s, want a vector", query, value.Type())
	}
	if len(vector) >= maxSeries {
		return nil, fmt.Errorf("query %s: %d series or more, which is too many for a page", query, maxSeries)
	}
	return vector, nil
}

// tell logs what came with an answer.
func (s *Source) tell(query string, warnings promv1.Warnings, infos promv1.Infos) {
	for _, w := range warnings {
		s.logger.Warn("Prometheus warns of a query", "query", query, "warning", w)
	}
	for _, i := range infos {
		s.logger.Debug("Prometheus remarks on a query", "query", query, "info", i)
	}
}

// answers are what Prometheus said to each query.
type answers struct {
	severities, layout, goneLayout  model.Vector
	reasons, durations, loads, seen model.Vector
	queues                          model.Vector
	newestSeverity, newestSample    model.Vector
}

func (a *answers) queries() map[string]*model.Vector {
	return map[string]*model.Vector{
		severitiesQuery:     &a.severities,
		layoutQuery:         &a.layout,
		goneLayoutQuery:     &a.goneLayout,
		reasonQuery:         &a.reasons,
		durationQuery:       &a.durations,
		loadQuery:           &a.loads,
		lastSeenQuery:       &a.seen,
		queueQuery:          &a.queues,
		newestSeverityQuery: &a.newestSeverity,
		newestSampleQuery:   &a.newestSample,
	}
}
