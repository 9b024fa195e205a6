// SPDX-License-Identifier: Apache-2.0

package desk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
)

// What somebody has changed meanwhile is not changed by who has not seen that.
func TestSeen(t *testing.T) {
	t.Parallel()
	const why = "somebody has changed it meanwhile; look at it again"
	e := newEnv(t)
	i, err := e.OpenIncident(t.Context(), anna, desk.IncidentInput{Title: new("Down"), Text: new("We look.")})
	require.NoError(t, err)
	m, err := e.PlanMaintenance(t.Context(), anna, desk.MaintenanceInput{Title: new("Move"), Start: new(e.now), End: new(e.now.Add(time.Hour))})
	require.NoError(t, err)
	e.now = e.now.Add(time.Second)

	update := func(text string, seen time.Time) desk.UpdateInput { return desk.UpdateInput{Text: &text, Seen: &seen} }
	_, err = e.UpdateIncident(t.Context(), anna, i.ID, update("a", i.Updated))
	require.NoError(t, err)
	e.impossible(t, why, func() error {
		_, err := e.UpdateIncident(t.Context(), "pharos", i.ID, update("b", i.Updated))
		return err
	})
	e.impossible(t, why, func() error {
		_, err := e.ChangeIncident(t.Context(), "pharos", i.ID, desk.IncidentInput{Title: new("Up"), Seen: &i.Updated})
		return err
	})
	_, err = e.UpdateMaintenance(t.Context(), anna, m.ID, update("a", m.Updated))
	require.NoError(t, err)
	e.impossible(t, why, func() error {
		_, err := e.UpdateMaintenance(t.Context(), "pharos", m.ID, update("b", m.Updated))
		return err
	})
	e.impossible(t, why, func() error {
		_, err := e.ChangeMaintenance(t.Context(), "bert", m.ID, desk.MaintenanceInput{Title: new("Stay"), Seen: &m.Updated})
		return err
	})
	e.impossible(t, why, func() error {
		_, err := e.EditUpdate(t.Context(), "bert", i.ID, i.Updates[0].ID, update("b", i.Updated))
		return err
	})
}

func TestAnAlertOpensOneIncident(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	in := desk.IncidentInput{Title: new("Down"), Text: new("It is."), Alert: "A"}
	i, err := e.OpenIncident(t.Context(), "pharos", in)
	require.NoError(t, err)
	e.impossible(t, "the alert has opened an incident already", func() error {
		_, err := e.OpenIncident(t.Context(), "pharos", in)
		return err
	})
	_, err = e.UpdateIncident(t.Context(), anna, i.ID, desk.UpdateInput{Phase: new(statuspage.Resolved), Text: new("It was not.")})
	require.NoError(t, err)
	_, err = e.OpenIncident(t.Context(), "pharos", in)
	require.NoError(t, err)
}

func TestDraftsThatNobodyWants(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	i, err := e.OpenIncident(t.Context(), anna, desk.IncidentInput{Title: new("Down"), Draft: new(true)})
	require.NoError(t, err)
	remove := func() error { return e.DeleteDraft(t.Context(), "pharos", i.ID, i.Updated) }
	seen := i.Updated
	e.now = e.now.Add(time.Second)
	i, err = e.ChangeIncident(t.Context(), anna, i.ID, desk.IncidentInput{Draft: new(false), Text: new("It is.")})
	require.NoError(t, err)
	e.impossible(t, "the incident is public; people have seen it", remove)
	i.Updated = seen
	e.impossible(t, "somebody has changed it meanwhile; look at it again", remove)
}
