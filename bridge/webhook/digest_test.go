// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	"testing"
	"time"

	"github.com/prometheus/alertmanager/template"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/webhook"
)

func TestDigest(t *testing.T) {
	t.Parallel()
	a, b := one("firing", "A"), one("firing", "B")
	want := group("g", a, b).Digest()
	same := group("g", b, a)
	same.Receiver, same.ExternalURL = "another", "http://alertmanager-2"
	same.Alerts[0].Annotations, same.Alerts[0].StartsAt = template.KV{"summary": "other words"}, noon.In(time.FixedZone("", 3600))
	require.Equal(t, want, same.Digest())
	same.NotificationReason = "new alerts in group"
	require.Equal(t, want, same.Digest(), "members of a cluster may see other reasons, or know none")

	ended, later := one("resolved", "B"), one("firing", "B")
	later.StartsAt = noon.Add(time.Nanosecond)
	truncated, repeated, unknown := group("g", a, b), group("g", a, b), group("g", a, b)
	truncated.TruncatedAlerts, repeated.NotificationReason = 1, "repeat interval elapsed"
	unknown.Alerts[0].Fingerprint = ""
	unknown.Alerts[0].Labels = template.KV{"alertname": "C"}
	seen := map[webhook.Digest]int{want: -1}
	for i, n := range []*webhook.Notification{group("h", a, b), group("g", a), group("g", a, ended), group("g", a, later), truncated, repeated, unknown} {
		at, before := seen[n.Digest()]
		require.False(t, before, "%d is the same as %d", i, at)
		seen[n.Digest()] = i
	}
}
