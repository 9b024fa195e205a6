// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	"testing"
	"time"

	"github.com/prometheus/alertmanager/template"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/webhook"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// group returns a notification of a group; its common labels are those of the first
// alert.
func group(key string, alerts ...template.Alert) *webhook.Notification {
	d := &template.Data{Status: "resolved", Alerts: alerts, CommonLabels: template.KV{}}
	if len(d.Alerts.Firing()) > 0 {
		d.Status = "firing"
	}
	if len(alerts) > 0 {
		d.CommonLabels = alerts[0].Labels
	}
	return &webhook.Notification{Data: d, Version: "4", GroupKey: key}
}

// one returns an alert with a fingerprint made of its labels, given as pairs.
func one(state, name string, labels ...string) template.Alert {
	l := template.KV{"alertname": name}
	for i := 0; i < len(labels); i += 2 {
		l[labels[i]] = labels[i+1]
	}
	return template.Alert{Status: state, Labels: l, StartsAt: noon, Fingerprint: l.String()}
}

func reminder(state, service, number string) template.Alert {
	return one(state, "PharosReminder", "service", service, "notification", "reminder", "severity", "critical", "reminder", number, "outage", "1777636200")
}

func TestKind(t *testing.T) {
	t.Parallel()
	require.Equal(t, webhook.Changed, group("g", one("firing", "PharosServiceDead")).Kind())
	require.Equal(t, webhook.Startup, group("g", one("firing", "PharosStarted")).Kind())
	require.Equal(t, webhook.Reminder, group("g", reminder("firing", "web", "1")).Kind())

	require.Zero(t, group("g", one("firing", "PharosServiceDead", "reminder", "4")).Number())
	require.Equal(t, 3, group("g", reminder("resolved", "web", "9"), reminder("firing", "web", "2"), reminder("firing", "web", "3")).Number(),
		"what is over does not count while another fires")
	require.Equal(t, 9, group("g", reminder("resolved", "web", "8"), reminder("resolved", "web", "9")).Number())
	require.Equal(t, 1, group("g", reminder("firing", "web", "-7")).Number())
}

func TestSeverity(t *testing.T) {
	t.Parallel()
	warning, critical := one("firing", "A", "severity", "warning"), one("resolved", "B", "severity", "critical")
	require.Equal(t, "warning", group("g", critical, warning).Severity())
	require.Equal(t, "critical", group("g", critical).Severity())
	require.Equal(t, "info", group("g").Severity())
	for want, names := range map[string][]string{
		"critical": {"critical", "CRITICAL", " Critical ", "page", "error", "emergency", "high", "disaster", "alert", "fatal", "major"},
		"warning":  {"warning", "Warning", "", "minor", "P1"},
		"info":     {"info", "INFO", "none", "debug", "low", "notice", "information"},
	} {
		for _, name := range names {
			require.Equal(t, want, group("g", one("firing", "A", "severity", name)).Severity(), name)
		}
	}
	require.Equal(t, "warning", group("g", one("firing", "A")).Severity(), "an alert that fires is told aloud")
	require.Equal(t, "warning", group("g", one("firing", "A", "severity", "info"), one("firing", "B", "severity", "unheard of")).Severity())
}

func TestBegan(t *testing.T) {
	t.Parallel()
	require.Equal(t, noon, webhook.Began(one("firing", "A")))
	require.Equal(t, noon.Add(-10*time.Minute), webhook.Began(reminder("firing", "web", "1")), "since the outage began")
	for _, hostile := range []string{"", "NaN", "-1", "1e300", "x"} {
		a := reminder("firing", "web", "1")
		a.Labels["outage"] = hostile
		require.Equal(t, noon, webhook.Began(a), hostile)
	}
}

func TestDead(t *testing.T) {
	t.Parallel()
	n := group("g", one("firing", "PharosServiceDead", "service", "web"),
		one("firing", "PharosReplicaDead", "service", "web", "node", "b", "replica", "2"),
		one("firing", "PharosReplicaDead", "service", "web", "node", "a", "replica", "1"),
		one("resolved", "PharosReplicaDead", "service", "db", "node", "a", "replica", "1"))
	require.Equal(t, []string{"web:a:1", "web:b:2"}, n.Dead())
	require.Equal(t, []string{"db", "web"}, n.Services())
}

func TestTest(t *testing.T) {
	t.Parallel()
	n, next := webhook.Test("zulip", noon), webhook.Test("zulip", noon.Add(time.Second))
	require.Equal(t, n, again(t, n))
	require.NotEqual(t, n.Digest(), next.Digest())
	require.Equal(t, webhook.Changed, n.Kind())
	require.Equal(t, "info", n.Severity())
	require.True(t, n.Firing())
	require.Contains(t, n.CommonAnnotations["summary"], "test")
	require.Contains(t, n.CommonAnnotations["description"], "zulip")
	require.Empty(t, n.Topics())
}
