// SPDX-License-Identifier: Apache-2.0

package words

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/alertmanager/template"

	"github.com/pharos-status/pharos/bridge/webhook"
	"github.com/pharos-status/pharos/internal/schema"
)

// A sample is a notification that templates are tried on.
type sample struct {
	name         string
	notification *webhook.Notification
}

// samples returns notifications of every kind, as they may come now.
func samples(now time.Time) []sample {
	outage := []template.Alert{serviceDead(now), nodeDead(now), replicaDead(now)}
	return []sample{
		{"a dead service", notification(outage...)},
		{"a sick node", notification(nodeSick(now))},
		{"a service that is dead no more", notification(over(now, outage...)...)},
		{"what is over in part", notification(append(over(now, outage...), nodeSick(now))...)},
		{"a reminder", notification(append(over(now, reminder(now, 1)), reminder(now, 2))...)},
		{"the last reminder", notification(over(now, reminder(now, 2))...)},
		{"a start", notification(started(now))},
		{"an alert without annotations", notification(foreign(now))},
		{"a test", webhook.Test("example", now)},
	}
}

func serviceDead(now time.Time) template.Alert {
	return pharosAlert(alertServiceDead, "critical", "A service is dead.",
		"Service web is dead: 1 of 2 replicas dead; the dead: https://api-1.example.com/health of api.", now.Add(-12*time.Minute), schema.Service, "web")
}

func nodeDead(now time.Time) template.Alert {
	return pharosAlert(alertNodeDead, "critical", "A node is dead.",
		"Node api of service web is dead: 1 of 2 replicas dead; the dead: https://api-1.example.com/health.", now.Add(-12*time.Minute),
		schema.Service, "web", schema.Node, "api")
}

func replicaDead(now time.Time) template.Alert {
	return pharosAlert(alertReplicaDead, "warning", "A replica is dead.",
		"Replica https://api-1.example.com/health of node api, service web, is dead.", now.Add(-12*time.Minute),
		schema.Service, "web", schema.Node, "api", schema.Replica, "https://api-1.example.com/health")
}

func nodeSick(now time.Time) template.Alert {
	return pharosAlert("PharosNodeSick", "warning", "A node is sick.",
		"Node sockets of service web has been sick for more than 5 minutes: slow, under load, or with replicas that are.", now.Add(-3*time.Minute),
		schema.Service, "web", schema.Node, "sockets")
}

func reminder(now time.Time, number int) template.Alert {
	began := now.Add(-30 * time.Minute)
	a := pharosAlert(alertReminder, "critical", "A service is still dead.",
		"Service web has not been seen alive since "+began.UTC().Format("2006-01-02 15:04:05 -0700 MST")+", for 30m 0s. Dead: api.",
		now.Add(time.Duration(number-3)*10*time.Minute), // each ten minutes after the other
		schema.Service, "web", schema.Reminder, strconv.Itoa(number), "outage", strconv.FormatInt(began.Unix(), 10))
	a.Labels[schema.Notification] = schema.NotificationReminder
	return a
}

func started(now time.Time) template.Alert {
	return pharosAlert(schema.AlertStarted, "info", "An exporter has started.",
		"The exporter 10.0.0.1:9640 of job pharos_exporter watches since "+now.UTC().Format("2006-01-02 15:04:05 -0700 MST")+".", now,
		"instance", "10.0.0.1:9640", "job", "pharos_exporter")
}

// foreign is an alert of rules that have nothing to do with ours.
func foreign(now time.Time) template.Alert {
	return template.Alert{
		Status: "firing", StartsAt: now.Add(-time.Minute), Annotations: template.KV{}, Fingerprint: "f0f0f0f0f0f0f0f0",
		GeneratorURL: "http://prometheus.example.com:9090/graph?g0.expr=disk_free+%3C+0.05&g0.tab=1",
		Labels:       template.KV{"alertname": "DiskAlmostFull", "instance": "db-1:9100", "job": "node", "mountpoint": "/var/lib"},
	}
}

// pharosAlert returns an alert of our rules that fires, with labels as pairs.
func pharosAlert(name, severity, summary, description string, since time.Time, labels ...string) template.Alert {
	l := template.KV{"alertname": name, schema.Severity: severity, schema.Notification: schema.NotificationChange}
	for i := 0; i < len(labels); i += 2 {
		l[labels[i]] = labels[i+1]
	}
	return template.Alert{
		Status: "firing", Labels: l, StartsAt: since.UTC(),
		Annotations: template.KV{
			"summary": summary, "description": description,
			"runbook_url":   "https://github.com/pharos-status/pharos/blob/main/docs/runbooks/" + name + ".md",
			"dashboard_url": "https://grafana.example.com/d/pharos-service/service?var-service=web",
		},
		Fingerprint: fmt.Sprintf("%.16x", name+strings.Join(labels, "")),
	}
}

// over returns the alerts as they are once they no longer fire.
func over(now time.Time, alerts ...template.Alert) []template.Alert {
	ended := make([]template.Alert, len(alerts))
	for i, a := range alerts {
		a.Status, a.EndsAt = "resolved", now.UTC()
		ended[i] = a
	}
	return ended
}

// notification returns what Alertmanager makes of the alerts of a group.
func notification(alerts ...template.Alert) *webhook.Notification {
	d := &template.Data{
		Receiver: "bridge", Status: "resolved", Alerts: alerts, ExternalURL: "http://alertmanager.example.com:9093",
		NotificationReason: "first notification", GroupLabels: template.KV{}, RouteLabels: template.KV{},
		CommonLabels: common(alerts, func(a template.Alert) template.KV { return a.Labels }),
	}
	d.CommonAnnotations = common(alerts, func(a template.Alert) template.KV { return a.Annotations })
	if len(d.Alerts.Firing()) > 0 {
		d.Status = "firing"
	}
	if service := d.CommonLabels[schema.Service]; service != "" {
		d.GroupLabels[schema.Service] = service
	}
	return &webhook.Notification{Data: d, Version: "4", GroupKey: fmt.Sprintf("{}:{service=%q}", d.GroupLabels[schema.Service])}
}

// common returns the pairs that all alerts have.
func common(alerts []template.Alert, of func(template.Alert) template.KV) template.KV {
	all := template.KV{}
	for name, value := range of(alerts[0]) {
		all[name] = value
		for _, a := range alerts {
			if of(a)[name] != value {
				delete(all, name)
			}
		}
	}
	return all
}
