// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/rules"
	"github.com/stretchr/testify/require"
)

func TestAlertsAreToldAgainWhenTheySaySomethingElse(t *testing.T) {
	t.Parallel()
	var sent []*rules.Alert
	teller := newTeller(func(_ context.Context, _ string, alerts ...*rules.Alert) { sent = append(sent, alerts...) })
	began := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	tell := func(after time.Duration, says string, resolved bool) int {
		sent = nil
		at := began.Add(after)
		a := &rules.Alert{
			Labels: labels.FromStrings("alertname", "Dead"), Annotations: labels.FromStrings("description", says),
			LastSentAt: at, ValidUntil: at.Add(time.Minute),
		}
		if resolved {
			a.ResolvedAt = at
		}
		teller.tell(t.Context(), "", a)
		return len(sent)
	}

	require.Equal(t, 1, tell(0, "1 dead", false))
	require.Equal(t, began.Add(alertLasts), sent[0].ValidUntil)
	require.Zero(t, tell(time.Second, "1 dead", false))
	require.Equal(t, 1, tell(2*time.Second, "2 dead", false))
	require.Zero(t, tell(61*time.Second, "2 dead", false))
	require.Equal(t, 1, tell(62*time.Second, "2 dead", false), "a minute after the last time")
	require.Equal(t, 1, tell(63*time.Second, "2 dead", true))
	require.Zero(t, tell(64*time.Second, "2 dead", true))
	require.Equal(t, 1, tell(65*time.Second, "2 dead", false))

	teller.tell(t.Context(), "", &rules.Alert{Labels: labels.FromStrings("alertname", "Other"), LastSentAt: began.Add(time.Hour)})
	require.Len(t, teller.known, 1, "what is over is forgotten")
}
