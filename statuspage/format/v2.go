// SPDX-License-Identifier: Apache-2.0

package format

import (
	"io"
	"slices"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// The format that Atlassian Statuspage made common, version 2. A service is a group
// of components, a node a component, and the text of a [statuspage.Ref] its id. What
// begins with pharos_ is ours: the format has no word for unknown, and does not say
// since when something is down.
type (
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
	v2Outage struct {
		Name  string  `json:"name"`
		Since *string `json:"since"` // null: not known
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

// The states of a component in the format.
const (
	v2Operational = "operational"
	v2Maintenance = "under_maintenance"
	v2Degraded    = "degraded_performance"
	v2Partial     = "partial_outage"
	v2Major       = "major_outage"
)

// StatusJSON writes /api/v2/status.json.
func StatusJSON(w io.Writer, p statuspage.Page, o Options) error {
	return writeJSON(w, struct {
		Page    v2Page      `json:"page"`
		Status  v2Indicator `json:"status"`
		Outages []v2Outage  `json:"pharos_outages"`
	}{pageV2(p, o), indicatorV2(p), outages(p)})
}

// SummaryJSON writes /api/v2/summary.json: the components, and the incidents and
// maintenance that are not over.
func SummaryJSON(w io.Writer, p statuspage.Page, o Options) error {
	e := newEvents(p, o)
	return writeJSON(w, struct {
		Page         v2Page        `json:"page"`
		Components   []v2Component `json:"components"`
		Incidents    []v2Incident  `json:"incidents"`
		Maintenances []v2Incident  `json:"scheduled_maintenances"`
		Status       v2Indicator   `json:"status"`
	}{pageV2(p, o), componentsV2(p), e.unresolved(), e.maintenances(NotOver), indicatorV2(p)})
}

// ComponentsJSON writes /api/v2/components.json: each service as a group, followed
// by its nodes.
func ComponentsJSON(w io.Writer, p statuspage.Page, o Options) error {
	return writeJSON(w, struct {
		Page       v2Page        `json:"page"`
		Components []v2Component `json:"components"`
	}{pageV2(p, o), componentsV2(p)})
}

func pageV2(p statuspage.Page, o Options) v2Page {
	url := p.Brand.URL
	if url == "" {
		url = o.BaseURL
	}
	return v2Page{ID: pageID(p), Name: title(p), URL: strings.TrimRight(url, "/"), TimeZone: "Etc/UTC", UpdatedAt: timeV2(asOf(p))}
}

func pageID(p statuspage.Page) string {
	if p.ID == "" {
		return "main"
	}
	return p.ID
}

// asOf returns the age of the data, or of the page if there never was any.
func asOf(p statuspage.Page) time.Time {
	if p.AsOf.IsZero() {
		return p.Built
	}
	return p.AsOf
}

func timeV2(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// timeOrNull is for times that the format has null for.
func timeOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return new(timeV2(t))
}

func componentsV2(p statuspage.Page) []v2Component {
	all := []v2Component{}
	changed := changesOf(p)
	for i := range p.Services {
		s := &p.Services[i]
		group := groupV2(p, s, i+1, changed)
		at := len(all)
		all = append(all, group)
		for j := range s.Nodes {
			c := nodeV2(p, s, &s.Nodes[j], j+1, changed)
			all = append(all, c)
			all[at].UpdatedAt = max(all[at].UpdatedAt, c.UpdatedAt)
			all[at].Components = append(all[at].Components, c.ID)
		}
	}
	return all
}

func groupV2(p statuspage.Page, s *statuspage.Service, position int, changed changes) v2Component {
	ref := statuspage.Ref{Service: s.ID}
	c := componentV2(p, ref, s.Label, position, s.Past, changed.of(ref, s.Since, s.Days, p.Today))
	c.Group = true
	c.PharosStatus = s.Status
	c.Status = worseV2(serviceStatusV2(s), p.Declared(ref))
	return c
}

// serviceStatusV2 leaves out the nodes that people work on, unless the rules know
// that the service is worse than all of its nodes.
func serviceStatusV2(s *statuspage.Service) string {
	worst, rest := status.Healthy, status.Healthy // of all nodes, of those that nobody works on
	var others [status.Dead + 1]int
	maintenance := false
	for _, n := range s.Nodes {
		worst = worse(worst, n.Status)
		if n.InMaintenance {
			maintenance = true
			continue
		}
		rest = worse(rest, n.Status)
		others[n.Status]++
	}
	switch {
	case !maintenance, s.Status.Severity() > worst.Severity():
		return statusV2(s.Status, s.InMaintenance, count(s.Nodes, statusOfNode))
	case rest == status.Healthy:
		return v2Maintenance
	}
	return statusV2(rest, false, others)
}

func worse(a, b status.Status) status.Status {
	if b.Severity() > a.Severity() {
		return b
	}
	return a
}

func nodeV2(p statuspage.Page, s *statuspage.Service, n *statuspage.Node, position int, changed changes) v2Component {
	ref := statuspage.Ref{Service: s.ID, Node: n.ID}
	c := componentV2(p, ref, n.Label, position, n.Past, changed.of(ref, n.Since, n.Days, p.Today))
	c.GroupID = new(statuspage.Ref{Service: s.ID}.String())
	c.PharosStatus = n.Status
	c.Status = worseV2(statusV2(n.Status, n.InMaintenance, count(n.Replicas, statusOfReplica)), p.Declared(ref))
	return c
}

// componentV2 fills in what every component has. The page knows since which day a
// component has been watched, at best; clients expect a time.
func componentV2(p statuspage.Page, ref statuspage.Ref, name string, position int, past statuspage.Past, changed time.Time) v2Component {
	first := p.Today.UTC()
	c := v2Component{ID: ref.String(), Name: name, Position: position, PageID: pageID(p)}
	if n := len(past.Days); n > 0 {
		first = first.AddDate(0, 0, 1-n)
		c.StartDate = new(first.Format(time.DateOnly))
	}
	c.CreatedAt, c.UpdatedAt = timeV2(first), timeV2(later(first, changed))
	return c
}

// statusV2 translates a status, given how many parts are of each.
func statusV2(s status.Status, inMaintenance bool, parts [status.Dead + 1]int) string {
	switch {
	case inMaintenance:
		return v2Maintenance
	case s == status.Healthy:
		return v2Operational
	case s == status.Dead && someAlive(parts):
		return v2Partial
	case s == status.Dead:
		return v2Major
	}
	return v2Degraded
}

func indicatorV2(p statuspage.Page) v2Indicator {
	verdict := p.Verdict()
	if in := verdict.Incident; in != nil {
		return declaredV2(in.Impact, p.Status)
	}
	switch verdict.Status {
	case status.Healthy:
		if verdict.Maintenance {
			return v2Indicator{"maintenance", "Service Under Maintenance", p.Status}
		}
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

// declaredV2 is the indicator where an incident is worse than what is measured.
func declaredV2(i statuspage.Impact, measured status.Status) v2Indicator {
	switch i {
	case statuspage.ImpactCritical:
		return v2Indicator{"critical", "Major System Outage", measured}
	case statuspage.ImpactMajor:
		return v2Indicator{"major", "Partial System Outage", measured}
	case statuspage.ImpactMinor, statuspage.ImpactNone:
	}
	return v2Indicator{"minor", "Degraded Performance", measured}
}

// worseV2 returns the worse of a component's status and of what an open incident
// declares of it. Maintenance stays: it says why.
func worseV2(measured string, declared statuspage.Impact) string {
	order := []string{v2Operational, v2Degraded, v2Partial, v2Major}
	said := map[statuspage.Impact]string{statuspage.ImpactMinor: v2Degraded, statuspage.ImpactMajor: v2Partial, statuspage.ImpactCritical: v2Major}[declared]
	if measured != v2Maintenance && slices.Index(order, said) > slices.Index(order, measured) {
		return said
	}
	return measured
}

// maxOutages is how many outages status.json names: it is asked for by every visitor
// of every site that shows the banner.
const maxOutages = 5

// outages returns the nodes that are down and not in maintenance: longest first, those
// of which it is not known for how long last.
func outages(p statuspage.Page) []v2Outage {
	var down []statuspage.Node
	for _, s := range p.Services {
		for _, n := range s.Nodes {
			if n.Status == status.Dead && !n.InMaintenance && !p.Stale {
				down = append(down, n)
			}
		}
	}
	slices.SortStableFunc(down, func(a, b statuspage.Node) int {
		if a.Since.IsZero() || b.Since.IsZero() {
			return b.Since.Compare(a.Since)
		}
		return a.Since.Compare(b.Since)
	})
	all := []v2Outage{}
	for _, n := range down[:min(len(down), maxOutages)] {
		all = append(all, v2Outage{n.Label, timeOrNull(n.Since)})
	}
	return all
}
