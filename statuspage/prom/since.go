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

// Since implements [statuspage.Source]. The times are those of the last minute at
// which something was healthy.
func (s *Source) Since(ctx context.Context) (statuspage.Since, error) {
	now := evaluationTime(time.Now())
	var vector model.Vector
	times := make([]time.Time, len(s.components))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(concurrent)
	group.Go(func() (err error) {
		vector, err = s.query(ctx, sinceQuery, now)
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
	out := statuspage.Since{Services: map[string]time.Time{}, Nodes: map[status.NodeID]time.Time{}}
	for _, v := range vector {
		addSince(&out, v)
	}
	for i, since := range times {
		id := s.components[i].ID
		// What is recorded of a service that has components is no more than a part of it.
		delete(out.Services, id.Service)
		if _, node := out.Nodes[id]; !node && !since.IsZero() {
			out.Nodes[id] = since
		}
	}
	return out, nil
}

// addSince takes the earliest where several series tell of the same thing.
func addSince(out *statuspage.Since, v *model.Sample) {
	since, id := fromSeconds(v.Value), replicaID(v.Metric).NodeID()
	switch {
	case since.IsZero():
	case id.Node != "":
		out.Nodes[id] = earliest(out.Nodes[id], since)
	case id.Service != "":
		out.Services[id.Service] = earliest(out.Services[id.Service], since)
	default:
		out.Overall = earliest(out.Overall, since)
	}
}

func earliest(old, t time.Time) time.Time {
	if old.IsZero() || t.Before(old) {
		return t
	}
	return old
}

// componentSince looks at the minutes of the last day, if the component is not healthy
// now.
func (s *Source) componentSince(ctx context.Context, c *Component, now time.Time) (time.Time, error) {
	answer, err := s.ask(ctx, c, now)
	if err != nil || c.judge(answer) == status.Healthy {
		return time.Time{}, err
	}
	var at []time.Time
	for p := now.Truncate(time.Minute).Add(-dayLength); !p.After(now); p = p.Add(time.Minute) {
		at = append(at, p)
	}
	values, err := s.samples(ctx, c, c.Expr, at)
	if err != nil {
		return time.Time{}, err
	}
	for p, v := range slices.Backward(values) {
		if c.judge(v) == status.Healthy {
			return at[p], nil
		}
	}
	return time.Time{}, nil
}
