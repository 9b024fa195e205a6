// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// A nodeInfo is what one exporter says, or said, of a node.
type nodeInfo struct {
	id                  status.NodeID
	gone                bool // its exporter is not there
	servicePos, nodePos int
	serviceLabel        string
	layout              statuspage.NodeLayout
	metric              string // for an order that does not depend on the answer's
}

// layout puts the nodes in the order of the configuration. Where several
// exporters tell of the same node, those that are up go before those that
// aren't. The names of its replicas are shown only if all of them reveal it.
func layout(live, gone model.Vector) statuspage.Layout {
	infos := make([]nodeInfo, 0, len(live)+len(gone))
	for _, s := range live {
		infos = append(infos, newNodeInfo(s.Metric, false))
	}
	for _, s := range gone {
		infos = append(infos, newNodeInfo(s.Metric, true))
	}
	infos = unique(infos)
	return statuspage.Layout{Services: sections(infos)}
}

func newNodeInfo(m model.Metric, gone bool) nodeInfo {
	label := func(name string) string { return string(m[model.LabelName(name)]) }
	return nodeInfo{
		id:           status.NodeID{Service: label(schema.Service), Node: label(schema.Node)},
		gone:         gone,
		servicePos:   position(label(schema.ServicePosition)),
		nodePos:      position(label(schema.NodePosition)),
		serviceLabel: label(schema.ServiceLabel),
		layout: statuspage.NodeLayout{
			ID:        label(schema.Node),
			Label:     label(schema.NodeLabel),
			Mode:      label(schema.Mode),
			Reveal:    label(schema.Reveal) == "true",
			LinkURL:   label(schema.LinkURL),
			LinkLabel: label(schema.LinkLabel),
			Labels:    otherLabels(m),
		},
		metric: m.String(),
	}
}

// otherLabels returns what a page may select by: all labels that are nothing else.
func otherLabels(m model.Metric) map[string]string {
	var out map[string]string
	for name, value := range m {
		switch name {
		case model.MetricNameLabel, schema.Service, schema.Node, schema.ServiceLabel, schema.NodeLabel, schema.ServicePosition, schema.NodePosition,
			schema.Reveal, schema.LinkURL, schema.LinkLabel:
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		out[string(name)] = string(value)
	}
	return out
}

// position returns the place that a label gives, the last one if it gives none.
func position(label string) int {
	p, err := strconv.Atoi(label)
	if err != nil {
		return math.MaxInt
	}
	return p
}

// unique keeps the best info of each node.
func unique(infos []nodeInfo) []nodeInfo {
	slices.SortFunc(infos, func(a, b nodeInfo) int {
		return cmp.Or(a.id.Compare(b.id), compareBool(a.gone, b.gone),
			cmp.Compare(a.servicePos, b.servicePos), cmp.Compare(a.nodePos, b.nodePos), cmp.Compare(a.metric, b.metric))
	})
	out := infos[:0]
	for _, info := range infos {
		if n := len(out); n > 0 && out[n-1].id == info.id {
			out[n-1].layout.Reveal = out[n-1].layout.Reveal && info.layout.Reveal
			continue
		}
		out = append(out, info)
	}
	return out
}

// sections groups nodes by service. A service stands where its first node wants
// it to stand, and has the label that this node gives.
func sections(infos []nodeInfo) []statuspage.ServiceLayout {
	firstPos := map[string]int{}
	for _, info := range infos {
		if p, known := firstPos[info.id.Service]; !known || info.servicePos < p {
			firstPos[info.id.Service] = info.servicePos
		}
	}
	slices.SortFunc(infos, func(a, b nodeInfo) int {
		return cmp.Or(cmp.Compare(firstPos[a.id.Service], firstPos[b.id.Service]), cmp.Compare(a.id.Service, b.id.Service),
			cmp.Compare(a.nodePos, b.nodePos), cmp.Compare(a.id.Node, b.id.Node))
	})
	var out []statuspage.ServiceLayout
	for _, info := range infos {
		if len(out) == 0 || out[len(out)-1].ID != info.id.Service {
			out = append(out, statuspage.ServiceLayout{ID: info.id.Service, Label: info.serviceLabel})
		}
		last := &out[len(out)-1]
		last.Nodes = append(last.Nodes, info.layout)
	}
	return out
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
