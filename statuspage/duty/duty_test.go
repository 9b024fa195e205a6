// SPDX-License-Identifier: Apache-2.0

package duty_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage/store"
)

// failures compares the metric with what is wanted; what is missing is 0.
func (r *rig) failures(want map[string]int) {
	r.t.Helper()
	var text strings.Builder
	text.WriteString("# HELP pharos_statuspage_duty_failures_total How often something that the page does by itself has failed, by duty. It is tried again.\n" +
		"# TYPE pharos_statuspage_duty_failures_total counter\n")
	for _, duty := range []string{"drafts", "incidents", "maintenance", "sessions", "silences"} {
		fmt.Fprintf(&text, "pharos_statuspage_duty_failures_total{duty=%q} %d\n", duty, want[duty])
	}
	require.NoError(r.t, testutil.CollectAndCompare(r.duty.Collector(), strings.NewReader(text.String())))
}

func TestFailuresAreCounted(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		r.plan(0, time.Hour, "", "web")
		r.am.away = true
		r.pass(time.Minute + 5*time.Second)
		r.failures(map[string]int{"incidents": 6, "silences": 1})
	})
}

func TestNobodyNeedsAnAlertmanager(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		r.cfg.Incidents.FromAlerts.Policy = "off"
		r.am.away = true
		r.pass(time.Minute)
		r.failures(nil)
	})
}

func TestOldSessionsAreRemoved(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		now := time.Now()
		for i, expires := range []time.Duration{time.Minute, 10 * time.Hour} {
			require.NoError(r.t, r.store.PutSession(r.t.Context(), store.Session{Hash: [32]byte{byte(i)}, User: "anna", Created: now, Expires: now.Add(expires)}))
		}
		r.pass(time.Hour + round)
		_, err := r.store.Session(r.t.Context(), [32]byte{0})
		require.ErrorIs(r.t, err, store.ErrNotFound)
		_, err = r.store.Session(r.t.Context(), [32]byte{1})
		require.NoError(r.t, err)
	})
}
