// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/template"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/webhook"
)

func openVigil(t testing.TB, address, more string) *vigil {
	t.Helper()
	c := open(t, &Vigil{}, `{url: "`+address+`/secret-path?token=secret-query"`+more+`}`).(*vigil)
	c.now = func() time.Time { return time.Date(2026, 3, 1, 8, 58, 28, 999, time.FixedZone("", 7200)) }
	return c
}

func TestVigil(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusNoContent, ""))
	c := openVigil(t, service.URL, "")
	require.Equal(t, []string{"vigil"}, c.Recipients())
	require.False(t, c.Keyed())
	goldenRequests(t, "vigil", service, c)

	// As it was documented, to the byte.
	at := time.FixedZone("", 7200)
	c.location = at
	c.page = vigilPage{Title: "Crisp Status", URL: "https://status.crisp.chat/"}
	m := message(t, "firing")
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

func TestVigilStatus(t *testing.T) {
	t.Parallel()
	type alert struct{ name, severity, status string }
	for want, all := range map[string][][]alert{
		"dead": {
			{{"PharosServiceDead", "critical", "firing"}},
			{{"PharosNodeSick", "warning", "firing"}, {"PharosNodeDead", "", "firing"}},
			{{"PharosReplicaDead", "warning", "firing"}},
			{{"PharosReminder", "critical", "firing"}},
			{{"DiskFull", "critical", "firing"}},
		},
		"sick": {
			{{"PharosNodeSick", "warning", "firing"}, {"PharosNodeDead", "critical", "resolved"}},
			{{"DiskFull", "warning", "firing"}},
			{{"DiskFull", "", "firing"}},
			{{"PharosExporterDown", "critical", "firing"}}, // everything is unknown, and nothing known to be dead
		},
		"healthy": {
			{{"PharosServiceDead", "critical", "resolved"}},
			{{"DiskFull", "info", "firing"}, {"PharosWatchdog", "info", "firing"}},
			{{"PharosStarted", "info", "firing"}},
			{{"PharosStarted", "critical", "firing"}},
		},
	} {
		for _, alerts := range all {
			n := &webhook.Notification{Data: &template.Data{CommonLabels: template.KV{"alertname": alerts[0].name}}}
			for _, a := range alerts {
				n.Alerts = append(n.Alerts, template.Alert{Status: a.status, Labels: template.KV{"alertname": a.name, "severity": a.severity}})
			}
			require.Equal(t, want, vigilStatus(n), alerts)
		}
	}
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
