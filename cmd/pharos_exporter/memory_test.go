// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGCPercent(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int{0: 100, 1 << 20: 100, 6 << 20: 100, 12 << 20: 50, 30 << 20: 20, 1 << 30: 10} {
		require.Equal(t, want, gcPercent(live), "%d bytes alive", live)
	}
}
