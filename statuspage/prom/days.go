// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"context"
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

// Days implements [statuspage.Source].
func (s *Source) Days(ctx context.Context, first, last time.Time) (statuspage.Days, error) {
	return statuspage.Days{}, nil
}
