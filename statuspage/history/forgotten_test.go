// SPDX-License-Identifier: Apache-2.0

package history_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

// TestForgotten: where the source knows nothing of a day any more, what is bad is taken
// to be what the correction is about; where it only knows nothing of the interval,
// nothing was measured.
func TestForgotten(t *testing.T) {
	t.Parallel()
	known := statuspage.Minutes{status.Healthy: 1250, status.Sick: 30, status.Dead: 40}
	onDay := map[status.NodeID]map[time.Time]statuspage.Minutes{api: {ago(5): known}}
	cases := map[string]struct {
		truth    status.Status
		measured map[status.NodeID]map[time.Time]statuspage.Minutes // on the whole day
		want     statuspage.Minutes
	}{
		"healthy in truth":     {status.Healthy, nil, statuspage.Minutes{status.Dead: 40, status.Sick: 20}},
		"dead in truth":        {status.Dead, nil, statuspage.Minutes{status.Healthy: 60}},
		"sick in truth":        {status.Sick, nil, statuspage.Minutes{status.Dead: 40, status.Healthy: 20}},
		"nothing was measured": {status.Healthy, onDay, statuspage.Minutes{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fakeSource{status: status.Healthy, spentDay: statuspage.Intervals{Nodes: c.measured}}
				m := &memory{contents: store.Contents{Revision: 1, Corrections: []statuspage.Correction{{
					ID: "c", Components: []statuspage.Ref{{Service: "web"}}, Status: c.truth, From: ago(5).Add(time.Hour), To: ago(5).Add(2 * time.Hour),
				}}}}
				m.days.Nodes = onDay
				m.days.Services = map[string]map[time.Time]statuspage.Minutes{"web": {ago(5): known}}
				_, h := refresh(t, keeper(t, f, m))
				require.Equal(t, c.want, h.Spent["c"].Nodes[api][ago(5)])
				require.Equal(t, c.want, h.Spent["c"].Services["web"][ago(5)])
				require.Contains(t, f.took(), "Spent, Spent of a day")
			})
		})
	}
}
