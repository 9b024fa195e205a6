// SPDX-License-Identifier: Apache-2.0

package format

import (
	"io"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// The report in the form of Vigil's /status/report. Vigil calls a service a probe.
type (
	report struct {
		Health status.Status `json:"health"`
		Page   reportPage    `json:"page"`
		Probes []reportProbe `json:"probes"`
	}
	reportPage struct {
		Name string `json:"name"`
		URL  string `json:"url"`
	}
	reportProbe struct {
		Name   string        `json:"name"`
		Status status.Status `json:"status"`
		Nodes  []reportNode  `json:"nodes"`
	}
	reportNode struct {
		Name     string          `json:"name"`
		Status   status.Status   `json:"status"`
		Replicas []status.Status `json:"replicas"`
	}
)

// Report writes the page as the JSON of Vigil's /status/report. It names no
// replica, revealed or not.
func Report(w io.Writer, p statuspage.Page, _ Options) error {
	r := report{
		Health: p.Status,
		Page:   reportPage{Name: title(p), URL: p.Brand.URL},
		Probes: make([]reportProbe, 0, len(p.Services)),
	}
	for _, s := range p.Services {
		probe := reportProbe{Name: s.Label, Status: s.Status, Nodes: make([]reportNode, 0, len(s.Nodes))}
		for _, n := range s.Nodes {
			node := reportNode{Name: n.Label, Status: n.Status, Replicas: make([]status.Status, 0, len(n.Replicas))}
			for _, replica := range n.Replicas {
				node.Replicas = append(node.Replicas, replica.Status)
			}
			probe.Nodes = append(probe.Nodes, node)
		}
		r.Probes = append(r.Probes, probe)
	}
	return writeJSON(w, r)
}
