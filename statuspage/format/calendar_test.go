// SPDX-License-Identifier: Apache-2.0

package format_test

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/format"
)

// checkCalendar holds a calendar to what RFC 5545 says of lines, and to the properties
// that there may be.
func checkCalendar(t testing.TB, got []byte) {
	t.Helper()
	require.True(t, utf8.Valid(got))
	require.True(t, bytes.HasSuffix(got, []byte("END:VCALENDAR\r\n")))
	for l := range strings.SplitSeq(strings.TrimSuffix(string(got), "\r\n"), "\r\n") {
		require.LessOrEqual(t, len(l), 75, l)
		require.NotContains(t, l, "\n")
		require.NotContains(t, l, "\r")
	}
	cal, err := ics.ParseCalendar(bytes.NewReader(got))
	require.NoError(t, err)
	for _, e := range cal.Events() {
		for _, p := range e.Properties {
			require.Contains(t, []string{
				"UID", "DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE", "SUMMARY", "DESCRIPTION", "URL", "CLASS", "TRANSP", "STATUS",
				"DTSTART", "DTEND", "RRULE", "EXDATE", "RECURRENCE-ID",
			}, p.IANAToken)
		}
		require.NotEmpty(t, e.Id())
		require.NotNil(t, e.GetProperty(ics.ComponentPropertyDtStart))
		require.NotNil(t, e.GetProperty(ics.ComponentPropertyDtEnd))
	}
}

func calendar(t *testing.T, m ...statuspage.Maintenance) *ics.Calendar {
	t.Helper()
	got := render(t, format.Calendar, statuspage.Page{Built: now(), Maintenances: m}, options())
	checkCalendar(t, got)
	cal, err := ics.ParseCalendar(bytes.NewReader(got))
	require.NoError(t, err)
	return cal
}

func value(e *ics.VEvent, p ics.ComponentProperty) string {
	if e.GetProperty(p) == nil {
		return ""
	}
	return e.GetProperty(p).Value
}

// An end of a rule that people give in their zone is told in UTC.
func TestRules(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, time.June, 1, 20, 0, 0, 0, time.UTC)
	for _, c := range []struct{ rule, zone, want string }{
		{"FREQ=DAILY;UNTIL=20260701", "Europe/Berlin", "FREQ=DAILY;UNTIL=20260630T220000Z"},
		{"FREQ=DAILY;UNTIL=20260701T120000", "America/New_York", "FREQ=DAILY;UNTIL=20260701T160000Z"},
		{"FREQ=DAILY;UNTIL=20260701T120000Z", "Europe/Berlin", "FREQ=DAILY;UNTIL=20260701T120000Z"},
		{"freq=monthly;byday=-1su", "", "FREQ=MONTHLY;BYDAY=-1SU"},
		{"FREQ=DAILY\r\nATTACH:https://evil.example/", "", ""},
		{"FREQ=DAILY;X=\\n", "", ""},
	} {
		cal := calendar(t, statuspage.Maintenance{ID: "m", Start: start, End: start.Add(time.Hour), RRule: c.rule, TimeZone: c.zone})
		require.Len(t, cal.Events(), 1)
		require.Equal(t, c.want, value(cal.Events()[0], ics.ComponentPropertyRrule), c.rule)
	}
}

// An event at 22:00 in Berlin stays there when summer time ends: its zone says so.
func TestZonesFollowTheClock(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, time.June, 1, 20, 0, 0, 0, time.UTC)
	m := statuspage.Maintenance{ID: "m", Start: start, End: start.Add(time.Hour), RRule: "FREQ=WEEKLY", TimeZone: "Europe/Berlin"}
	got := string(render(t, format.Calendar, statuspage.Page{Built: now(), Maintenances: []statuspage.Maintenance{m, m}}, options()))
	require.Contains(t, got, "DTSTART;TZID=Europe/Berlin:20260601T220000\r\n")
	require.Equal(t, 1, strings.Count(got, "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n"))
	require.Contains(t, got, "BEGIN:DAYLIGHT\r\nDTSTART:20260329T020000\r\n")
	require.Contains(t, got, "BEGIN:STANDARD\r\nDTSTART:20261025T030000\r\n")
	require.Contains(t, got, "TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nTZNAME:CET\r\n")
	require.Contains(t, got, "RDATE:20350325T020000\r\n")
}

func TestZones(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, time.June, 1, 20, 0, 0, 0, time.UTC)
	for zone, want := range map[string]string{
		"": "DTSTART:20260601T200000Z", "UTC": "DTSTART:20260601T200000Z", "Local": "DTSTART:20260601T200000Z", "../../etc/passwd": "DTSTART:20260601T200000Z",
		"Asia/Kolkata": "TZOFFSETTO:+0530\r\nTZNAME:IST", "America/St_Johns": "TZOFFSETTO:-0230\r\nTZNAME:NDT",
	} {
		got := render(t, format.Calendar, statuspage.Page{Built: now(), Maintenances: []statuspage.Maintenance{
			{ID: "m", Start: start, End: start.Add(time.Hour), RRule: "FREQ=WEEKLY", TimeZone: zone},
		}}, options())
		checkCalendar(t, got)
		require.Contains(t, string(got), want, zone)
	}
}

func TestCuts(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, time.June, 1, 20, 0, 0, 0, time.UTC)
	m := statuspage.Maintenance{ID: "m", Start: start, End: start.Add(2 * time.Hour), Sequence: 4, Cuts: []statuspage.Cut{{Start: start, End: start.Add(time.Hour)}}}
	once := calendar(t, m).Events()
	require.Len(t, once, 1)
	require.Equal(t, "20260601T210000Z", value(once[0], ics.ComponentPropertyDtEnd), "it ended early")
	require.Equal(t, "CONFIRMED", value(once[0], ics.ComponentPropertyStatus))

	m.Cuts[0].End = start
	require.Equal(t, "CANCELLED", value(calendar(t, m).Events()[0], ics.ComponentPropertyStatus), "it was called off")

	m.RRule = "FREQ=DAILY"
	m.Cuts = append(m.Cuts, statuspage.Cut{Start: start.AddDate(0, 0, 1), End: start.AddDate(0, 0, 1).Add(time.Hour)})
	events := calendar(t, m).Events()
	require.Len(t, events, 2)
	require.Equal(t, "20260601T200000Z", value(events[0], ics.ComponentPropertyExdate))
	require.Equal(t, "20260602T200000Z", value(events[1], ics.ComponentPropertyRecurrenceId))
	require.Equal(t, "20260602T210000Z", value(events[1], ics.ComponentPropertyDtEnd))
	require.Empty(t, value(events[1], ics.ComponentPropertyRrule))
	require.Equal(t, events[0].Id(), events[1].Id())
	require.Equal(t, "4", value(events[1], ics.ComponentPropertySequence))
}

func TestCalendarOfAService(t *testing.T) {
	t.Parallel()
	o := options()
	o.Service = "web"
	got := string(render(t, format.Calendar, mixed(), o))
	require.Contains(t, got, "Weekly patches")
	require.Contains(t, got, "Called off", "it is about the whole")
	require.NotContains(t, got, "Move to the new data center")
}
