// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"html/template"
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

// A tab leads to a section.
type tab struct {
	Path, Label string
	Here        bool
}

// Tab returns the tab of a section.
func (f *frame) Tab(section, path, label string) tab { return tab{path, label, f.Section == section} }

// An incidentRow is a line of a list of incidents.
type incidentRow struct {
	Link, Title, Components   string
	When                      template.HTML
	Draft                     bool
	Impact, ImpactWord, Phase string
}

// Rows returns the lines of incidents.
func (f *frame) Rows(all []statuspage.Incident) (rows []incidentRow) {
	for _, i := range all {
		row := incidentRow{
			Link: "/admin/incidents/" + i.ID, Title: i.Title, Components: f.Labels(i.Components), Draft: i.Draft,
			Impact: string(i.Impact), ImpactWord: f.Impact(i.Impact), Phase: f.Phase(i.Phase()),
		}
		switch {
		case i.Draft:
			row.Link += "/edit"
			row.When = "began " + f.Ago(i.Started)
		case i.Open():
			row.When = "open for " + timeElement(i.Started, f.Lasted(i.Started, time.Time{}))
		default:
			row.When = f.Time(i.Started) + template.HTML(", lasted "+template.HTMLEscapeString(f.Lasted(i.Started, i.Resolved))) //nolint:gosec // escaped
		}
		rows = append(rows, row)
	}
	return rows
}

// An updateRow is an entry of a timeline.
type updateRow struct {
	Phase, PhaseWord string
	Text             string // Markdown
	When, EditedWhen template.HTML
	Moment           string
	Link             string // to edit it; "" if it can't be
}

// Updates returns the entries of a timeline; base is where they are edited, if they
// can be.
func (f *frame) Updates(all []statuspage.Update, base string) (rows []updateRow) {
	for _, u := range all {
		row := updateRow{Phase: string(u.Phase), PhaseWord: f.Phase(u.Phase), Text: u.Text, When: f.Time(u.Time), Moment: f.admin.Words.Time(u.Time)}
		if !u.Edited.IsZero() {
			row.EditedWhen = f.Ago(u.Edited)
		}
		if base != "" {
			row.Link = base + u.ID
		}
		rows = append(rows, row)
	}
	return rows
}
