// SPDX-License-Identifier: Apache-2.0

package duty_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/store"
)

func TestAFullIncidentIsClosed(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.outage("web", "api")
		r.pass(3 * time.Minute)
		for range desk.MaxUpdates - 1 {
			r.update("investigating", "Still.")
		}
		r.am.firing, r.nodes[id("web", "api")] = nil, status.Healthy
		r.pass(6 * time.Minute)
		require.False(t, r.contents().Incidents[0].Open())
		r.failures(nil)
	})
}

func TestNoRoomForIncidentsIsAFailure(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		for first := 0; first < desk.MaxOpen; first += 50 { // a change has to be quick
			require.NoError(t, r.store.Change(t.Context(), "anna", func(tx *store.Tx) error {
				var errs []error
				for n := first; n < first+50; n++ {
					errs = append(errs, tx.PutIncident(statuspage.Incident{ID: fmt.Sprint("open", n), Draft: true, Started: time.Now()}))
				}
				return errors.Join(errs...)
			}))
		}
		r.outage("web", "api")
		r.pass(2*time.Minute + 5*time.Second)
		r.failures(map[string]int{"incidents": 1})
	})
}

func TestAnIncidentAboutWhatIsGone(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.outage("web", "db")
		r.pass(3 * time.Minute)
		r.met()
		r.am.firing = nil
		r.layout.Services = slices.Clone(layout.Services)
		r.layout.Services[0].Nodes = r.layout.Services[0].Nodes[:1] // it was taken out of the configuration
		r.pass(4 * time.Minute)
		require.True(t, r.contents().Incidents[0].Open(), "it may come back")
		r.pass(2 * time.Minute)
		require.False(t, r.contents().Incidents[0].Open())
		require.Equal(t, "What was affected is no longer part of this page.", r.contents().Incidents[0].Updates[1].Text)
	})
}

func TestNothingIsGoneWhileNothingIsKnown(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.outage("web", "db")
		r.pass(3 * time.Minute)
		r.met()
		r.layout.Services = nil
		r.pass(time.Hour)
		require.True(t, r.contents().Incidents[0].Open())
	})
}

func TestOldDraftsGo(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.cfg.Incidents.FromAlerts.Policy = config.Draft
		for _, service := range []string{"web", "mail"} {
			r.am.fire("PharosNodeDead", service, "", "critical")
			r.whole[service] = status.Dead
		}
		r.pass(3 * time.Minute)
		require.Len(t, r.incidents(), 2)
		r.update("investigating", "Is it?") // the newest, about mail
		clear(r.whole)
		r.am.firing = nil
		r.pass(6 * time.Minute)
		require.Len(t, r.incidents(), 2)
		r.skip(29 * 24 * time.Hour)
		require.Len(t, r.incidents(), 2)
		r.skip(25 * time.Hour)
		require.Len(t, r.incidents(), 1, "a person has touched the other")
	})
}
