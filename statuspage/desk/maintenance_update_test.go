// SPDX-License-Identifier: Apache-2.0

package desk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
)

func TestUpdatesOfMaintenance(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	m, err := e.PlanMaintenance(t.Context(), anna, desk.MaintenanceInput{Title: new("Move"), Start: new(e.now), End: new(e.now.Add(time.Hour)), Notify: new(false), Quiet: new(true)})
	require.NoError(t, err)
	say := func(phase statuspage.Phase) string {
		e.now = e.now.Add(time.Minute)
		m, err = e.UpdateMaintenance(t.Context(), anna, m.ID, desk.UpdateInput{Phase: &phase, Text: new("Said."), Notify: new(false)})
		require.NoError(t, err)
		return m.Updates[len(m.Updates)-1].ID
	}
	begun := say(statuspage.InProgress)
	m, err = e.EditMaintenanceUpdate(t.Context(), anna, m.ID, begun, desk.UpdateInput{Text: new("Begun.")})
	require.NoError(t, err)
	require.Equal(t, "Begun.", m.Updates[0].Text)
	require.Equal(t, e.now, m.Updates[0].Edited)
	require.Empty(t, e.news(t))
	_, err = e.EditMaintenanceUpdate(t.Context(), anna, m.ID, begun, desk.UpdateInput{Text: new("Begun!"), Notify: new(true)})
	require.NoError(t, err)
	require.Len(t, e.news(t), 1)
	for field, in := range map[string]desk.UpdateInput{
		"phase": {Phase: new(statuspage.Completed)}, "time": {Time: &e.now}, "text": {Text: new(" ")},
		"impact": {Impact: new(statuspage.ImpactMajor)}, "components": {Components: &[]string{"web"}},
	} {
		var invalid desk.Invalid
		require.ErrorAs(t, e.untouched(t, func() error {
			_, err := e.EditMaintenanceUpdate(t.Context(), anna, m.ID, begun, in)
			return err
		}), &invalid)
		require.Len(t, invalid, 1)
		require.Equal(t, field, invalid[0].Field)
	}

	remove := func(update string) error {
		_, err := e.DeleteMaintenanceUpdate(t.Context(), anna, m.ID, update)
		return err
	}
	e.impossible(t, "it is the only update that says that the maintenance has begun; edit it", func() error { return remove(begun) })
	verifying := say(statuspage.Verifying)
	require.NoError(t, remove(begun))
	e.now = e.now.Add(time.Minute)
	m, err = e.EndMaintenance(t.Context(), anna, m.ID)
	require.NoError(t, err)
	require.Empty(t, e.news(t), "it is quiet")
	over := m.Updates[len(m.Updates)-1].ID
	e.impossible(t, "it says that the maintenance is over; edit it, or delete the updates before it first", func() error { return remove(over) })
	require.NoError(t, remove(verifying))
	require.NoError(t, remove(over))
	require.ErrorIs(t, remove(over), desk.ErrNotFound)
	m, err = e.Maintenance(t.Context(), m.ID)
	require.NoError(t, err)
	require.Len(t, m.Cuts, 1, "it has ended all the same")
}
