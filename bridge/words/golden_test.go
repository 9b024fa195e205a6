// SPDX-License-Identifier: Apache-2.0

package words

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/alertmanager/template"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/webhook"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/testkit"
)

// previews returns the notifications of which the golden files show every form.
func previews(now time.Time) map[string]*webhook.Notification {
	dead := []template.Alert{serviceDead(now)}
	dead[0].Annotations["incident_url"] = "https://status.example.com/incidents/7"
	for i := range 3 {
		node := nodeDead(now)
		node.Labels[schema.Node] = fmt.Sprintf("api-%d", i)
		node.Annotations["description"] = fmt.Sprintf("Node api-%d of service web is dead: 4 of 4 replicas dead.", i)
		dead = append(dead, node)
	}
	for i := range 12 {
		replica := replicaDead(now)
		replica.Labels[schema.Node], replica.Labels[schema.Replica] = fmt.Sprintf("api-%d", i%3), fmt.Sprintf("tcp://10.0.0.%d:80", i)
		replica.Annotations["description"] = fmt.Sprintf("Replica tcp://10.0.0.%d:80 of node api-%d, service web, is dead.", i, i%3)
		dead = append(dead, replica)
	}
	truncated := notification(dead[:3]...)
	truncated.TruncatedAlerts = 40
	first, third := reminder(now, 1), reminder(now, 3)
	theirs := foreign(now)
	theirs.Annotations = template.KV{"summary": "Disk of db-1:9100 is almost full!", "description": "/var/lib has 4 % left,\nwhich lasts for 2 hours."}
	theirs.Labels["severity"] = "page"
	theirs.Annotations["runbook_url"] = "https://wiki.example.com/disk"
	older := foreign(now)
	older.Annotations = template.KV{"title": "Disk is almost full.", "message": "Based on recent sampling, /var/lib will be full within 2 hours."}
	lone := foreign(now)
	lone.Labels = template.KV{"alertname": "NodeDown", "instance": "db-1:9100", "severity": "page"}
	other := foreign(now)
	other.Labels["instance"], other.Labels["severity"] = "db-2:9100", "info"
	mixed := append([]template.Alert{inService(nodeSick(now), "web"), inService(nodeDead(now), "db"), foreign(now)}, dead[:6]...)
	yesterday := nodeSick(now)
	yesterday.StartsAt = now.Add(-20 * time.Hour)
	hours := serviceDead(now)
	hours.StartsAt = now.Add(-3 * time.Hour)
	short := inService(replicaDead(now), "shop")
	short.StartsAt = now.Add(-149 * time.Minute)
	var services []template.Alert
	for i, service := range []string{"web", "api", "db", "mail", "shop", "news", "search"} {
		a := inService(serviceDead(now), service)
		a.StartsAt = now.Add(-time.Duration(10+i*i%11) * time.Minute)
		services = append(services, a)
	}
	all := map[string]*webhook.Notification{
		"service-dead":      notification(dead...),
		"service-dead-over": notification(over(now, dead...)...),
		"service-truncated": truncated,
		"node-dead":         notification(nodeDead(now)),
		"node-sick":         notification(nodeSick(now)),
		"node-sick-long":    notification(yesterday),
		"node-sick-over":    notification(over(now, nodeSick(now))...),
		"over-in-part":      notification(append(over(now, dead[:3]...), nodeSick(now))...),
		"two-services":      notification(nodeDead(now), inService(serviceDead(now), "db")),
		"node-over-in-part": notification(append(over(now, nodeDead(now)), nodeSick(now))...),
		"reminder-1":        notification(first),
		"reminder-3":        notification(append(over(now, first, reminder(now, 2)), third)...),
		"reminder-over":     notification(over(now, third)...),
		"reminders":         notification(reminder(now, 2), inService(reminder(now, 1), "db")),
		"three-hours":       notification(over(now, hours)...),
		"three-days":        notification(agoReminder(now, 72*time.Hour)),
		"replicas":          notification(replicaDead(now), short, inNode(replicaDead(now), "core")),
		"replica-over":      notification(over(now, short)...),
		"nodes":             notification(nodeDead(now), inNode(nodeDead(now), "core"), nodeSick(now)),
		"services":          notification(append(services, nodeDead(now))...),
		"services-over":     notification(over(now, services[:2]...)...),
		"over-while-dead":   notification(append(over(now, services[:2]...), services[2], nodeSick(now))...),
		"start":             notification(started(now)),
		"start-over":        notification(over(now, started(now))...),
		"foreign":           notification(theirs),
		"foreign-bare":      notification(foreign(now)),
		"foreign-lone":      notification(lone),
		"foreign-message":   notification(older),
		"foreign-several":   notification(lone, foreign(now), other),
		"mixed":             notification(mixed...),
		"mixed-over":        notification(over(now, mixed...)...),
		"foreign-over":      notification(over(now, foreign(now))...),
		"hostile":           hostile(now),
		"test":              webhook.Test("zulip", now),
		"foreign-untimed":   untimed(now),
	}
	return all
}

