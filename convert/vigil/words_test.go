// SPDX-License-Identifier: Apache-2.0

package vigil_test

import (
	"fmt"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/vigil"
)

type alert struct{ Labels, Annotations map[string]string }

type alerts struct{ Firing []alert }

// A notification is what a template of Alertmanager sees, as far as these need it.
type notification struct {
	Status       string
	CommonLabels map[string]string
	Alerts       alerts
}

// said returns what the templates that were made of a file say. Now is a time that is
// not in UTC.
func said(t *testing.T, name string, n notification) string {
	t.Helper()
	r, err := vigil.Convert("hostile.cfg", read(t, "hostile"), convert.Options{Dir: "/etc/pharos", Lookup: lookup})
	require.NoError(t, err)
	tmpl := template.New("").Option("missingkey=zero").Funcs(template.FuncMap{ // as those of Alertmanager
		"now": func() time.Time { return time.Date(2026, 1, 2, 1, 4, 5, 0, time.FixedZone("", 7200)) },
		"tz": func(name string, t time.Time) (time.Time, error) {
			location, err := time.LoadLocation(name)
			return t.In(location), err
		},
		"date": func(layout string, t time.Time) string { return t.Format(layout) },
	})
	for _, f := range r.Files {
		if f.Name == "templates/vigil.tmpl" {
			template.Must(tmpl.Parse(string(f.Data)))
		}
	}
	var b strings.Builder
	require.NoError(t, tmpl.ExecuteTemplate(&b, name, n))
	return b.String()
}

func TestWords(t *testing.T) {
	t.Parallel()
	const page, link = "{{ template \"oops\" }} ${X & $HOME\n- *alias: ", "https://status.example.com/?a={{ .X }}"
	const at = "\nTime: 23:04:05 UTC+00:00\nURL: " + link
	replica := alert{Labels: map[string]string{"service": "web", "node": "api", "replica": "tcp://a:1"}}
	other := alert{Labels: map[string]string{"service": "web", "node": "api", "replica": "tcp://b:1"}}
	service := alert{Labels: map[string]string{"service": "web"}, Annotations: map[string]string{"description": "Service web is dead."}}
	for _, test := range []struct {
		n           notification
		title, text string
	}{
		{
			notification{Status: "firing", Alerts: alerts{[]alert{service, replica, other}}},
			"DEAD | web:api:tcp://a:1, web:api:tcp://b:1", "changed\n\nStatus: Dead\nNodes: web:api:tcp://a:1, web:api:tcp://b:1" + at,
		},
		{notification{Status: "firing", Alerts: alerts{[]alert{service}}}, "DEAD", "changed\n\nStatus: Dead\nNodes: " + at},
		{notification{Status: "resolved"}, "HEALTHY", "changed\n\nStatus: Healthy\nNodes: " + at},
		{
			notification{Status: "firing", CommonLabels: map[string]string{"alertname": "PharosStarted"}, Alerts: alerts{[]alert{{}}}},
			"HEALTHY", "started\n\nStatus: Healthy\nNodes: " + at,
		},
		{
			notification{Status: "firing", CommonLabels: map[string]string{"notification": "reminder", "service": "web"}, Alerts: alerts{[]alert{service}}},
			"DEAD | web", "reminder\n\nStatus: Dead\nNodes: web" + at + "\nService web is dead.",
		},
	} {
		require.Equal(t, test.title, said(t, "vigil.title", test.n))
		require.Equal(t, page+test.text, said(t, "vigil.message", test.n))
	}
}

// TestTitleIsALine has a subject that servers take, however much is dead.
func TestTitleIsALine(t *testing.T) {
	t.Parallel()
	n := notification{Status: "firing"}
	long := strings.Repeat("x", 200) // as long as a label may be
	for range 1000 {
		n.Alerts.Firing = append(n.Alerts.Firing, alert{Labels: map[string]string{"service": long, "node": long, "replica": long}})
	}
	title := said(t, "vigil.title", n)
	require.Equal(t, fmt.Sprintf("DEAD | %s:%s:%s", long, long, long), title)
	require.Less(t, len("Subject: "+title), 998)
}
