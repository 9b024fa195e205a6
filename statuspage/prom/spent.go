// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pharos-status/pharos/statuspage"
)

// Spent implements [statuspage.Source]. Whole days are those of the sums, parts of
// days are added up from ticks.
func (s *Source) Spent(ctx context.Context, from, to time.Time) (statuspage.Intervals, error) {
	now := time.Now()
	to = earlier(to, now)
	var all collector
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(concurrent)
	var firstWhole, lastWhole time.Time
	for day := from.UTC().Truncate(dayLength); day.Before(to); day = day.Add(dayLength) {
		a, b := later(from, day), earlier(to, day.Add(dayLength))
		if b.Sub(a) == dayLength && !now.Before(day.Add(dayLength+time.Hour)) {
			if firstWhole.IsZero() {
				firstWhole = day
			}
			lastWhole = day
			continue
		}
		group.Go(func() error {
			return s.minutes(ctx, question{ticksQuery(b.Sub(a)), b.Add(-time.Millisecond)}, day, &all)
		})
	}
	if !firstWhole.IsZero() {
		group.Go(func() error { return s.finishedDays(ctx, firstWhole, lastWhole, &all) })
	}
	group.Go(func() error { return s.componentDays(ctx, from, to, &all) })
	if err := group.Wait(); err != nil {
		return statuspage.Intervals{}, err
	}
	return all.intervals(), nil
}