func inService(a template.Alert, service string) template.Alert {
	a.Labels[schema.Service] = service
	a.Annotations["description"] = strings.ReplaceAll(a.Annotations["description"], "service web", "service "+service)
	if a.Labels["alertname"] == alertServiceDead {
		a.Annotations["description"] = "Service " + service + " is dead: 3 of 3 replicas dead."
	}
	return a
}

func inNode(a template.Alert, node string) template.Alert {
	a.Labels[schema.Node] = node
	a.Annotations["description"] = strings.NewReplacer("ode api", "ode "+node, "api-1", node+"-1").Replace(a.Annotations["description"])
	return a
}

// agoReminder is a reminder of an outage that began some time ago.
func agoReminder(now time.Time, ago time.Duration) template.Alert {
	a := reminder(now, 9)
	a.Labels["outage"] = strconv.FormatInt(now.Add(-ago).Unix(), 10)
	return a
}

// untimed is what no Alertmanager sends, and others may.
func untimed(now time.Time) *webhook.Notification {
	a := foreign(now)
	a.StartsAt = time.Time{}
	return notification(a)
}

// hostile has in every text what channels could take for more than text.
func hostile(now time.Time) *webhook.Notification {
	const all = `@**all** <b>x</b> [a](https://evil.example.com) {{ .x }} evil.example.com *_~` + "`\\\n" + `1. # > | $$x$$ :boom: &amp; "'>` + "\u202e\u0000"
	a := pharosAlert(all, all, all, all, now, schema.Service, all, schema.Node, all, schema.Replica, all, all, all)
	for _, name := range []string{"runbook_url", "dashboard_url", "incident_url"} {
		a.Annotations[name] = "javascript:alert(1)//https://a"
	}
	b := pharosAlert("A", "info", "", strings.Repeat(all, 50), now, "instance", all, all, strings.Repeat("x", 5000))
	delete(b.Annotations, "summary")
	return parsed(notification(a, b))
}

// preview shows a notification in every form.
func preview(t *testing.T, w *Words, n *webhook.Notification) string {
	t.Helper()
	var b strings.Builder
	for _, form := range []struct{ name, tmpl string }{
		{"title", Title}, {"text", Body}, {"short", Short}, {"markdown", Markdown}, {"public", Public}, {"topic", Topic},
	} {
		text, err := w.TryText(form.tmpl, n)
		require.NoError(t, err)
		fmt.Fprintf(&b, "----- %s\n%s\n", form.name, text)
	}
	html, err := w.all.html(HTMLBody, w.data(n))
	require.NoError(t, err)
	fmt.Fprintf(&b, "----- html\n%s\n", html)
	return b.String()
}

// lunch lets the fake clock come to the time at which the golden files were written.
func lunch() time.Time {
	time.Sleep(12*time.Hour + 30*time.Minute)
	return time.Now()
}

func TestPreviews(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, err := New(Options{PageTitle: "Example Status", PageURL: "https://status.example.com/", Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		for name, n := range previews(lunch()) {
			testkit.Golden(t, name+".golden", []byte(preview(t, w, n)))
		}
	})
}

// TestPreviewElsewhere has another time zone, and no page.
func TestPreviewElsewhere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		zurich, err := time.LoadLocation("Europe/Zurich")
		require.NoError(t, err)
		w, err := New(Options{Location: zurich, Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		now := lunch()
		testkit.Golden(t, "elsewhere.golden", []byte(preview(t, w, notification(nodeDead(now)))))
		testkit.Golden(t, "elsewhere-reminder.golden", []byte(preview(t, w, notification(reminder(now, 1)))))
	})
}

// TestPreviewLate has messages that could not be told in time.
func TestPreviewLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, now := plain(t), lunch()
		late := w.With("Told late: so it was at 12:20 UTC, 10 minutes ago.", false)
		testkit.Golden(t, "late.golden", []byte(preview(t, late, notification(serviceDead(now)))))
		testkit.Golden(t, "late-reminder.golden", []byte(preview(t, late, notification(reminder(now, 1)))))
		testkit.Golden(t, "overtaken.golden", []byte(preview(t, w.With("", true), notification(serviceDead(now)))))
		require.Equal(t, "Told late: so it was at 12:20 UTC, 10 minutes ago. false", late.Text("{{ .Note }} {{ .Overtaken }}", notification(serviceDead(now))))
		require.Equal(t, " true", w.With("", true).Text("{{ .Note }} {{ .Overtaken }}", notification(serviceDead(now))))
		require.Equal(t, " false", w.Text("{{ .Note }} {{ .Overtaken }}", notification(serviceDead(now))))
	})
}
