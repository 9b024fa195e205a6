// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"context"

	"github.com/pharos-status/pharos/statuspage"
)

// Since implements [statuspage.Source].
func (s *Source) Since(ctx context.Context) (statuspage.Since, error) {
	return statuspage.Since{}, nil
}
