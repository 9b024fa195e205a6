// SPDX-License-Identifier: Apache-2.0

package blackbox

import (
	"time"

	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/collector/probe"
)

// Redacted is redacted.
func Redacted(target string) string { return redacted(target) }

// DecodeTwice is decodeTwice.
func DecodeTwice(target string) string { return decodeTwice(target) }

// Expose returns the metrics of a probe that saw result.
func Expose(m *module.Module, result probe.Result) []byte {
	return expose(nil, families(m.Prober), &seen{name: "m", module: m, target: "t", limit: 9500 * time.Millisecond, started: true, result: result})
}
