// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"slices"
	"testing"
	"time"
)

// samples are measured durations.
type samples []time.Duration

func (s *samples) add(d time.Duration) { *s = append(*s, d) }

// report shows the median and the maximum in milliseconds.
func (s *samples) report(b *testing.B, what string) {
	b.Helper()
	slices.Sort(*s)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms((*s)[len(*s)/2]), what+"-median-ms")
	b.ReportMetric(ms((*s)[len(*s)-1]), what+"-max-ms")
}
