// SPDX-License-Identifier: Apache-2.0

package desk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/store"
)

// plan plans two hours of work that begin so long from now, by a rule if it is not empty.
func (e *env) plan(t *testing.T, in time.Duration, rule string) statuspage.Maintenance {
	t.Helper()
	m, err := e.PlanMaintenance(t.Context(), anna, e.planned(in, rule))
	require.NoError(t, err)
	return m
}

func (e *env) planned(in time.Duration, rule string) desk.MaintenanceInput {
	start := e.now.Add(in)
	return desk.MaintenanceInput{Title: new("New disks"), Start: &start, End: new(start.Add(2 * time.Hour)), RRule: &rule}
}

func TestPlanMaintenance(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	in := e.planned(time.Hour, "rrule:FREQ=weekly;BYDAY=SA")
	in.TimeZone, in.Components, in.Text = new("Europe/Paris"), new([]string{"db"}), new("Short breaks.")
	got, err := e.PlanMaintenance(t.Context(), anna, in)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(statuspage.Maintenance{
		ID: got.ID, Title: "New disks", Text: "Short breaks.", Components: []statuspage.Ref{{Service: "db"}}, Start: *in.Start, End: *in.End,
		RRule: "FREQ=WEEKLY;BYDAY=SA", TimeZone: "Europe/Paris", Created: e.now, Updated: e.now,
	}, got))
	kept, err := e.Maintenance(t.Context(), got.ID)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(got, kept))
	require.Len(t, e.Next(got, 5), 5)
	news := e.news(t)
	require.Equal(t, store.NewsMaintenance, news[0].Kind)
	require.Equal(t, got.Components, news[0].Components)
	require.Empty(t, news[0].Update)
}

func TestBadMaintenance(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	in := func(change func(*desk.MaintenanceInput)) desk.MaintenanceInput {
		in := e.planned(time.Hour, "")
		change(&in)
		return in
	}
	for name, c := range map[string]struct {
		in             desk.MaintenanceInput
		field, problem string
	}{
		"no title":   {in(func(m *desk.MaintenanceInput) { m.Title = nil }), "title", "is missing; say in a few words what is planned"},
		"no start":   {in(func(m *desk.MaintenanceInput) { m.Start = nil }), "start", "is missing; say when the work begins"},
		"no end":     {in(func(m *desk.MaintenanceInput) { m.End = nil }), "end", "is missing; say when the work ends"},
		"unknown":    {in(func(m *desk.MaintenanceInput) { m.Components = new([]string{"x"}) }), "components[0]", `is "x", which is unknown; there are the services web, db`},
		"backwards":  {in(func(m *desk.MaintenanceInput) { m.End = m.Start }), "end", "is 2026-11-21T13:00:00Z, not after start at 2026-11-21T13:00:00Z"},
		"long":       {in(func(m *desk.MaintenanceInput) { m.End = new(m.Start.AddDate(0, 0, 31)) }), "end", "is 2026-12-22T13:00:00Z, more than 30 days after start; plan several"},
		"past":       {e.planned(-3*time.Hour, ""), "end", "is 2026-11-21T11:00:00Z, and it is 2026-11-21T12:00:00Z now; what was measured in the past is set right by a correction"},
		"long ago":   {e.planned(-10_000*time.Hour, ""), "start", "is 2025-09-30T20:00:00Z, more than a year ago"},
		"far ahead":  {e.planned(20_000*time.Hour, ""), "start", "is 2029-03-03T20:00:00Z, more than 2 years ahead"},
		"zone":       {in(func(m *desk.MaintenanceInput) { m.TimeZone = new("../../etc/passwd") }), "time_zone", `is "../../etc/passwd"; give the name of a time zone such as Europe/Paris`},
		"local zone": {in(func(m *desk.MaintenanceInput) { m.TimeZone = new("Local") }), "time_zone", `is "Local"; give the name of a time zone such as Europe/Paris`},
		"over":       {e.planned(-30*24*time.Hour, "FREQ=DAILY;COUNT=3"), "rrule", `is "FREQ=DAILY;COUNT=3", by which it takes place never again`},
		"overlap":    {e.planned(time.Hour, "FREQ=HOURLY"), "end", "is later than the next occurrence begins, at 2026-11-21T14:00:00Z; shorten it"},
		"bell":       {e.planned(time.Hour, "FREQ=DAILY\x00"), "rrule", "holds the control character U+0000; leave it out"},
		"long rule":  {e.planned(time.Hour, strings.Repeat("X", 501)), "rrule", "is longer than 500 characters; it has 501"},
	} {
		t.Log(name)
		e.refused(t, c.field, c.problem, func() error {
			_, err := e.PlanMaintenance(t.Context(), anna, c.in)
			return err
		})
	}
	for _, rule := range []string{"nonsense", "FREQ=SECONDLY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;COUNT=-1"} {
		var invalid desk.Invalid
		err := e.untouched(t, func() error {
			_, err := e.PlanMaintenance(t.Context(), anna, e.planned(time.Hour, rule))
			return err
		})
		require.ErrorAs(t, err, &invalid)
		require.Len(t, invalid, 1)
		require.Equal(t, "rrule", invalid[0].Field)
		require.Contains(t, invalid[0].Problem, fmt.Sprintf("is %q, which can't be: ", strings.ToUpper(rule)))
		require.NotContains(t, invalid[0].Problem, "recurrence rule", "said once")
	}
}

