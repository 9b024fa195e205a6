// SPDX-License-Identifier: Apache-2.0

package duty_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage/alerts"
	"github.com/pharos-status/pharos/statuspage/desk"
)

func TestSilencesFollowMaintenance(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		m := r.plan(25*time.Hour, 27*time.Hour, "", "web/api", "mail")
		r.pass(0)
		require.Empty(t, r.am.on(), "it is more than a day away")
		r.pass(time.Hour + round)
		require.Equal(t, []string{"1 mail/ 01T01:00-01T03:00", "2 web/api 01T01:00-01T03:00"}, r.am.on())

		later := m.End.Add(time.Hour)
		_, err := r.desk.ChangeMaintenance(t.Context(), "anna", m.ID, desk.MaintenanceInput{End: &later})
		require.NoError(t, err)
		r.pass(0)
		require.Equal(t, []string{"1 mail/ 01T01:00-01T04:00", "2 web/api 01T01:00-01T04:00"}, r.am.on(), "changed in place")

		start := m.Start.Add(-30 * time.Minute)
		_, err = r.desk.ChangeMaintenance(t.Context(), "anna", m.ID, desk.MaintenanceInput{Start: &start})
		require.NoError(t, err)
		r.pass(0)
		require.Equal(t, []string{"3 mail/ 01T00:30-01T04:00", "4 web/api 01T00:30-01T04:00"}, r.am.on(), "moved")

		r.skip(time.Hour) // another instance
		r.pass(5 * time.Minute)
		require.Len(t, r.am.on(), 2, "no doubles")

		r.skip(23 * time.Hour) // 01:05 and a bit
		_, err = r.desk.EndMaintenance(t.Context(), "anna", m.ID)
		require.NoError(t, err)
		r.pass(0)
		require.Empty(t, r.am.on(), "ended early")
	})
}

func TestSilencesOfRecurringMaintenance(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		m := r.plan(2*time.Hour, 3*time.Hour, "FREQ=DAILY", "mail")
		r.pass(0)
		require.Equal(t, []string{"1 mail/ 31T02:00-31T03:00"}, r.am.on())
		r.skip(4 * time.Hour)
		require.Equal(t, []string{"2 mail/ 01T02:00-01T03:00"}, r.am.on())
		_, err := r.desk.SkipOccurrence(t.Context(), "anna", m.ID, m.Start.Add(24*time.Hour))
		require.NoError(t, err)
		r.pass(0)
		require.Empty(t, r.am.on(), "called off")
		r.skip(24 * time.Hour)
		require.Equal(t, []string{"3 mail/ 02T02:00-02T03:00"}, r.am.on())
		_, err = r.desk.CancelMaintenance(t.Context(), "anna", m.ID)
		require.NoError(t, err)
		r.pass(0)
		require.Empty(t, r.am.on())
	})
}

func TestSilencesOfAllNodesSilenceTheService(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		m := r.plan(time.Minute, time.Hour, "", "web/api", "web/db")
		r.pass(0)
		require.Equal(t, []string{"1 web/ 31T00:01-31T01:00", "2 web/api 31T00:01-31T01:00", "3 web/db 31T00:01-31T01:00"}, r.am.on())
		r.cfg.Maintenance.Silence = false
		r.pass(round)
		require.Empty(t, r.am.on(), "the operator wants none")
		r.cfg.Maintenance.Silence = true
		r.pass(round)
		require.Len(t, r.am.on(), 3)
		require.NoError(t, r.desk.DeleteMaintenance(t.Context(), "anna", m.ID))
		r.pass(0)
		require.Empty(t, r.am.on(), "deleted")
	})
}

func TestSilencesOfOthersStay(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		other := alerts.Silence{ID: "x", Mark: "maintenance/elsewhere00/1/web", Labels: map[string]string{"service": "web"}, Ends: time.Now().Add(time.Hour)}
		r.am.silences = append(r.am.silences, other)
		m := r.plan(0, time.Hour, "", "mail")
		r.pass(0)
		require.Contains(t, r.am.silences, other, "another page shares the Alertmanager")
		require.Len(t, r.am.silences, 2)

		// A double of ours, and one that a person has changed, are put right.
		double := r.am.silences[1]
		double.ID = "y"
		r.am.silences[1].Labels = nil
		r.am.silences = append(r.am.silences, double)
		r.pass(time.Minute + round)
		require.Len(t, r.am.on(), 2)
		require.NotContains(t, r.am.silences, double)
		require.NoError(t, r.desk.DeleteMaintenance(t.Context(), "anna", m.ID))
		r.pass(0)
		require.Equal(t, []alerts.Silence{other}, r.am.silences)
	})
}

func TestAlertmanagerIsAway(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.am.away = true
		r.plan(0, time.Hour, "", "mail")
		r.pass(time.Minute)
		r.am.away = false
		require.Empty(t, r.am.on())
		r.pass(round)
		require.Len(t, r.am.on(), 1)
		calls := r.am.calls
		r.pass(30 * time.Second)
		require.Less(t, r.am.calls-calls, 2, "what is as it should be is not looked at in each round")
		r.am.silences = nil // somebody has lost them
		r.pass(time.Minute + round)
		require.Len(t, r.am.on(), 1)
	})
}

func TestAnotherAlertmanager(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.plan(0, time.Hour, "", "mail")
		r.pass(0)
		old := r.am
		require.Len(t, old.on(), 1)
		r.met()
		again := *old // a reload makes another client
		r.am = &again
		r.pass(round)
		require.Equal(t, old.on(), r.am.on())

		next := &fakeAM{url: "http://elsewhere"}
		old = r.am
		r.met()
		r.am = next
		r.pass(round)
		require.Empty(t, old.on(), "nobody would end them there")
		require.Len(t, next.on(), 1)

		r.met()
		r.am = &fakeAM{url: "http://third", away: true}
		r.pass(round)
		require.Empty(t, next.on())
		r.am.away = false
		r.pass(round)
		require.Len(t, r.am.on(), 1)
	})
}

func TestAnAlertmanagerThatHangsHoldsUpNobody(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.am.hangs = true
		r.plan(0, time.Hour, "", "mail", "web/db")
		r.outage("web", "api")
		r.pass(3 * time.Minute)
		require.Equal(t, []string{open}, r.incidents())
		require.Len(t, r.updates(), 1)
	})
}
