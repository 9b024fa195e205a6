// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"context"
	"sync"
)

// Once runs each of the jobs one time, its retries included, at once but for
// what their pools hold back, and returns when the last of them has been
// recorded. Those that ctx ends are not recorded. It needs no Run.
func (s *Scheduler) Once(ctx context.Context, jobs []*Job) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, j := range jobs {
		wg.Go(func() {
			if outcome, ok := s.run(ctx, j); ok {
				s.record(outcome)
			}
		})
	}
}
