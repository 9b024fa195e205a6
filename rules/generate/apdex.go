// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"bytes"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/rules/alerting"
)

// The files with the rules over native histograms, and with those that do without.
const (
	NativeFile = "latency-native.rules.yml"
	GaugesFile = "latency-gauges.rules.yml"
)

// apdex returns text, which is that of [NativeFile], with the overrides of c. The
// threshold of histogram_fraction cannot be a series, so each one needs a term of
// its own: the last expression of the file, which is that for the default, again.
func apdex(text []byte, c *alerting.Config) []byte {
	var thresholds []model.Duration
	for _, o := range c.Apdex.Overrides {
		if o.Threshold != c.Apdex.Threshold {
			thresholds = append(thresholds, o.Threshold)
		}
	}
	slices.Sort(thresholds)
	expr := []byte("        expr: |2\n")
	term := text[bytes.LastIndex(text, expr)+len(expr):]
	out := slices.Clone(text)
	for _, threshold := range slices.Compact(thresholds) {
		seconds := number(time.Duration(threshold).Seconds())
		out = append(out, "          or\n"...)
		out = append(out, bytes.ReplaceAll(term, []byte("scalar("+schema.ApdexThreshold+")"), []byte(seconds))...)
	}
	return out
}
