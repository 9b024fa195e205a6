// SPDX-License-Identifier: Apache-2.0

package subscribe

import (
	"context"
	"time"
)

const purgeEvery = time.Hour

// purge forgets who has not confirmed in time.
func (s *Service) purge(ctx context.Context) {
	after := ""
	for ctx.Err() == nil {
		some, err := s.o.Store.Subscribers(ctx, after, batch)
		if err != nil {
			s.complain(ctx, "look for those who have not confirmed", err)
			return
		}
		for _, x := range some {
			after = x.ID
			if !x.Confirmed.IsZero() || time.Since(x.Created) <= confirmWithin {
				continue
			}
			if err := unlessGone(s.o.Store.EraseSubscriber(ctx, author, x.ID)); err != nil {
				s.complain(ctx, "forget those who have not confirmed", err)
				return
			}
		}
		if len(some) < batch {
			return
		}
	}
}
