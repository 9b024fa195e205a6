// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"bytes"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/spool"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/testkit"
)

func TestMetricsAreThereFromTheStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, t.TempDir(), route("c", &fake{recipients: []string{"alice"}}))
		families, err := r.registry.Gather()
		require.NoError(t, err)
		var text bytes.Buffer
		for _, f := range families {
			_, err := expfmt.MetricFamilyToText(&text, f)
			require.NoError(t, err)
		}
		testkit.Golden(t, "metrics.golden", text.Bytes())
		problems, err := testutil.GatherAndLint(r.registry)
		require.NoError(t, err)
		require.Empty(t, problems)
	})
}

func TestCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, t.TempDir(), route("c", &fake{recipients: []string{"alice"}}), route("d", &fake{recipients: []string{"bob"}}))
		r.d.Count("c", 3, spool.Accepted{Duplicate: true})
		r.d.Count("c", 3, spool.Accepted{Overtaken: []spool.Lane{{Channel: "c", Recipient: "alice"}, {Channel: "d", Recipient: "bob"}}})
		r.d.Count("gone", 1, spool.Accepted{Duplicate: true})
		require.EqualValues(t, 3, r.value(schema.BridgeNotifications, "channel", "c", "outcome", "duplicate"))
		require.EqualValues(t, 1, r.value(schema.BridgeNotifications, "channel", "c", "outcome", "overtaken"))
		require.EqualValues(t, 1, r.value(schema.BridgeNotifications, "channel", "d", "outcome", "overtaken"))
		require.EqualValues(t, -1, r.value(schema.BridgeNotifications, "channel", "gone"))
	})
}

func TestMetricsAreTakenAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, t.TempDir(), route("c", &fake{recipients: []string{"alice"}}))
		r.stop()
		families, err := r.registry.Gather()
		require.NoError(t, err)
		require.Empty(t, families)
	})
}
