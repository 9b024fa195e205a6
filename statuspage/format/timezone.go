// SPDX-License-Identifier: Apache-2.0

package format

import (
	"fmt"
	"maps"
	"slices"
	"time"

	ics "github.com/arran4/golang-ical"
)

// zoneYears is how far ahead a calendar describes its time zones.
const zoneYears = 10

// An observance is a rule of a time zone, such as its summer time, and when it set in.
type observance struct {
	daylight bool
	name     string
	from, to int // offsets from UTC in seconds, before and since
}

// addZones describes the time zones that the events refer to, as RFC 5545 wants it:
// by the changes of the clock from the first event to years ahead.
func addZones(cal *ics.Calendar, zones map[string]zone, now time.Time) {
	for _, name := range slices.Sorted(maps.Keys(zones)) {
		z := zones[name]
		timezone := ics.NewTimezone(name)
		last := time.Date(now.Year()+zoneYears, time.January, 1, 0, 0, 0, 0, time.UTC)
		order, onsets := observances(z, last)
		for _, o := range order {
			timezone.Components = append(timezone.Components, o.component(onsets[o]))
		}
		cal.Components = slices.Insert(cal.Components, 0, ics.Component(timezone))
	}
}

// observances returns the observances of the zone in the order in which they first
// set in, and the local times at which they did.
func observances(z zone, last time.Time) ([]observance, map[observance][]string) {
	var order []observance
	onsets := map[observance][]string{}
	for at := z.first.In(z.location); ; {
		start, end := at.ZoneBounds()
		name, to := at.Zone()
		o := observance{at.IsDST(), name, to, to}
		onset := "19700101T000000"
		if !start.IsZero() {
			_, o.from = start.Add(-time.Second).Zone()
			onset = start.In(time.FixedZone("", o.from)).Format(icsLocal)
		}
		if onsets[o] == nil {
			order = append(order, o)
		}
		onsets[o] = append(onsets[o], onset)
		if end.IsZero() || end.After(last) {
			return order, onsets
		}
		at = end
	}
}

// component returns the observance as a part of a calendar's time zone.
func (o observance) component(onsets []string) ics.Component {
	var base ics.ComponentBase
	base.AddProperty(ics.ComponentPropertyDtStart, onsets[0])
	for _, onset := range onsets[1:] {
		base.AddRdate(onset)
	}
	base.AddProperty(ics.ComponentProperty(ics.PropertyTzoffsetfrom), offset(o.from))
	base.AddProperty(ics.ComponentProperty(ics.PropertyTzoffsetto), offset(o.to))
	base.AddProperty(ics.ComponentProperty(ics.PropertyTzname), o.name)
	if o.daylight {
		return &ics.Daylight{ComponentBase: base}
	}
	return &ics.Standard{ComponentBase: base}
}

// offset writes an offset from UTC: +0530.
func offset(seconds int) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	if s := seconds % 60; s != 0 {
		return fmt.Sprintf("%c%02d%02d%02d", sign, seconds/3600, seconds/60%60, s)
	}
	return fmt.Sprintf("%c%02d%02d", sign, seconds/3600, seconds/60%60)
}
