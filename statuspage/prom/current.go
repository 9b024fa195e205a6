// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"golang.org/x/sync/errgroup"

	"github.com/pharos-status/pharos/statuspage"
)

const (
	maxSeries  = 200_000 // bounds the answer to one query
	concurrent = 4       // queries at a time
	atOnce     = 16      // expressions of components at a time; Prometheus answers 20, unless it is told otherwise
)

// Current implements [statuspage.Source]. All queries are for one time, so that
// the parts of the reading fit together. If one of its own fails, so does the
// reading: a part that is missing could be mistaken for one that was removed.
// Components come after that, each for itself.
func (s *Source) Current(ctx context.Context) (statuspage.Reading, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	now := time.Now()
	a := answers{}
	group, own := errgroup.WithContext(ctx)
	group.SetLimit(concurrent)
	for query, into := range a.queries() {
		group.Go(func() error {
			vector, err := s.query(own, query, evaluationTime(now))
			*into = vector
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return statuspage.Reading{}, err
	}
	components, err := s.askAll(ctx, evaluationTime(now))
	if err != nil {
		return statuspage.Reading{}, err
	}
	r := a.reading(now)
	addComponents(&r, s.components, components)
	return r, nil
}

// askAll evaluates the expressions of all components. One to which there is no answer
// in time is unknown, and no reason to show nothing of all others; but if Prometheus
// can't be reached any more, that is what there is to tell.
func (s *Source) askAll(ctx context.Context, at time.Time) ([]sample, error) {
	out := make([]sample, len(s.components))
	group, all := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range s.components {
		group.Go(func() error {
			c := &s.components[i]
			one, cancel := context.WithTimeout(all, s.timeout/2)
			defer cancel()
			answer, err := s.ask(one, c, at)
			var gone *net.OpError
			if errors.Is(err, context.Canceled) || errors.As(err, &gone) && gone.Op == "dial" && !gone.Timeout() {
				return err
			}
			if err != nil {
				s.blame(c, c.Expr, err)
			}
			out[i] = answer
			return nil
		})
	}
	return out, group.Wait()
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
