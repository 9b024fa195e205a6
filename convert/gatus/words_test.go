// SPDX-License-Identifier: Apache-2.0

package gatus_test

import (
	"encoding/json"
	"strings"
	"testing"
	texttemplate "text/template"

	"github.com/prometheus/alertmanager/template"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
)

// wordy has names, a description and a body that make trouble.
const wordy = `
alerting:
  slack: {webhook-url: 'https://h.example.com/a', default-alert: {description: "call \"Bob\"\nnow"}}
  custom:
    url: https://tickets.example.com
    method: POST
    body: '{"t": "{[ENDPOINT_GROUP]/[ENDPOINT_NAME]} 100% {{ \" [ALERT_TRIGGERED_OR_RESOLVED]", "d": "[ALERT_DESCRIPTION]|[RESULT_ERRORS]", "n": 1}'
endpoints:
  - {name: 'Back "end" {{ x }}', group: Core & more, url: 'http://a', alerts: [{type: slack}, {type: custom, description: 'a\b "c"'}]}
  - {name: other, group: Core & more, url: 'http://b', alerts: [{type: slack}]}
`

// words fills in a template with those of the folder.
func words(t *testing.T, files map[string]string, text string, d template.Data) string {
	t.Helper()
	tmpl := texttemplate.New("").Option("missingkey=zero").Funcs(texttemplate.FuncMap(template.DefaultFuncs))
	texttemplate.Must(tmpl.Parse(files["templates/messages.tmpl"]))
	texttemplate.Must(tmpl.New("text").Parse(text))
	var b strings.Builder
	require.NoError(t, tmpl.ExecuteTemplate(&b, "text", d))
	return b.String()
}

// alert returns what is told of a node.
func alert(receiver, status, name, node string) template.Data {
	labels := template.KV{"service": "core-more", "node": node}
	all := template.KV{"service": "core-more", "node": node, "alertname": name}
	return template.Data{
		Receiver: receiver, Status: status, GroupLabels: labels, CommonLabels: labels,
		Alerts: template.Alerts{{Status: status, Labels: all, Annotations: template.KV{"summary": "Disk is \"full\".", "description": "Node " + node + " is\nnot well."}}},
	}
}

func TestMessagesSayWhatIsSo(t *testing.T) {
	t.Parallel()
	files, _ := converted(t, wordy)
	const message = `{{ template "messages.message" . }}`
	require.Equal(t, "Core & more: Back  end  {{ x }} is dead\nNode back-end-x is not well. \ncall  Bob  now", words(t, files, message, alert("slack", "firing", "PharosNodeDead", "back-end-x")))
	require.Equal(t, "Core & more: other is sick\nNode other is not well. \ncall  Bob  now", words(t, files, message, alert("slack", "firing", "PharosNodeSick", "other")))
	require.Equal(t, "Core & more: other is no longer dead\n\n", words(t, files, message, alert("custom", "resolved", "PharosNodeDead", "other")))
	require.Equal(t, "Core & more: other: Disk is  full .", words(t, files, `{{ template "messages.title" . }}`, alert("slack", "firing", "DiskFull", "other")))
	require.Equal(t, "Pharos: Disk is  full .", words(t, files, `{{ template "messages.title" . }}`, template.Data{
		Status: "firing", Alerts: template.Alerts{{Status: "firing", Annotations: template.KV{"summary": `Disk is "full".`}}},
	}))
	require.Contains(t, files["alertmanager.yml"], `title: "{{ template \"messages.title\" . }}"`)
	require.Contains(t, files["alertmanager.yml"], `"alertname = \"PharosReplicaDead\""`)
}

func TestPlaceholdersOfCustomAlertsAreFilledIn(t *testing.T) {
	t.Parallel()
	files, _ := converted(t, wordy)
	var bridge struct {
		Channels []struct{ HTTP struct{ Body string } }
	}
	require.NoError(t, yaml.Unmarshal([]byte(files["bridge.yml"]), &bridge))
	text := words(t, files, bridge.Channels[0].HTTP.Body, alert("custom", "firing", "PharosNodeDead", "back-end-x"))
	var got map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &got), text)
	require.Equal(t, map[string]any{
		"t": `{Core & more/Back  end  {{ x }}} 100% {{ " TRIGGERED`, "d": "a b  c |Node back-end-x is not well. ", "n": 1.0,
	}, got)
}