func TestMaintenanceTakesItsCourse(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	m := e.plan(t, time.Hour, "")
	say := func(in desk.UpdateInput) error {
		in.Text = new("x")
		changed, err := e.UpdateMaintenance(t.Context(), anna, m.ID, in)
		if err == nil {
			m = changed
		}
		return err
	}
	last := func() statuspage.Phase { return m.Updates[len(m.Updates)-1].Phase }
	require.NoError(t, say(desk.UpdateInput{}))
	require.Equal(t, statuspage.Scheduled, last())
	e.refused(t, "phase", `is "in_progress", but the maintenance is not under way; the next occurrences begin at 2026-11-21T13:00:00Z`, func() error {
		return say(desk.UpdateInput{Phase: new(statuspage.InProgress)})
	})
	e.refused(t, "impact", "is of incidents alone; leave it out", func() error {
		return say(desk.UpdateInput{Impact: new(statuspage.ImpactMajor)})
	})
	e.impossible(t, "the maintenance is not under way; cancel it, or skip an occurrence", func() error {
		_, err := e.EndMaintenance(t.Context(), anna, m.ID)
		return err
	})

	e.now = e.now.Add(90 * time.Minute)
	require.NoError(t, say(desk.UpdateInput{}))
	require.Equal(t, statuspage.InProgress, last())
	require.NoError(t, say(desk.UpdateInput{Phase: new(statuspage.Verifying)}))
	require.NoError(t, say(desk.UpdateInput{}))
	require.Equal(t, statuspage.Verifying, last(), "as before")
	e.refused(t, "phase", "is scheduled, but the maintenance is under way; give in_progress, verifying or completed", func() error {
		return say(desk.UpdateInput{Phase: new(statuspage.Scheduled)})
	})
	e.refused(t, "time", "is 2026-11-21T12:30:00Z, before the maintenance began at 2026-11-21T13:00:00Z", func() error {
		return say(desk.UpdateInput{Time: new(e.now.Add(-time.Hour))})
	})
	e.impossible(t, "the maintenance is under way; end it first", func() error {
		_, err := e.CancelMaintenance(t.Context(), anna, m.ID)
		return err
	})
	require.NoError(t, say(desk.UpdateInput{Phase: new(statuspage.Completed)}))
	require.Equal(t, []statuspage.Cut{{Start: m.Start, End: e.now}}, m.Cuts, "it is over")
	require.Equal(t, 1, m.Sequence)
	require.Empty(t, e.Next(m, 1))
	require.NoError(t, say(desk.UpdateInput{}), "how it went may be said later")
	require.Equal(t, statuspage.Completed, last())
	e.impossible(t, "the maintenance is over", func() error {
		_, err := e.CancelMaintenance(t.Context(), anna, m.ID)
		return err
	})
	require.Len(t, e.news(t), 7)
}

func TestEndAndCancel(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	m := e.plan(t, -time.Minute, "")
	m, err := e.EndMaintenance(t.Context(), anna, m.ID)
	require.NoError(t, err)
	require.Equal(t, []statuspage.Cut{{Start: m.Start, End: e.now}}, m.Cuts)
	require.Equal(t, statuspage.Completed, m.Updates[0].Phase)
	require.Equal(t, m.Updates[0].ID, e.news(t)[1].Update)

	m = e.plan(t, time.Hour, "")
	m, err = e.CancelMaintenance(t.Context(), anna, m.ID)
	require.NoError(t, err)
	require.True(t, m.Cancelled)
	require.Empty(t, e.Next(m, 1))
	for why, act := range map[string]func() error{
		"the maintenance is cancelled already": func() error { _, err := e.CancelMaintenance(t.Context(), anna, m.ID); return err },
		"the maintenance is cancelled":         func() error { _, err := e.UpdateMaintenance(t.Context(), anna, m.ID, desk.UpdateInput{}); return err },
		"the maintenance is cancelled; plan another": func() error {
			_, err := e.ChangeMaintenance(t.Context(), anna, m.ID, desk.MaintenanceInput{End: new(m.End.Add(time.Hour))})
			return err
		},
	} {
		e.impossible(t, why, act)
	}
	require.NoError(t, e.DeleteMaintenance(t.Context(), anna, m.ID))
}

