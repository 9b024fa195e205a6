// SPDX-License-Identifier: Apache-2.0

package duty_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/store"
)

// updates shows what was said of the only maintenance, with the time.
func (r *rig) updates() (lines []string) {
	for _, u := range r.contents().Maintenances[0].Updates {
		lines = append(lines, u.Time.Format("02T15:04 ")+string(u.Phase))
	}
	return lines
}

func TestMaintenanceBeginsAndEnds(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.cfg.Language = "de"
		r.plan(20*time.Minute, 40*time.Minute, "FREQ=HOURLY", "web")
		r.pass(19 * time.Minute)
		require.Empty(t, r.updates())
		r.pass(2 * time.Minute)
		require.Equal(t, []string{"31T00:20 in_progress"}, r.updates())
		require.Equal(t, "Die Wartung hat begonnen.", r.contents().Maintenances[0].Updates[0].Text)
		r.stop()
		r.start()
		r.pass(20 * time.Minute)
		require.Equal(t, []string{"31T00:20 in_progress", "31T00:40 completed"}, r.updates())
		require.Zero(t, r.contents().Maintenances[0].Sequence, "the times are as they were")
		r.pass(time.Hour)
		require.Equal(t, []string{"31T00:20 in_progress", "31T00:40 completed", "31T01:20 in_progress", "31T01:40 completed"}, r.updates())
	})
}

func TestMaintenanceOfWhichPeopleTell(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		m := r.plan(time.Hour, 2*time.Hour, "", "web")
		r.pass(time.Hour + round)
		phase, text := statuspage.Verifying, "Nearly."
		_, err := r.desk.UpdateMaintenance(t.Context(), "anna", m.ID, desk.UpdateInput{Phase: &phase, Text: &text})
		require.NoError(t, err)
		r.pass(10 * time.Minute)
		_, err = r.desk.EndMaintenance(t.Context(), "anna", m.ID)
		require.NoError(t, err)
		r.pass(2 * time.Hour)
		require.Equal(t, []string{"31T01:00 in_progress", "31T01:00 verifying", "31T01:10 completed"}, r.updates())
	})
}

func TestMaintenanceThatNobodySaw(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.plan(time.Hour, 2*time.Hour, "", "web")
		r.skip(3 * time.Hour)
		r.pass(time.Hour)
		require.Empty(t, r.updates(), "nobody was told that it begins")
	})
}

func TestMaintenanceThatEndedMeanwhile(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.plan(time.Hour, 2*time.Hour, "", "web")
		r.pass(90 * time.Minute)
		r.skip(3 * time.Hour)
		require.Equal(t, []string{"31T01:00 in_progress", "31T02:00 completed"}, r.updates(), "at the time at which it ended")
	})
}

func TestMaintenanceThatFollowsAnother(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.plan(time.Hour, 2*time.Hour, "FREQ=HOURLY;COUNT=2", "web")
		r.pass(2*time.Hour + round)
		r.pass(time.Hour)
		require.Equal(t, []string{"31T01:00 in_progress", "31T02:00 in_progress", "31T03:00 completed"}, r.updates())
		require.Empty(t, r.contents().Maintenances[0].Cuts)
	})
}

func TestQuietMaintenance(t *testing.T) {
	t.Parallel()
	for quiet, want := range map[bool]int{false: 2, true: 0} {
		bubble(t, func(r *rig) {
			t := r.t
			reader := store.Subscriber{ID: "reader", Page: "main", Kind: store.ByEmail, Address: "r@example.com", Created: time.Now(), Confirmed: time.Now()}
			require.NoError(t, r.store.PutSubscriber(t.Context(), reader.ID, reader))
			told := func() int {
				made, err := r.store.Fan(t.Context(), func(store.News, store.Subscriber) bool { return true })
				require.NoError(t, err)
				return made
			}
			m := r.plan(time.Minute, time.Hour, "", "web")
			_, err := r.desk.ChangeMaintenance(t.Context(), "anna", m.ID, desk.MaintenanceInput{Quiet: &quiet})
			require.NoError(t, err)
			require.Equal(t, 1, told(), "of the plan")
			r.pass(2 * time.Hour)
			require.Len(t, r.updates(), 2)
			require.Equal(t, want, told())
		})
	}
}
