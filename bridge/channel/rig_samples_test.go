// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/webhook"
)

// sampleNames are the samples there are: an outage, its end, its first two reminders,
// the start of an exporter, an alert of somebody else, and texts that want to be more.
var sampleNames = []string{"firing", "resolved", "reminder", "reminder-2", "startup", "foreign", "hostile"}

type labels = map[string]string

// sampleAlert is an alert of a sample. Annotations have links besides.
type sampleAlert struct {
	labels               labels
	summary, description string
	over                 bool
}

// hostile is what an attacker may call things: a form, markup of each kind, mentions,
// links, templates, line breaks, and what turns the direction of writing.
const hostile = "x\r\nTo: +1\n&to=+15005550009 <b onclick=alert(1)>b</b> <script>s()</script> @all @**all** @evil@example.com " +
	"[click](https://evil.example/) https://evil.example/ {{ .Status }} ${HOME} `code` \u202eeritw\u202c \u2066z\u200b\ufeff \x1b[31m\x00\x07 *b* _i_ #top"

// notification returns a sample, parsed from what Alertmanager would have posted.
func notification(t testing.TB, sample string) *webhook.Notification {
	t.Helper()
	dead := []sampleAlert{
		{labels{"alertname": "PharosServiceDead", "service": "web", "severity": "critical", "notification": "change"}, "A service is dead.", "Service web is dead: 2 of 2 replicas dead.", sample == "resolved"},
		{labels{"alertname": "PharosNodeDead", "service": "web", "node": "core", "severity": "critical", "notification": "change"}, "A node is dead.", "Node core of service web is dead: 2 of 2 replicas dead.", sample == "resolved"},
		{labels{"alertname": "PharosReplicaDead", "service": "web", "node": "core", "replica": "tcp://10.0.0.1:443", "severity": "warning", "notification": "change"}, "A replica is dead.", "Replica tcp://10.0.0.1:443 of node core, service web, is dead.", sample == "resolved"},
	}
	reminder := func(n string, over bool) sampleAlert {
		return sampleAlert{
			labels{"alertname": "PharosReminder", "service": "web", "severity": "critical", "notification": "reminder", "reminder": n, "outage": "1614600000"},
			"A service is still dead.", "Service web has not been seen alive since noon. Dead: core.", over,
		}
	}
	reminders := labels{"service": "web", "notification": "reminder"}
	switch sample {
	case "firing":
		return parsed(t, "firing", labels{"service": "web"}, dead)
	case "resolved":
		return parsed(t, "resolved", labels{"service": "web"}, dead)
	case "reminder":
		return parsed(t, "firing", reminders, []sampleAlert{reminder("1", false)})
	case "reminder-2":
		return parsed(t, "firing", reminders, []sampleAlert{reminder("1", true), reminder("2", false)})
	case "reminder-over":
		return parsed(t, "resolved", reminders, []sampleAlert{reminder("1", true)})
	case "startup":
		return parsed(t, "firing", labels{"alertname": "PharosStarted"}, []sampleAlert{{
			labels{"alertname": "PharosStarted", "instance": "127.0.0.1:9640", "severity": "info", "notification": "change"},
			"An exporter has started.", "The exporter at 127.0.0.1:9640 has started.", false,
		}})
	case "foreign":
		return parsed(t, "firing", labels{"alertname": "DiskFull"}, []sampleAlert{
			{labels{"alertname": "DiskFull", "instance": "db-1:9100", "mountpoint": "/"}, "", "Disk / of db-1 is full.", false},
		})
	case "hostile":
		return parsed(t, "firing", labels{"service": hostile}, []sampleAlert{
			{labels{"alertname": "PharosServiceDead", "service": hostile, "node": hostile, "replica": hostile, "severity": "critical", "notification": "change"}, hostile, hostile, false},
		})
	}
	t.Fatalf("there is no sample %s", sample)
	return nil
}

// parsed returns the notification of alerts that began at noon, long ago, and ended
// half an hour later if they are over.
func parsed(t testing.TB, status string, group labels, alerts []sampleAlert) *webhook.Notification {
	t.Helper()
	type object = map[string]any
	reason := "first notification"
	if status == "resolved" {
		reason = "all alerts resolved"
	}
	var all []object
	for i, a := range alerts {
		annotations := labels{"description": a.description}
		if a.summary != "" {
			annotations["summary"] = a.summary
			annotations["runbook_url"] = "https://github.com/pharos-status/pharos/blob/main/docs/runbooks/" + a.labels["alertname"] + ".md"
			annotations["dashboard_url"] = "/d/pharos-service/service?var-service=web"
		}
		status, ends := "firing", "0001-01-01T00:00:00Z"
		if a.over {
			status, ends = "resolved", "2021-03-01T12:30:00Z"
		}
		all = append(all, object{
			"status": status, "labels": a.labels, "annotations": annotations, "startsAt": "2021-03-01T12:00:00Z", "endsAt": ends,
			"generatorURL": "http://127.0.0.1:9640/graph", "fingerprint": fmt.Sprintf("%016x", i+1),
		})
	}
	body, err := json.Marshal(object{
		"version": "4", "groupKey": fmt.Sprintf("{}:%v", group), "truncatedAlerts": 0, "receiver": "bridge", "status": status,
		"notification_reason": reason, "alerts": all, "groupLabels": group, "commonLabels": common(alerts), "commonAnnotations": labels{},
		"routeLabels": labels{}, "externalURL": "http://127.0.0.1:9093",
	})
	require.NoError(t, err)
	n, err := webhook.Parse(body)
	require.NoError(t, err)
	return n
}

// common returns the labels that all of the alerts have.
func common(alerts []sampleAlert) labels {
	all := labels{}
	for name, value := range alerts[0].labels {
		all[name] = value
		for _, a := range alerts {
			if a.labels[name] != value {
				delete(all, name)
			}
		}
	}
	return all
}
