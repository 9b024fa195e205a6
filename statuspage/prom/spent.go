// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"context"
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

// Spent implements [statuspage.Source].
func (s *Source) Spent(ctx context.Context, from, to time.Time) (statuspage.Intervals, error) {
	return statuspage.Intervals{}, nil
}
