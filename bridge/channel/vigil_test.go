// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"maps"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/template"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/webhook"
)

func openVigil(t testing.TB, address, more string) *vigil {
	t.Helper()
	return open(t, &Vigil{}, `{url: "`+address+`/secret-path?token=secret-query"`+more+`}`).(*vigil)
}

func TestVigil(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusNoContent, ""))
	c := openVigil(t, service.URL, "")
	require.Equal(t, []string{"vigil"}, c.Recipients())
	require.False(t, c.Keyed())
	goldenRequests(t, "vigil", service, c, "foreign")

	// As it was documented, to the byte.
	at := time.FixedZone("", 7200)
	c.location = at
	c.page = vigilPage{Title: "Crisp Status", URL: "https://status.crisp.chat/"}
	m := message(t, "firing")
	m.Accepted = time.Date(2026, 3, 1, 8, 58, 28, 999, at)
	m.Alerts[2].Labels["replica"] = "tcp://edge-3.pool.net.crisp.chat:80"
	require.NoError(t, c.Send(t.Context(), "vigil", m))
	require.Equal(t, `{"type":"changed","status":"dead","time":"08:58:28 UTC+0200",`+
		`"replicas":["web:core:tcp://edge-3.pool.net.crisp.chat:80"],"page":{"title":"Crisp Status","url":"https://status.crisp.chat/"}}`,
		string(service.only(t).Body))
}

func TestVigilTypes(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusOK, "ok"))
	c := openVigil(t, service.URL, ", types: [reminder, startup]")
	require.ErrorIs(t, c.Send(t.Context(), "vigil", message(t, "firing")), ErrSkipped)
	require.ErrorIs(t, c.Send(t.Context(), "vigil", message(t, "resolved")), ErrSkipped)
	require.Empty(t, service.all())
	require.NoError(t, c.Send(t.Context(), "vigil", message(t, "reminder")))
	require.NoError(t, c.Send(t.Context(), "vigil", message(t, "startup")))
	require.Len(t, service.all(), 2)
}

// What is told, and how, is what Vigil told: deaths, and that nothing is dead any more.
func TestVigilTells(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusOK, "ok"))
	c := openVigil(t, service.URL, "")
	alert := func(name, severity, status string, over ...labels) template.Alert {
		all := template.KV{"alertname": name, "severity": severity}
		for _, more := range over {
			maps.Copy(all, more)
		}
		return template.Alert{Status: status, Labels: all}
	}
	replica := labels{"service": "db", "node": "core", "replica": "r"}
	again := labels{"notification": "reminder"}
	for want, all := range map[string][][]template.Alert{
		`"type":"changed","status":"dead","replicas":[]`: {
			{alert("PharosServiceDead", "critical", "firing")},
			{alert("PharosNodeSick", "warning", "firing"), alert("PharosNodeDead", "", "firing")},
			{alert("DiskFull", "critical", "firing")},
		},
		`"type":"changed","status":"dead","replicas":["db:core:r"]`: {
			{alert("PharosReplicaDead", "warning", "firing", replica)},
			{alert("PharosReplicaDead", "warning", "resolved", labels{"service": "web"}), alert("PharosReplicaDead", "warning", "firing", replica)},
		},
		`"type":"changed","status":"healthy","replicas":[]`: {
			{alert("PharosServiceDead", "critical", "resolved")},
			{alert("PharosReplicaDead", "warning", "resolved", replica)},
			{alert("PharosNodeSick", "warning", "firing"), alert("PharosNodeDead", "critical", "resolved")},
			{alert("DiskFull", "critical", "resolved")},
		},
		`"type":"reminder","status":"dead","replicas":[]`: {{alert("PharosReminder", "critical", "firing", again)}},
		`"type":"startup","status":"healthy","replicas":[]`: {
			{alert("PharosStarted", "info", "firing")},
			{alert("PharosStarted", "critical", "firing")},
			{alert(webhook.TestAlert, "info", "firing")},
		},
		"": {
			{alert("PharosReminder", "critical", "resolved", again)},
			{alert("PharosStarted", "info", "resolved")},
			{alert("PharosNodeSick", "warning", "firing")},
			{alert("PharosExporterDown", "critical", "firing")}, // everything is unknown, and nothing known to be dead
			{alert("DiskFull", "warning", "firing"), alert("DiskFull", "", "firing")},
		},
	} {
		for _, alerts := range all {
			n := &webhook.Notification{Data: &template.Data{Status: "resolved", CommonLabels: alerts[0].Labels, Alerts: alerts}}
			if len(n.Alerts.Firing()) > 0 {
				n.Status = "firing"
			}
			err := c.Send(t.Context(), "vigil", Message{Notification: n, Key: testKey})
			if want == "" {
				require.ErrorIs(t, err, ErrSkipped, alerts)
				continue
			}
			require.NoError(t, err)
			body := regexp.MustCompile(`"time":"[^"]*",|,"page":.*`).ReplaceAllString(string(service.only(t).Body), "")
			require.Equal(t, "{"+want, body)
		}
	}
	require.Empty(t, service.all())
}

// A test is posted whatever types are posted else.
func TestVigilTest(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusOK, "ok"))
	c := openVigil(t, service.URL, ", types: [changed]")
	require.NoError(t, c.Send(t.Context(), "vigil", Message{Notification: webhook.Test("vigil", time.Now()), Key: testKey}))
	require.Contains(t, string(service.only(t).Body), `{"type":"startup","status":"healthy",`)
}

func TestVigilErrors(t *testing.T) {
	t.Parallel()
	testErrors(t, troubled{
		open: func(t testing.TB, address string) Channel {
			t.Helper()
			return openVigil(t, address, "")
		},
		status: http.StatusOK, unread: true, secrets: []string{"secret-path", "secret-query"},
	})
}

func TestVigilRefuses(t *testing.T) {
	t.Parallel()
	testRefuses(t, func() Settings { return &Vigil{} }, map[string]struct{ text, want string }{
		"nothing": {"{}", ":1: url: is missing; set url_file to a file that holds it"},
		"everything": {
			"{url: secret-a, types: [changed, all]}",
			`:1: url: not an address; write one such as https://hooks.example.com/a1b2c3
:1: types[1]: "all" is none of startup, changed and reminder`,
		},
	})
}
