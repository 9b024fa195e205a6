// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// A Component is a line of the page that is no probe: an expression, and what its
// value means. Expressions come from the configuration and from nowhere else.
type Component struct {
	ID           status.NodeID                     // its group, which may be that of a service, and itself; the ID of a node goes before that of a component
	ServiceLabel string                            // of the group, where it is no service
	Layout       statuspage.NodeLayout             // ID and Mode need not be set
	Expr         string                            // whose answer is one sample; anything else is unknown
	Judge        func(value float64) status.Status // what a value means; not called for NaN
	Latency      string                            // an expression of one sample, in seconds; may be empty
}
