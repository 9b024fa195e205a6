// SPDX-License-Identifier: Apache-2.0

package format

import (
	"io"
	"slices"
	"strings"
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

// Incidents and maintenance in the Statuspage format. An occurrence of a maintenance
// is an incident with two more fields.
type (
	v2Incident struct {
		ID             string        `json:"id"`
		Name           string        `json:"name"`
		Status         string        `json:"status"`
		CreatedAt      string        `json:"created_at"`
		UpdatedAt      string        `json:"updated_at"`
		MonitoringAt   *string       `json:"monitoring_at"`
		ResolvedAt     *string       `json:"resolved_at"`
		Impact         string        `json:"impact"`
		Shortlink      string        `json:"shortlink"`
		StartedAt      string        `json:"started_at"`
		PageID         string        `json:"page_id"`
		Updates        []v2Update    `json:"incident_updates"` // newest first
		Components     []v2Component `json:"components"`
		ScheduledFor   *string       `json:"scheduled_for,omitempty"`
		ScheduledUntil *string       `json:"scheduled_until,omitempty"`
	}
	v2Update struct {
		ID                   string       `json:"id"`
		Status               string       `json:"status"`
		Body                 string       `json:"body"`
		IncidentID           string       `json:"incident_id"`
		CreatedAt            string       `json:"created_at"`
		UpdatedAt            string       `json:"updated_at"`
		DisplayAt            string       `json:"display_at"`
		AffectedComponents   []v2Affected `json:"affected_components"` // null where none changed
		DeliverNotifications bool         `json:"deliver_notifications"`
		CustomTweet          *string      `json:"custom_tweet"`
		TweetID              *string      `json:"tweet_id"`
	}
	v2Affected struct {
		Code      string `json:"code"`
		Name      string `json:"name"`
		OldStatus string `json:"old_status"`
		NewStatus string `json:"new_status"`
	}
)

const (
	maxListed    = 50 // incidents and maintenance in a list, as Statuspage has
	maxExpanded  = 50 // nodes of a service that are listed one by one as the components of an incident
	v2ImpactMain = "maintenance"
)

// A Which is a choice of maintenance.
type Which int

// The choices of maintenance. Of one that recurs, only the next is upcoming.
const (
	All      Which = iota // newest first, at most 50
	Upcoming              // soonest first
	Active                // under way, oldest first
	NotOver               // active and upcoming ones
)

// IncidentsJSON writes /api/v2/incidents.json: the 50 newest incidents.
func IncidentsJSON(w io.Writer, p statuspage.Page, o Options) error {
	return writeIncidents(w, p, o, newEvents(p, o).incidents())
}

// UnresolvedJSON writes /api/v2/incidents/unresolved.json: the incidents that are
// open.
func UnresolvedJSON(w io.Writer, p statuspage.Page, o Options) error {
	return writeIncidents(w, p, o, newEvents(p, o).unresolved())
}

func writeIncidents(w io.Writer, p statuspage.Page, o Options, all []v2Incident) error {
	return writeJSON(w, struct {
		Page      v2Page       `json:"page"`
		Incidents []v2Incident `json:"incidents"`
	}{pageV2(p, o), all})
}

// MaintenancesJSON returns the format of /api/v2/scheduled-maintenances.json and of
// the paths below it.
func MaintenancesJSON(which Which) Func {
	return func(w io.Writer, p statuspage.Page, o Options) error {
		return writeJSON(w, struct {
			Page         v2Page       `json:"page"`
			Maintenances []v2Incident `json:"scheduled_maintenances"`
		}{pageV2(p, o), newEvents(p, o).maintenances(which)})
	}
}

// events translates incidents and maintenance of one page.
type events struct {
	p          statuspage.Page
	o          Options
	components map[string]v2Component
}

func newEvents(p statuspage.Page, o Options) events {
	e := events{p, o, map[string]v2Component{}}
	for _, c := range componentsV2(p) {
		e.components[c.ID] = c
	}
	return e
}

func (e events) incidents() []v2Incident {
	all := []v2Incident{}
	for i := range e.p.Incidents[:min(len(e.p.Incidents), maxListed)] {
		all = append(all, e.incident(&e.p.Incidents[i]))
	}
	return all
}

func (e events) unresolved() []v2Incident {
	all := []v2Incident{}
	for i := range e.p.Incidents {
		if in := &e.p.Incidents[i]; in.Open() {
			all = append(all, e.incident(in))
		}
	}
	return all
}

func (e events) incident(in *statuspage.Incident) v2Incident {
	affected := e.affected(in.Components)
	out := v2Incident{
		ID: in.ID, Name: in.Title, Status: string(in.Phase()), Impact: string(in.Impact),
		CreatedAt: timeV2(in.Created), UpdatedAt: timeV2(in.Updated), StartedAt: timeV2(in.Started), ResolvedAt: timeOrNull(in.Resolved),
		Shortlink: e.o.incident(in.ID), PageID: pageID(e.p), Components: affected, Updates: []v2Update{},
	}
	resolved := false
	for i, u := range in.Updates {
		update := updateV2(in.ID, u)
		if out.MonitoringAt == nil && u.Phase == statuspage.Monitoring {
			out.MonitoringAt = new(timeV2(u.Time))
		}
		over := u.Phase == statuspage.Resolved || u.Phase == statuspage.Postmortem
		switch hit := statusOfImpact(in.Impact); {
		case over && !resolved:
			update.AffectedComponents = e.changed(affected, hit, v2Operational)
			resolved = true
		case i == 0:
			update.AffectedComponents = e.changed(affected, v2Operational, hit)
		}
		out.Updates = append(out.Updates, update)
	}
	slices.Reverse(out.Updates)
	return out
}

func updateV2(incident string, u statuspage.Update) v2Update {
	edited := u.Edited
	if edited.IsZero() {
		edited = u.Created
	}
	return v2Update{
		ID: u.ID, Status: string(u.Phase), Body: u.Text, IncidentID: incident,
		CreatedAt: timeV2(u.Created), UpdatedAt: timeV2(edited), DisplayAt: timeV2(u.Time), DeliverNotifications: true,
	}
}

// affected returns the components that the Refs name. The format knows of no groups
// here, so a service is its nodes, unless it has very many.
func (e events) affected(refs []statuspage.Ref) []v2Component {
	all := []v2Component{}
	for _, r := range refs {
		c, found := e.components[r.String()]
		switch {
		case !found:
		case c.Group && len(c.Components) <= maxExpanded:
			for _, id := range c.Components {
				all = append(all, e.components[id])
			}
		default:
			all = append(all, c)
		}
	}
	slices.SortStableFunc(all, func(a, b v2Component) int { return strings.Compare(a.ID, b.ID) })
	return slices.CompactFunc(all, func(a, b v2Component) bool { return a.ID == b.ID })
}

// changed says that an update changed the components from one state to another, as
// far as people said so: what was measured is in the components themselves.
func (e events) changed(components []v2Component, from, to string) []v2Affected {
	if from == to {
		return nil
	}
	var all []v2Affected
	for _, c := range components {
		name := c.Name
		if c.GroupID != nil {
			name = e.components[*c.GroupID].Name + " - " + name
		}
		all = append(all, v2Affected{Code: c.ID, Name: name, OldStatus: from, NewStatus: to})
	}
	return all
}

// statusOfImpact is the state of a component in which an incident of the impact leaves it.
func statusOfImpact(i statuspage.Impact) string {
	switch i {
	case statuspage.ImpactMinor:
		return v2Degraded
	case statuspage.ImpactMajor:
		return v2Partial
	case statuspage.ImpactCritical:
		return v2Major
	default:
		return v2Operational
	}
}

func (e events) maintenances(which Which) []v2Incident {
	all := []v2Incident{}
	for _, occ := range Occurrences(e.p, which) {
		all = append(all, e.occurrence(occ))
	}
	return all
}

func (e events) occurrence(occ statuspage.Occurrence) v2Incident {
	m := occ.Maintenance
	id := occurrenceID(occ)
	affected := e.affected(m.Components)
	out := v2Incident{
		ID: id, Name: m.Title, Status: string(occ.Phase), Impact: v2ImpactMain,
		CreatedAt: timeV2(m.Created), UpdatedAt: timeV2(m.Updated), StartedAt: timeV2(m.Created),
		Shortlink: e.o.maintenance(m.ID), PageID: pageID(e.p), Components: affected,
		ScheduledFor: new(timeV2(occ.Start)), ScheduledUntil: new(timeV2(occ.End)),
	}
	if occ.Phase == statuspage.Completed {
		out.ResolvedAt = new(timeV2(occ.End))
	}
	said := []statuspage.Update{{ID: id, Phase: statuspage.Scheduled, Text: m.Text, Time: m.Created, Created: m.Created}}
	for _, u := range m.Updates {
		if belongs(u.Time, occ) {
			said = append(said, u)
		}
	}
	state := v2Operational
	for _, u := range said {
		update := updateV2(id, u)
		next := statusOfPhase(u.Phase)
		update.AffectedComponents = e.changed(affected, state, next)
		state = next
		out.Updates = append(out.Updates, update)
	}
	slices.Reverse(out.Updates)
	return out
}

// statusOfPhase is the state of a component in which a phase of maintenance leaves it.
func statusOfPhase(p statuspage.Phase) string {
	if p == statuspage.InProgress || p == statuspage.Verifying {
		return v2Maintenance
	}
	return v2Operational
}

// belongs tells whether something that was said then is about the occurrence: of a
// maintenance that recurs, what was said in its course.
func belongs(t time.Time, occ statuspage.Occurrence) bool {
	return occ.Maintenance.RRule == "" || !t.Before(occ.Start) && !t.After(occ.End)
}
