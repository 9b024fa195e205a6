// SPDX-License-Identifier: Apache-2.0

package mcp

import (
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/format"
	"github.com/pharos-status/pharos/statuspage/words"
)

// maxListed is how many things of a kind a report lists.
const maxListed = 50

type (
	reportOutput struct {
		Title         string         `json:"title"`
		URL           string         `json:"url,omitempty"`
		Status        string         `json:"status" jsonschema:"of the whole: healthy, sick, dead or unknown"`
		Summary       string         `json:"summary"`
		AsOf          time.Time      `json:"as_of,omitzero" jsonschema:"the time of the newest data; missing if there never was any"`
		Problem       string         `json:"problem,omitempty" jsonschema:"why the page can't be trusted"`
		Services      []service      `json:"services" jsonschema:"the worst first, at most 50"`
		Troubles      []component    `json:"troubles" jsonschema:"components that are not healthy, the worst first, at most 50"`
		Incidents     []incident     `json:"incidents" jsonschema:"those that go on"`
		Maintenance   []maintenance  `json:"maintenance" jsonschema:"what is under way, and what comes next"`
		Announcements []announcement `json:"announcements"`

		// As Vigil's tool of this name has them.
		Health string              `json:"health" jsonschema:"the same as status"`
		Page   format.VigilPage    `json:"page"`
		Probes []format.VigilProbe `json:"probes" jsonschema:"all services with their nodes, and the statuses of the replicas of each"`
	}
	service struct {
		ID            string `json:"id"`
		Label         string `json:"label"`
		Status        string `json:"status"`
		InMaintenance bool   `json:"in_maintenance"`
		Components    int    `json:"components" jsonschema:"how many it has"`
		Healthy       int    `json:"healthy" jsonschema:"how many of them are"`
	}
	maintenance struct {
		ID         string    `json:"id"`
		Title      string    `json:"title"`
		Phase      string    `json:"phase" jsonschema:"scheduled, in_progress or verifying"`
		Start      time.Time `json:"start"`
		End        time.Time `json:"end"`
		Components []string  `json:"components" jsonschema:"ids of services and components"`
		Text       string    `json:"text" jsonschema:"Markdown; may be cut"`
	}
	announcement struct {
		Title string    `json:"title"`
		Time  time.Time `json:"time"`
		Text  string    `json:"text" jsonschema:"Markdown; may be cut"`
	}
)

func report(p statuspage.Page, _ reportInput) (reportOutput, error) {
	english := words.In("en")
	vigil := format.ReportOf(p)
	out := reportOutput{
		Title: p.Brand.Title, URL: p.Brand.URL, Status: p.Status.String(), Summary: english.Sentence(p), AsOf: p.AsOf, Problem: english.Problem(p.Problem),
		Services: []service{}, Troubles: []component{}, Incidents: []incident{}, Maintenance: []maintenance{}, Announcements: []announcement{},
		Health: vigil.Health, Page: vigil.Page, Probes: vigil.Probes,
	}
	for _, worst := range [...]status.Status{status.Dead, status.Sick, status.Unknown, status.Healthy} {
		for _, s := range p.Services {
			if s.Status == worst && len(out.Services) < maxListed {
				out.Services = append(out.Services, serviceOf(s))
			}
			for _, n := range s.Nodes {
				if n.Status == worst && worst != status.Healthy && len(out.Troubles) < maxListed {
					out.Troubles = append(out.Troubles, componentOf(s, n))
				}
			}
		}
	}
	for i := range p.Incidents {
		if in := &p.Incidents[i]; in.Open() && len(out.Incidents) < maxListed {
			out.Incidents = append(out.Incidents, incidentOf(in))
		}
	}
	for _, a := range p.Announcements[:min(len(p.Announcements), maxListed)] {
		out.Announcements = append(out.Announcements, announcement{a.Title, a.Time, cut(a.Text)})
	}
	out.Maintenance = planned(p)
	return out, nil
}

func serviceOf(s statuspage.Service) service {
	out := service{ID: s.ID, Label: s.Label, Status: s.Status.String(), InMaintenance: s.InMaintenance, Components: len(s.Nodes)}
	for _, n := range s.Nodes {
		if n.Status == status.Healthy {
			out.Healthy++
		}
	}
	return out
}

// planned returns the maintenance that is under way, and what comes next.
func planned(p statuspage.Page) []maintenance {
	all := format.Occurrences(p, format.NotOver)
	out := []maintenance{}
	for _, occ := range all[:min(len(all), maxListed)] {
		m := occ.Maintenance
		out = append(out, maintenance{m.ID, m.Title, string(occ.Phase), occ.Start, occ.End, texts(m.Components), cut(m.Text)})
	}
	return out
}
