// SPDX-License-Identifier: Apache-2.0

package format

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/markdown"
)

// Calendar writes /maintenance.ics: every maintenance as an event, the recurring ones
// in the zone in which they recur, so that a calendar follows its daylight saving.
func Calendar(w io.Writer, p statuspage.Page, o Options) error {
	cal := ics.NewCalendar()
	cal.SetProductId("-//Pharos//Status page//EN")
	cal.SetMethod(ics.MethodPublish)
	cal.SetName(line(title(p)))
	cal.SetXWRCalName(line(title(p)))
	cal.SetRefreshInterval("PT15M")
	cal.SetXPublishedTTL("PT15M")
	zones := map[string]zone{}
	for i := range p.Maintenances {
		m := &p.Maintenances[i]
		if !o.touches(m.Components) {
			continue
		}
		z := zoneOf(m)
		if !z.utc() && (zones[z.name].first.IsZero() || m.Start.Before(zones[z.name].first)) {
			z.first = m.Start
			zones[z.name] = z
		}
		addEvents(cal, p, o, m, z)
	}
	addZones(cal, zones, p.Built)
	if err := cal.SerializeTo(w, ics.WithNewLineWindows); err != nil {
		return fmt.Errorf("write the calendar: %w", err)
	}
	return nil
}

// addEvents adds the event of a maintenance, and one for each occurrence that ended at
// another time than planned.
func addEvents(cal *ics.Calendar, p statuspage.Page, o Options, m *statuspage.Maintenance, z zone) {
	e := newEvent(cal, p, o, m)
	end := m.End
	cuts := slices.SortedFunc(slices.Values(m.Cuts), func(a, b statuspage.Cut) int { return a.Start.Compare(b.Start) })
	rule := ruleOf(m, z)
	for _, cut := range cuts {
		called := !cut.End.After(cut.Start)
		switch {
		case rule == "" && called:
			e.SetStatus(ics.ObjectStatusCancelled)
		case rule == "":
			end = cut.End
		case called:
			z.add(e, ics.ComponentPropertyExdate, cut.Start)
		default:
			one := newEvent(cal, p, o, m)
			z.add(one, ics.ComponentPropertyRecurrenceId, cut.Start)
			z.add(one, ics.ComponentPropertyDtStart, cut.Start)
			z.add(one, ics.ComponentPropertyDtEnd, cut.End)
		}
	}
	z.add(e, ics.ComponentPropertyDtStart, m.Start)
	z.add(e, ics.ComponentPropertyDtEnd, end)
	if rule != "" {
		e.AddRrule(rule)
	}
}

// newEvent adds an event that lacks only its times.
func newEvent(cal *ics.Calendar, p statuspage.Page, o Options, m *statuspage.Maintenance) *ics.VEvent {
	e := cal.AddEvent("maintenance-" + line(m.ID) + "@pharos")
	e.SetDtStampTime(m.Updated)
	e.SetCreatedTime(m.Created)
	e.SetModifiedAt(m.Updated)
	e.SetSequence(m.Sequence)
	e.SetSummary(line(m.Title))
	if text := description(p, o, m); text != "" {
		e.SetDescription(text)
	}
	if o.BaseURL != "" {
		e.SetURL(o.maintenance(m.ID))
	}
	e.SetClass(ics.ClassificationPublic)
	e.SetTimeTransparency(ics.TransparencyTransparent)
	e.SetStatus(ics.ObjectStatusConfirmed)
	if m.Cancelled {
		e.SetStatus(ics.ObjectStatusCancelled)
	}
	return e
}

// description is the text of an event: what was said last, what is done, and what it
// hits.
func description(p statuspage.Page, o Options, m *statuspage.Maintenance) string {
	var parts []string
	for _, u := range slices.Backward(m.Updates) {
		parts = append(parts, o.words().Phase(u.Phase)+", "+o.words().Time(u.Time)+"\n"+markdown.Plain(u.Text))
	}
	if m.Text != "" {
		parts = append(parts, markdown.Plain(m.Text))
	}
	if all := labels(p, m.Components); len(all) > 0 {
		parts = append(parts, o.words().Text("format.affected", strings.Join(all, ", ")))
	}
	return lines(strings.Join(parts, "\n\n"))
}

// ruleOf returns the recurrence rule of a maintenance as a calendar may hold it: its
// end, which people may give in the zone, is in UTC, as RFC 5545 wants it.
func ruleOf(m *statuspage.Maintenance, z zone) string {
	var parts []string
	for part := range strings.SplitSeq(strings.ToUpper(m.RRule), ";") {
		key, value, found := strings.Cut(part, "=")
		if !found || strings.Trim(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || strings.Trim(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789,+-") != "" {
			return ""
		}
		if key == "UNTIL" {
			value = z.until(value)
		}
		parts = append(parts, key+"="+value)
	}
	return strings.Join(parts, ";")
}

// lines returns the text without anything hostile but its line breaks.
func lines(text string) string {
	var all []string
	for l := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		all = append(all, line(l))
	}
	return strings.TrimSpace(strings.Join(all, "\n"))
}

const (
	icsUTC   = "20060102T150405Z"
	icsLocal = "20060102T150405"
)

// A zone is a time zone of a calendar.
type zone struct {
	name     string
	location *time.Location
	first    time.Time // the earliest time that is given in it
}

// zoneOf returns the zone in which a maintenance recurs. One that does not recur is
// given in UTC.
func zoneOf(m *statuspage.Maintenance) zone {
	if m.RRule == "" || m.TimeZone == "" || m.TimeZone == "Local" {
		return zone{location: time.UTC}
	}
	location, err := time.LoadLocation(m.TimeZone)
	if err != nil || location == time.UTC {
		return zone{location: time.UTC}
	}
	return zone{name: m.TimeZone, location: location}
}

func (z zone) utc() bool { return z.name == "" }

// add adds a property that is a time.
func (z zone) add(e *ics.VEvent, property ics.ComponentProperty, t time.Time) {
	if z.utc() {
		e.AddProperty(property, t.UTC().Format(icsUTC))
		return
	}
	e.AddProperty(property, t.In(z.location).Format(icsLocal), ics.WithTZID(z.name))
}

// until returns the end of a rule in UTC.
func (z zone) until(value string) string {
	for _, layout := range []string{icsLocal, "20060102"} {
		if t, err := time.ParseInLocation(layout, value, z.location); err == nil {
			return t.UTC().Format(icsUTC)
		}
	}
	return value
}
