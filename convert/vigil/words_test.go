// SPDX-License-Identifier: Apache-2.0

package vigil_test

import (
	"strings"
	"testing"
	"text/template"

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

func TestWords(t *testing.T) {
	t.Parallel()
	r, err := vigil.Convert("hostile.cfg", read(t, "hostile"), convert.Options{Dir: "/etc/pharos", Lookup: lookup})
	require.NoError(t, err)
	tmpl := template.New("").Option("missingkey=zero")
	for _, f := range r.Files {
		if f.Name == "templates/vigil.tmpl" {
			template.Must(tmpl.Parse(string(f.Data)))
		}
	}
	said := func(n notification) string {
		var b strings.Builder
		require.NoError(t, tmpl.ExecuteTemplate(&b, "vigil.message", n))
		return b.String()
	}
	const page, link = "{{ template \"oops\" }} ${X & $HOME\n- *alias: ", "https://status.example.com/?a={{ .X }}"
	replica := alert{Labels: map[string]string{"service": "web", "node": "api", "replica": "tcp://a:1"}}
	service := alert{Labels: map[string]string{"service": "web"}, Annotations: map[string]string{"description": "Service web is dead."}}

	require.Equal(t, page+"dead\n- web:api:tcp://a:1\n"+link, said(notification{Status: "firing", Alerts: alerts{[]alert{service, replica}}}))
	require.Equal(t, page+"no longer dead\n"+link, said(notification{Status: "resolved"}))
	require.Equal(t, page+"started\n"+link, said(notification{Status: "firing", CommonLabels: map[string]string{"alertname": "PharosStarted"}, Alerts: alerts{[]alert{{}}}}))
	require.Equal(t, page+"web is still dead\nService web is dead.\n"+link, said(notification{
		Status: "firing", CommonLabels: map[string]string{"notification": "reminder", "service": "web"}, Alerts: alerts{[]alert{service}},
	}))
}
