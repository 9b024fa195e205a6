// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"golang.org/x/sync/errgroup"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// Since implements [statuspage.Source]. The times are those of the last minute, or the
// last hour, at which something was better or nobody knew.
func (s *Source) Since(ctx context.Context) (statuspage.Since, error) {
	now := evaluationTime(time.Now())
	var out statuspage.Since
	times := make([]time.Time, len(s.components))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	group.Go(func() (err error) {
		out, err = s.recordedSince(ctx, now)
		return err
	})
	for i := range s.components {
		group.Go(func() (err error) {
			times[i], err = s.componentSince(ctx, &s.components[i], now)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return statuspage.Since{}, err
	}
	for i, since := range times {
		id := s.components[i].ID
		// What is recorded of a whole that has components is no more than a part of it.
		out.Overall = time.Time{}
		delete(out.Services, id.Service)
		if _, node := out.Nodes[id]; !node && !since.IsZero() {
			out.Nodes[id] = since
		}
	}
	return out, nil
}

// recordedSince looks at what the rules have recorded: at the minutes of a day, and at
// the hours before if something has been for longer.
func (s *Source) recordedSince(ctx context.Context, now time.Time) (statuspage.Since, error) {
	out := statuspage.Since{Services: map[string]time.Time{}, Nodes: map[status.NodeID]time.Time{}}
	for _, times := range []string{byTheMinute, byTheHour} {
		vector, err := s.query(ctx, sinceQuery(times), now)
		if err != nil {
			return statuspage.Since{}, err
		}
		longer := false
		for _, v := range vector {
			longer = !addSince(&out, v) || longer
		}
		if !longer {
			break
		}
	}
	return out, nil
}

// addSince adds what is not known from a finer look, and tells whether it is known now.
func addSince(out *statuspage.Since, v *model.Sample) (known bool) {
	since, id := fromSeconds(v.Value), replicaID(v.Metric).NodeID()
	switch {
	case id.Node != "":
		return keep(out.Nodes, id, since)
	case id.Service != "":
		return keep(out.Services, id.Service, since)
	}
	if out.Overall.IsZero() {
		out.Overall = since
	}
	return !out.Overall.IsZero()
}

func keep[K comparable](all map[K]time.Time, k K, since time.Time) (known bool) {
	if _, before := all[k]; !before && !since.IsZero() {
		all[k] = since
	}
	_, known = all[k]
	return known
}

// componentSince looks at the minutes of the last day, and at the hours before if it has
// to, unless the component is healthy now.
func (s *Source) componentSince(ctx context.Context, c *Component, now time.Time) (time.Time, error) {
	answer, err := s.ask(ctx, c, now)
	present := c.judge(answer).Severity()
	if err != nil || present == status.Healthy.Severity() {
		return time.Time{}, err
	}
	for _, look := range []struct{ back, step time.Duration }{{dayLength, time.Minute}, {30 * dayLength, time.Hour}} {
		var at []time.Time
		for p := now.Truncate(look.step).Add(-look.back); !p.After(now); p = p.Add(look.step) {
			at = append(at, p)
		}
		values, err := s.samples(ctx, c, c.Expr, at)
		if err != nil {
			return time.Time{}, err
		}
		for p, v := range slices.Backward(values) {
			if c.judge(v).Severity() < present {
				return at[p], nil
			}
		}
	}
	return time.Time{}, nil
}
