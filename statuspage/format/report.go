// SPDX-License-Identifier: Apache-2.0

package format

import (
	"io"

	"github.com/pharos-status/pharos/statuspage"
)

// The report in the form of Vigil's /status/report. Vigil calls a service a probe.
// Nothing in it names a replica, revealed or not.
type (
	// A VigilReport is the whole.
	VigilReport struct {
		Health string       `json:"health"`
		Page   VigilPage    `json:"page"`
		Probes []VigilProbe `json:"probes"`
	}
	// A VigilPage says which page it is.
	VigilPage struct {
		Name string `json:"name"`
		URL  string `json:"url"`
	}
	// A VigilProbe is a service.
	VigilProbe struct {
		Name   string      `json:"name"`
		Status string      `json:"status"`
		Nodes  []VigilNode `json:"nodes"`
	}
	// A VigilNode is a node with the statuses of its replicas.
	VigilNode struct {
		Name     string   `json:"name"`
		Status   string   `json:"status"`
		Replicas []string `json:"replicas"`
	}
)

// Report writes the page as the JSON of Vigil's /status/report.
func Report(w io.Writer, p statuspage.Page, _ Options) error { return writeJSON(w, ReportOf(p)) }

// ReportOf returns what [Report] writes.
func ReportOf(p statuspage.Page) VigilReport {
	r := VigilReport{
		Health: p.Status.String(),
		Page:   VigilPage{Name: title(p), URL: p.Brand.URL},
		Probes: make([]VigilProbe, 0, len(p.Services)),
	}
	for _, s := range p.Services {
		probe := VigilProbe{Name: s.Label, Status: s.Status.String(), Nodes: make([]VigilNode, 0, len(s.Nodes))}
		for _, n := range s.Nodes {
			node := VigilNode{Name: n.Label, Status: n.Status.String(), Replicas: make([]string, 0, len(n.Replicas))}
			for _, replica := range n.Replicas {
				node.Replicas = append(node.Replicas, replica.Status.String())
			}
			probe.Nodes = append(probe.Nodes, node)
		}
		r.Probes = append(r.Probes, probe)
	}
	return r
}
