// SPDX-License-Identifier: Apache-2.0

package duty_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
)

// update adds an update as a person, and waits for the round that it brings about.
func (r *rig) update(phase statuspage.Phase, text string) {
	_, err := r.desk.UpdateIncident(r.t.Context(), "anna", r.contents().Incidents[0].ID, desk.UpdateInput{Phase: &phase, Text: &text})
	require.NoError(r.t, err)
	r.pass(0)
}

func TestWhatComesAfterADismissalIsTold(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.nodes[id("web", "db")] = status.Sick
		r.am.fire("PharosNodeSick", "web", "db", "warning")
		r.pass(5 * time.Minute)
		r.update(statuspage.Resolved, "Known; next week.")
		closed := "Web *site*: db is slow or under load [web/db] minor investigating,resolved"
		r.pass(3 * time.Hour)
		require.Equal(t, []string{closed}, r.incidents(), "it is what was closed")

		r.outage("web", "api")
		r.pass(3 * time.Minute)
		require.Equal(t, []string{open, closed}, r.incidents(), "it is something else")
		r.pass(20 * time.Minute)
		r.stop()
		r.start()
		r.pass(20 * time.Minute)
		require.Equal(t, []string{open, closed}, r.incidents(), "what was closed is not in it")

		r.nodes[id("web", "db")] = status.Dead
		r.am.fire("PharosServiceDead", "web", "", "critical")
		r.pass(8 * time.Minute)
		require.Equal(t, []string{"Web *site*: API is down [web] critical investigating,investigating,investigating", closed}, r.incidents())
	})
}

func TestAnEndInThePastDismisses(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.outage("web", "api")
		r.pass(5 * time.Minute)
		started := r.contents().Incidents[0].Started
		phase, text := statuspage.Resolved, "It was over in no time."
		early := time.Now().Add(-time.Minute)
		_, err := r.desk.UpdateIncident(t.Context(), "anna", r.contents().Incidents[0].ID, desk.UpdateInput{Phase: &phase, Text: &text, Time: &early})
		require.NoError(t, err)
		require.True(t, early.After(started))
		r.pass(20 * time.Minute)
		require.Len(t, r.incidents(), 1)
	})
}

// Who has only said something of it has not dismissed what the truth has closed.
func TestATouchedIncidentThatTheTruthCloses(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.outage("web", "api")
		r.pass(3 * time.Minute)
		r.update(statuspage.Identified, "The disks.")
		r.nodes[id("web", "api")] = status.Healthy
		r.pass(6 * time.Minute)
		closed := open + ",identified,resolved"
		require.Equal(t, []string{closed}, r.incidents())
		r.nodes[id("web", "api")] = status.Dead
		r.pass(time.Minute)
		require.Equal(t, []string{open, closed}, r.incidents())
	})
}