func TestSkipOccurrence(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	m := e.plan(t, time.Hour, "FREQ=DAILY")
	skip := func(start time.Time) error { _, err := e.SkipOccurrence(t.Context(), anna, m.ID, start); return err }
	require.NoError(t, skip(m.Start.AddDate(0, 0, 1)))
	m, err := e.Maintenance(t.Context(), m.ID)
	require.NoError(t, err)
	next := e.Next(m, 2)
	require.Equal(t, m.Start, next[0].Start)
	require.Equal(t, m.Start.AddDate(0, 0, 2), next[1].Start)
	require.Equal(t, 1, m.Sequence)
	const dates = "the next occurrences begin at 2026-11-21T13:00:00Z, 2026-11-23T13:00:00Z, 2026-11-24T13:00:00Z"
	e.refused(t, "start", "is 2026-11-22T13:00:00Z; "+dates, func() error { return skip(m.Start.AddDate(0, 0, 1)) })
	e.refused(t, "start", "is 2026-11-21T13:00:01Z; "+dates, func() error { return skip(m.Start.Add(time.Second)) })
	e.now = e.now.Add(2 * time.Hour)
	e.impossible(t, "the occurrence has begun; end it", func() error { return skip(m.Start) })
	m = e.plan(t, time.Hour, "")
	e.impossible(t, "the maintenance takes place once; cancel it", func() error { return skip(m.Start) })
}

func TestChangeMaintenance(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	m := e.plan(t, time.Hour, "FREQ=DAILY")
	e.news(t)
	change := func(in desk.MaintenanceInput) error {
		changed, err := e.ChangeMaintenance(t.Context(), anna, m.ID, in)
		if err == nil {
			m = changed
		}
		return err
	}
	require.NoError(t, change(desk.MaintenanceInput{Title: new("Disks"), Text: new("x"), Components: new([]string{"web"})}))
	require.Zero(t, m.Sequence, "the times are as they were")
	require.Empty(t, e.news(t))
	_, err := e.SkipOccurrence(t.Context(), anna, m.ID, m.Start.AddDate(0, 0, 2))
	require.NoError(t, err)
	_, err = e.SkipOccurrence(t.Context(), anna, m.ID, m.Start.AddDate(0, 0, 1))
	require.NoError(t, err)
	e.news(t)
	require.NoError(t, change(desk.MaintenanceInput{RRule: new("FREQ=DAILY;INTERVAL=2")}))
	require.Equal(t, 3, m.Sequence)
	require.Equal(t, []statuspage.Cut{{Start: m.Start.AddDate(0, 0, 2), End: m.Start.AddDate(0, 0, 2)}}, m.Cuts, "the other one is no occurrence any more")
	require.Len(t, e.news(t), 1)
	e.refused(t, "end", "is 2026-11-21T12:00:00Z, not after start at 2026-11-21T13:00:00Z", func() error {
		return change(desk.MaintenanceInput{End: &e.now})
	})

	e.now = m.Start
	const past = "the maintenance has taken place already, and what has been does not change; cancel it, and plan another"
	e.impossible(t, past, func() error { return change(desk.MaintenanceInput{End: new(m.End.Add(time.Hour))}) })
	m = e.plan(t, -time.Hour, "")
	e.impossible(t, past, func() error { return change(desk.MaintenanceInput{Start: new(m.Start.Add(time.Minute))}) })
	require.NoError(t, change(desk.MaintenanceInput{End: new(m.End.Add(time.Hour))}), "it takes longer")
	require.NoError(t, change(desk.MaintenanceInput{Title: new("Disks")}))
	e.now = m.End
	e.impossible(t, "the maintenance is over; plan another", func() error { return change(desk.MaintenanceInput{End: new(m.End.Add(time.Hour))}) })
}

func TestLimitOfMaintenance(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	m := e.plan(t, time.Hour, "")
	e.fill(t, desk.MaxPlanned-1, func(tx *store.Tx, n int) error {
		m.ID = fmt.Sprint("planned", n)
		return tx.PutMaintenance(m)
	})
	e.impossible(t, "there are 500 planned maintenances; cancel one first", func() error {
		_, err := e.PlanMaintenance(t.Context(), anna, e.planned(time.Hour, ""))
		return err
	})
}
