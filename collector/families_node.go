// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"strconv"

	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/collector/exposition"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/schema"
)

// A nodeRow is a configured node, and its place.
type nodeRow struct {
	service  *config.Service
	node     *config.Node
	position int // in the service, from 0
}

// nodeRows returns all nodes of a configuration.
func nodeRows(c *config.Config) []nodeRow {
	var rows []nodeRow
	for i := range c.Services {
		service := &c.Services[i]
		for j := range service.Nodes {
			rows = append(rows, nodeRow{service, &service.Nodes[j], j})
		}
	}
	return rows
}

func nodeColumns() []exposition.Column[nodeRow] {
	return []exposition.Column[nodeRow]{
		{Family: &exposition.Family{
			Name: schema.NodeInfo,
			Help: "1 for each configured node. The labels say how it is watched, where it stands on the page (positions count from 0) and what it links to; tls_verify is false where certificates are not verified, and absent elsewhere.",
			Labels: []string{
				schema.Mode, schema.ServiceLabel, schema.NodeLabel, schema.ServicePosition, schema.NodePosition,
				schema.Reveal, schema.LinkURL, schema.LinkLabel, schema.TLSVerify,
			},
		}, Add: addNodeInfo},
		{Family: &exposition.Family{
			Name: schema.NodeMinHealthy,
			Help: "How many replicas of the node have to be available. Nodes for which this is set only.",
		}, Add: addMinHealthy},
		{Family: &exposition.Family{
			Name:   schema.NodeQueueDeadAbove,
			Help:   "With more messages than this in its queue the node is dead. Nodes with a queue only.",
			Labels: []string{schema.Queue, schema.State},
		}, Add: addQueueLimits},
	}
}

func addNodeInfo(r *nodeRow, to *exposition.Samples) {
	verify := ""
	if r.node.SkipsVerification() {
		verify = strconv.FormatBool(false)
	}
	to.Add(1, string(r.node.Mode), r.service.Label, r.node.Label,
		strconv.Itoa(r.service.Position), strconv.Itoa(r.position),
		strconv.FormatBool(r.node.Reveal), r.node.Link.URL, r.node.Link.Label, verify)
}

func addMinHealthy(r *nodeRow, to *exposition.Samples) {
	if r.node.MinHealthy > 0 {
		to.Add(float64(r.node.MinHealthy))
	}
}

func addQueueLimits(r *nodeRow, to *exposition.Samples) {
	if q := r.node.Queue; q != nil {
		to.Add(float64(q.ReadyDeadAbove), q.Name, schema.Ready)
		to.Add(float64(q.NackDeadAbove), q.Name, schema.Unacknowledged)
	}
}

func queueColumns() []exposition.Column[state.NodeQueue] {
	return []exposition.Column[state.NodeQueue]{{
		Family: &exposition.Family{
			Name:   schema.NodeQueueMessages,
			Help:   "How many messages are in the queue of the node: those that wait for a consumer, and those that a consumer has not acknowledged.",
			Labels: []string{schema.State},
		},
		Key: func(q *state.NodeQueue) uint64 { return uint64(q.At.UnixNano()) },
		Add: func(q *state.NodeQueue, to *exposition.Samples) {
			to.Add(float64(q.Ready), schema.Ready)
			to.Add(float64(q.Unacknowledged), schema.Unacknowledged)
		},
	}}
}
