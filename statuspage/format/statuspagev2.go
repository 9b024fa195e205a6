// SPDX-License-Identifier: Apache-2.0

package format

import (
	"io"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// The format that Atlassian Statuspage made common, version 2. A service is a
// group of components, a node a component. pharos_status is ours: the format has
// no word for unknown.
type (
	v2Status struct {
		Page   v2Page      `json:"page"`
		Status v2Indicator `json:"status"`
	}
	v2Summary struct {
		Page         v2Page        `json:"page"`
		Status       v2Indicator   `json:"status"`
		Components   []v2Component `json:"components"`
		Incidents    []struct{}    `json:"incidents"`
		Maintenances []struct{}    `json:"scheduled_maintenances"`
	}
	v2Page struct {
		ID        string `json:"id"`
		Name      string `json:"name"`
		URL       string `json:"url"`
		TimeZone  string `json:"time_zone"`
		UpdatedAt string `json:"updated_at"`
	}
	v2Indicator struct {
		Indicator    string        `json:"indicator"`
		Description  string        `json:"description"`
		PharosStatus status.Status `json:"pharos_status"`
	}
	v2Component struct {
		ID                 string        `json:"id"`
		Name               string        `json:"name"`
		Status             string        `json:"status"`
		CreatedAt          string        `json:"created_at"`
		UpdatedAt          string        `json:"updated_at"`
		Position           int           `json:"position"`
		Description        *string       `json:"description"`
		Showcase           bool          `json:"showcase"`
		StartDate          *string       `json:"start_date"`
		GroupID            *string       `json:"group_id"`
		PageID             string        `json:"page_id"`
		Group              bool          `json:"group"`
		OnlyShowIfDegraded bool          `json:"only_show_if_degraded"`
		Components         []string      `json:"components,omitempty"`
		PharosStatus       status.Status `json:"pharos_status"`
	}
)

// v2PageID is the id of the page: there is one.
const v2PageID = "pharos"

// StatusJSON writes /api/v2/status.json.
func StatusJSON(w io.Writer, p statuspage.Page) error {
	return writeJSON(w, v2Status{pageV2(p), indicatorV2(p)})
}

// SummaryJSON writes /api/v2/summary.json: each service as a group of components,
// followed by its nodes as components.
func SummaryJSON(w io.Writer, p statuspage.Page) error {
	at := timeV2(p)
	all := []v2Component{}
	for i, s := range p.Services {
		group := componentV2(s.ID, s.Label, at, i+1)
		group.Group = true
		group.setStatus(s.Status, count(s.Nodes, statusOfNode))
		at := len(all)
		all = append(all, group)
		for j, n := range s.Nodes {
			c := componentV2(status.NodeID{Service: s.ID, Node: n.ID}.String(), n.Label, group.UpdatedAt, j+1)
			c.GroupID = &s.ID
			c.setStatus(n.Status, count(n.Replicas, statusOfReplica))
			all = append(all, c)
			all[at].Components = append(all[at].Components, c.ID)
		}
	}
	return writeJSON(w, v2Summary{pageV2(p), indicatorV2(p), all, []struct{}{}, []struct{}{}})
}

func pageV2(p statuspage.Page) v2Page {
	return v2Page{ID: v2PageID, Name: title(p), URL: p.Brand.URL, TimeZone: "Etc/UTC", UpdatedAt: timeV2(p)}
}

// timeV2 returns the age of the data, or of the page if there never was any.
func timeV2(p statuspage.Page) string {
	at := p.AsOf
	if at.IsZero() {
		at = p.Built
	}
	return at.UTC().Format("2006-01-02T15:04:05.000Z07:00")
}

// componentV2 fills in what every component has. The page does not know since
// when a component exists; clients expect a time, so they get that of the data.
func componentV2(id, name, at string, position int) v2Component {
	return v2Component{ID: id, Name: name, CreatedAt: at, UpdatedAt: at, Position: position, PageID: v2PageID}
}

// setStatus translates the status of a component, given how many of its parts are
// of each.
func (c *v2Component) setStatus(s status.Status, parts [status.Dead + 1]int) {
	c.PharosStatus = s
	switch s {
	case status.Healthy:
		c.Status = "operational"
	case status.Dead:
		c.Status = "major_outage"
		if someAlive(parts) {
			c.Status = "partial_outage"
		}
	case status.Sick, status.Unknown:
		c.Status = "degraded_performance"
	}
}

func indicatorV2(p statuspage.Page) v2Indicator {
	switch p.Status {
	case status.Healthy:
		return v2Indicator{"none", "All Systems Operational", p.Status}
	case status.Sick:
		return v2Indicator{"minor", "Degraded Performance", p.Status}
	case status.Dead:
		if someAlive(countNodes(p)) {
			return v2Indicator{"major", "Partial System Outage", p.Status}
		}
		return v2Indicator{"critical", "Major System Outage", p.Status}
	default:
		return v2Indicator{"minor", "Status unknown", p.Status}
	}
}

// someAlive tells whether some, but not all, of the parts are dead.
func someAlive(parts [status.Dead + 1]int) bool {
	return parts[status.Healthy]+parts[status.Sick]+parts[status.Unknown] > 0 && parts[status.Dead] > 0
}

func countNodes(p statuspage.Page) (n [status.Dead + 1]int) {
	for _, s := range p.Services {
		for i, c := range count(s.Nodes, statusOfNode) {
			n[i] += c
		}
	}
	return n
}
