// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"context"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// Latency implements [statuspage.Source].
func (s *Source) Latency(ctx context.Context, w statuspage.Window, end time.Time) (map[status.NodeID]statuspage.Latency, error) {
	return nil, nil
}
