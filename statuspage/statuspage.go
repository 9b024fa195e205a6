// SPDX-License-Identifier: Apache-2.0

// Package statuspage is the model of the page: what a [Source] reads, and how
// [Build] lays it out. It reads what Prometheus knows and never calls the
// exporter; drawing the page is left to package view.
package statuspage

import (
	"context"
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

// A Source answers what is known. What it returns belongs to the caller. It is safe
// for concurrent use.
type Source interface {
	// Current reads the present.
	Current(ctx context.Context) (Reading, error)
	// Days reads how the days from first to last (midnights UTC, both included) were
	// spent. The last may be today, of which it returns what there is of it.
	Days(ctx context.Context, first, last time.Time) (Days, error)
	// Latency reads the latencies of all nodes over a window that ends at the time.
	Latency(ctx context.Context, w Window, end time.Time) (map[status.NodeID]Latency, error)
	// Spent reads what was measured within a past interval.
	Spent(ctx context.Context, from, to time.Time) (Intervals, error)
	// Since reads since when what is not healthy now has been at least as bad as it is. What
	// is not known is missing; it never goes back beyond a time of which nobody knows.
	Since(ctx context.Context) (Since, error)
}

// Days is how the days of a span were spent, by midnight UTC, and what minutes
// count as.
type Days struct {
	Intervals
	Weights Weights
}

// Since is since when, without a break, something has been at least as bad as it is.
type Since struct {
	Overall  time.Time
	Services map[string]time.Time
	Nodes    map[status.NodeID]time.Time
}

// A Reading is what a Source knew at one time.
type Reading struct {
	At       time.Time // when the source was asked
	Newest   time.Time // the time of the newest sample; zero if there is none
	Overall  status.Status
	Services map[string]status.Status
	Nodes    map[status.NodeID]status.Status // also the components that are PromQL expressions
	Replicas map[status.ID]ReplicaReading
	Queues   map[status.NodeID]float64 // messages that are ready
	Values   map[status.NodeID]float64 // of the components that are PromQL expressions
	Layout   Layout                    // with the components that are PromQL expressions
}

// A ReplicaReading is what is known of one replica.
type ReplicaReading struct {
	Status   status.Status
	Reason   status.Reason
	Latency  time.Duration
	CPU, RAM *float64
	LastSeen time.Time
}

// A Layout says which services and nodes there are, in the order of the page. It
// comes from the exporter's pharos_node_info, by way of Prometheus.
type Layout struct {
	Services []ServiceLayout `json:"services"`
}

// A ServiceLayout is a service and its nodes, in order.
type ServiceLayout struct {
	ID    string       `json:"id"`
	Label string       `json:"label"`
	Nodes []NodeLayout `json:"nodes"`
}

// A NodeLayout is a node.
type NodeLayout struct {
	ID        string `json:"id"`
	Label     string `json:"label"`
	Mode      string `json:"mode"`   // see [Node]
	Reveal    bool   `json:"reveal"` // show the names of the replicas
	LinkURL   string `json:"link_url,omitempty"`
	LinkLabel string `json:"link_label,omitempty"`
	Unit      string `json:"unit,omitempty"`       // of the value, where it is shown
	ShowValue bool   `json:"show_value,omitempty"` // of a PromQL component
	// Labels are what a page may select by, besides service and node.
	Labels map[string]string `json:"labels,omitempty"`
}
