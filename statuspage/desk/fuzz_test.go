// SPDX-License-Identifier: Apache-2.0

package desk_test

import (
	"errors"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
)

// refusedProperly tells whether something was refused, and has it be for a reason that
// names its field and can be shown.
func refusedProperly(t *testing.T, err error) bool {
	t.Helper()
	if err == nil {
		return false
	}
	var invalid desk.Invalid
	if errors.Is(err, desk.ErrConflict) {
		return true
	}
	require.ErrorAs(t, err, &invalid)
	for _, f := range invalid {
		require.NotEmpty(t, f.Field)
		require.True(t, utf8.ValidString(f.Problem), f.Problem)
	}
	return true
}

// FuzzIncident: whatever is said, what is kept is in order.
func FuzzIncident(f *testing.F) {
	f.Add("Slow", "We look into it.", "minor", "investigating", "web/api", int64(-60), int64(0), false)
	f.Add("", "\x00", "x", "postmortem", "%2", int64(1)<<40, int64(-1)<<40, true)
	e := newEnv(f)
	f.Fuzz(func(t *testing.T, title, text, impact, phase, component string, started, updated int64, draft bool) {
		i, err := e.OpenIncident(t.Context(), anna, desk.IncidentInput{
			Title: &title, Text: &text, Impact: (*statuspage.Impact)(&impact), Components: &[]string{component}, Draft: &draft,
			Started: new(e.now.Add(time.Duration(started) * time.Second)),
		})
		if refusedProperly(t, err) {
			return
		}
		changed, err := e.UpdateIncident(t.Context(), anna, i.ID, desk.UpdateInput{
			Text: &text, Phase: (*statuspage.Phase)(&phase), Time: new(e.now.Add(time.Duration(updated) * time.Second)),
		})
		if !refusedProperly(t, err) {
			i = changed
		}
		defer func() { require.NoError(t, e.DeleteIncident(t.Context(), anna, i.ID)) }()
		require.True(t, utf8.ValidString(i.Title+text))
		require.True(t, slices.IsSortedFunc(i.Updates, func(a, b statuspage.Update) int { return a.Time.Compare(b.Time) }))
		require.Equal(t, i.Open(), i.Phase() != statuspage.Resolved && i.Phase() != statuspage.Postmortem)
		require.False(t, !i.Open() && i.Resolved.Before(i.Started))
		require.Equal(t, draft, i.Draft)
		require.True(t, draft || len(i.Updates) > 0)
	})
}

// FuzzMaintenance: whatever rule is taken, it takes place, and never two at a time.
func FuzzMaintenance(f *testing.F) {
	f.Add("FREQ=WEEKLY;BYDAY=SA", "Europe/Paris", int64(3600), int64(7200))
	f.Add("FREQ=MINUTELY;BYSECOND=1,2", "Local", int64(-1), int64(1)<<50)
	f.Add("FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20300101T000000Z", "", int64(-1000), int64(1))
	e := newEnv(f)
	f.Fuzz(func(t *testing.T, rule, zone string, in, length int64) {
		start := e.now.Add(time.Duration(in) * time.Second)
		m, err := e.PlanMaintenance(t.Context(), anna, desk.MaintenanceInput{
			Title: new("Work"), Start: &start, End: new(start.Add(time.Duration(length) * time.Second)), RRule: &rule, TimeZone: &zone,
		})
		if refusedProperly(t, err) {
			return
		}
		defer func() { require.NoError(t, e.DeleteMaintenance(t.Context(), anna, m.ID)) }()
		next := e.Next(m, 20)
		require.NotEmpty(t, next)
		for i, c := range slices.All(next[1:]) {
			require.False(t, c.Start.Before(next[i].End), "%v", next)
		}
	})
}
