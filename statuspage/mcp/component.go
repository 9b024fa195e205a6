// SPDX-License-Identifier: Apache-2.0

package mcp

import (
	"errors"
	"fmt"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/format"
)

var errUnknown = errors.New("the page has no such component; list_components lists them")

type (
	componentsOutput struct {
		Total      int         `json:"total" jsonschema:"how many there are, of which this is a part"`
		Components []component `json:"components"`
	}
	component struct {
		ID            string    `json:"id"`
		Label         string    `json:"label"`
		Service       string    `json:"service" jsonschema:"the label of its service"`
		Status        string    `json:"status" jsonschema:"healthy, sick, dead or unknown"`
		Since         time.Time `json:"since,omitzero" jsonschema:"since when it has been at least as bad, if that is known"`
		InMaintenance bool      `json:"in_maintenance"`
		Uptime        *float64  `json:"uptime_90d,omitempty" jsonschema:"from 0 to 1"`
		Value         *float64  `json:"value,omitempty"`
		Unit          string    `json:"unit,omitempty"`
		Link          string    `json:"link,omitempty"`
	}
)

func components(p statuspage.Page, in componentsInput) (componentsOutput, error) {
	var all []component
	known := in.Service == ""
	for _, s := range p.Services {
		if in.Service != "" && s.ID != in.Service {
			continue
		}
		known = true
		for _, n := range s.Nodes {
			if in.Status == "" || n.Status.String() == in.Status {
				all = append(all, componentOf(s, n))
			}
		}
	}
	if !known {
		return componentsOutput{}, fmt.Errorf("service %q: %w", in.Service, errUnknown)
	}
	return componentsOutput{len(all), append([]component{}, part(all, in.Offset, in.Limit, 50)...)}, nil
}

func componentOf(s statuspage.Service, n statuspage.Node) component {
	return component{
		ID: statuspage.Ref{Service: s.ID, Node: n.ID}.String(), Label: n.Label, Service: s.Label, Status: n.Status.String(), Since: n.Since,
		InMaintenance: n.InMaintenance, Uptime: n.Uptime, Value: n.Value, Unit: n.Unit, Link: n.LinkURL,
	}
}

type (
	historyOutput struct {
		Component string   `json:"component"`
		Label     string   `json:"label"`
		Uptime    *float64 `json:"uptime,omitempty" jsonschema:"over these days, from 0 to 1; missing if no time counts"`
		Days      []day    `json:"days" jsonschema:"oldest first, the last one is today; days of which nothing is known may be missing"`
	}
	day struct {
		Date        string `json:"date"`
		Healthy     int    `json:"healthy" jsonschema:"minutes"`
		Sick        int    `json:"sick" jsonschema:"minutes"`
		Dead        int    `json:"dead" jsonschema:"minutes"`
		Unknown     int    `json:"unknown" jsonschema:"minutes"`
		Maintenance int    `json:"maintenance" jsonschema:"minutes"`
		Corrected   bool   `json:"corrected" jsonschema:"not as it was measured: people corrected it"`
	}
)

func history(p statuspage.Page, in historyInput) (historyOutput, error) {
	ref, err := statuspage.ParseRef(in.Component)
	if err != nil {
		return historyOutput{}, err
	}
	service, node := p.Find(ref)
	if service == nil {
		return historyOutput{}, fmt.Errorf("component %q: %w", in.Component, errUnknown)
	}
	label, past := service.Label, service.Past
	if node != nil {
		label, past = node.Label, node.Past
	}
	days := in.Days
	if days == 0 {
		days = 30
	}
	out := historyOutput{Component: ref.String(), Label: label, Uptime: format.Uptime(p, past, days), Days: []day{}}
	first := max(0, len(past.Days)-days)
	for i, d := range past.Days[first:] {
		m := d.Minutes
		out.Days = append(out.Days, day{
			Date:    p.Today.AddDate(0, 0, first+i+1-len(past.Days)).Format(time.DateOnly),
			Healthy: int(m[status.Healthy]), Sick: int(m[status.Sick]), Dead: int(m[status.Dead]), Unknown: int(m[status.Unknown]),
			Maintenance: int(m[statuspage.InMaintenance]), Corrected: d.Corrected,
		})
	}
	return out, nil
}
