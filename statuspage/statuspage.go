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

// A Source answers what is known now. The Reading it returns belongs to the
// caller. It is safe for concurrent use.
type Source interface {
	Current(ctx context.Context) (Reading, error)
}

// A Reading is what a Source knew at one time.
type Reading struct {
	At       time.Time // when the source was asked
	Newest   time.Time // the time of the newest sample; zero if there is none
	Overall  status.Status
	Services map[string]status.Status
	Nodes    map[status.NodeID]status.Status
	Replicas map[status.ID]ReplicaReading
	Layout   Layout
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
	Mode      string `json:"mode"`
	Reveal    bool   `json:"reveal"` // show the names of the replicas
	LinkURL   string `json:"link_url,omitempty"`
	LinkLabel string `json:"link_label,omitempty"`
}
