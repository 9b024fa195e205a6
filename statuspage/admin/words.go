// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"cmp"
	"html/template"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// Phase names a phase.
func (f *frame) Phase(p statuspage.Phase) string { return f.admin.Words.Phase(p) }

// Impact names an impact.
func (f *frame) Impact(i statuspage.Impact) string { return f.admin.Words.Impact(i) }

// Status names a status.
func (f *frame) Status(s status.Status) string { return f.admin.Words.Status(s) }

// Lasted names the time from one moment to another, or to now.
func (f *frame) Lasted(from, to time.Time) string {
	if to.IsZero() {
		to = f.admin.Now()
	}
	if d := to.Sub(from); d >= time.Minute {
		return f.admin.Words.Duration(d)
	}
	return "less than a minute"
}

// Ago names how long ago something was, or the moment if that is long.
func (f *frame) Ago(t time.Time) template.HTML {
	const long = 7 * 24 * time.Hour
	d := f.admin.Now().Sub(t)
	if d.Abs() > long {
		return f.Time(t)
	}
	text := f.admin.Words.Duration(d) + " ago"
	switch {
	case d < time.Minute && d > -time.Second:
		text = "just now"
	case d < 0:
		text = "in " + f.admin.Words.Duration(-d)
	}
	return timeElement(t, text)
}

// Time writes a moment in UTC.
func (f *frame) Time(t time.Time) template.HTML { return timeElement(t, f.admin.Words.Time(t)) }

func timeElement(t time.Time, text string) template.HTML {
	if t.IsZero() {
		return ""
	}
	return template.HTML(`<time datetime="` + t.UTC().Format(time.RFC3339) + `">` + template.HTMLEscapeString(text) + `</time>`) //nolint:gosec // escaped
}

// Label names a component as the page does.
func (f *frame) Label(r statuspage.Ref) string {
	for _, s := range f.layout.Services {
		if s.ID != r.Service {
			continue
		}
		if r.Node == "" {
			return cmp.Or(s.Label, s.ID)
		}
		for _, n := range s.Nodes {
			if n.ID == r.Node {
				return cmp.Or(n.Label, n.ID)
			}
		}
	}
	return r.String()
}

// Labels names components, as many as fit in a line.
func (f *frame) Labels(refs []statuspage.Ref) string {
	const most = 4
	var names []string
	for _, r := range refs[:min(len(refs), most)] {
		names = append(names, f.Label(r))
	}
	if more := len(refs) - most; more > 0 {
		names = append(names, plural(more, "more", "more"))
	}
	return strings.Join(names, ", ")
}

// Impacts are those to choose from.
func (f *frame) Impacts() (all []option) {
	for _, i := range statuspage.Impacts() {
		all = append(all, option{Value: string(i), Label: f.Impact(i)})
	}
	return all
}

// Phases are those of an incident, to choose from.
func (f *frame) Phases() []option { return f.phases(statuspage.IncidentPhases()) }

// MaintenancePhases are those of a maintenance that people declare.
func (f *frame) MaintenancePhases() []option { return f.phases(statuspage.MaintenancePhases()) }

func (f *frame) phases(phases []statuspage.Phase) (all []option) {
	for _, p := range phases {
		all = append(all, option{Value: string(p), Label: f.Phase(p)})
	}
	return all
}
