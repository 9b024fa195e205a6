// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/alertmanager/template"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/webhook"
)

// body returns a body with one alert, in which some texts are replaced.
func body(replace ...string) []byte {
	const whole = `{"version": "4", "groupKey": "{}:{}", "truncatedAlerts": 0, "receiver": "bridge", "status": "firing", "alerts": [
		{"status": "firing", "labels": {"alertname": "A"}, "annotations": {"summary": "B"}, "startsAt": "2026-05-01T12:00:00Z",
		 "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "http://a", "fingerprint": "f"}],
		"groupLabels": {}, "commonLabels": {"alertname": "A"}, "commonAnnotations": {}, "externalURL": "http://b"}`
	return []byte(strings.NewReplacer(replace...).Replace(whole))
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	many := `"alerts": [` + strings.Repeat(`{"status":"firing"},`, 10_001)
	for name, tc := range map[string]struct {
		body []byte
		want string
	}{
		"nothing":          {nil, "unexpected end of JSON input"},
		"cut":              {body()[:100], "unexpected end of JSON input"},
		"two":              {append(body(), body()...), "invalid character '{' after top-level value"},
		"another shape":    {[]byte(`[]`), "cannot unmarshal array"},
		"null":             {[]byte(`null`), `version is "", want "4"`},
		"another version":  {body(`"version": "4"`, `"version": "5"`), `version is "5", want "4"`},
		"no group":         {body(`"{}:{}"`, `""`), "groupKey is missing"},
		"a huge group":     {body(`"{}:{}"`, `"`+strings.Repeat("g", 70_000)+`"`), "groupKey has 70000 bytes"},
		"another status":   {body(`"receiver": "bridge", "status": "firing"`, `"status": "pending"`), `status is "pending"`},
		"an odd alert":     {body(`{"status": "firing", "labels"`, `{"status": "", "labels"`), `alert 1: status is ""`},
		"no alerts":        {body(`"alerts"`, `"x"`), "alerts are missing"},
		"null alerts":      {[]byte(`{"version": "4", "groupKey": "g", "status": "firing", "alerts": null}`), "alerts are missing"},
		"alerts are text":  {body(`"alerts": [`, `"alerts": "", "x": [`), "alerts are not a list"},
		"too many alerts":  {body(`"alerts": [`, many), "more than 10000 alerts: set max_alerts"},
		"labels are texts": {body(`{"alertname": "A"}`, `["A"]`), "labels and annotations are texts by their names"},
		"a number":         {body(`"alertname": "A"`, `"alertname": 1`), "cannot unmarshal number into Go value of type string"},
		"an object":        {body(`"alertname": "A"`, `"alertname": {"a": "b"}`), "cannot unmarshal object into Go value of type string"},
		"huge labels":      {body(`"alertname": "A"`, `"alertname": "`+strings.Repeat("A", 1<<20)+`"`), "more than 1 MiB of labels"},
		"no time":          {body(`"2026-05-01T12:00:00Z"`, `"yesterday"`), "alert 1: "},
		"deep":             {body(`"A"`, strings.Repeat("[", 100_000)), "exceeded max depth"},
		"a negative count": {body(`"truncatedAlerts": 0`, `"truncatedAlerts": -1`), "truncatedAlerts"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, err := webhook.Parse(tc.body)
			require.Nil(t, n)
			require.ErrorContains(t, err, tc.want)
			require.Less(t, len(err.Error()), 500, "errors are answered: they are short")
		})
	}
}

func TestParseCleans(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ given, label, annotation string }{
		"plain":         {`a b`, "a b", "a b"},
		"lines":         {`a\nb\tc\r\nd`, "a b c  d", "a\nb\tc\nd"},
		"controls":      {`a\u0000\u001b[31mb\u0085\u007f`, "a  [31mb  ", "a[31mb"},
		"directions":    {`\u202ea\u2066b\u200f\u061c`, "ab", "ab"},
		"no width":      {`a\u200bb\u2060\ufeff`, "ab", "ab"},
		"other breaks":  {`a\u2028b\u2029`, "ab", "ab"},
		"joined emojis": {`👩‍🚀`, "👩‍🚀", "👩‍🚀"},
		"not seen":      {`a\u00ad\u180e\u2063\u206a\ufff9\u3164\u115f\uffa0\u034fb\udb40\udc41`, "ab", "ab"},
		"no characters": {`a\ufffe\uffff\ufdd0b\ud83f\udfff`, "ab", "ab"},
		"seen":          {`\u0600\u06dd\u200c`, "\u0600\u06dd\u200c", "\u0600\u06dd\u200c"},
		"half a pair":   {`a\ud800b`, "a\uFFFDb", "a\uFFFDb"},
		"invalid":       {"a\xffb", "a\uFFFDb", "a\uFFFDb"},
		"markup":        {`<b>{{ .x }}</b>@**all**`, "<b>{{ .x }}</b>@**all**", "<b>{{ .x }}</b>@**all**"},
		"long":          {strings.Repeat("é", 3000), strings.Repeat("é", 2048), strings.Repeat("é", 2048)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, err := webhook.Parse(body(`"alertname": "A"`, `"service": "`+tc.given+`"`, `"B"`, `"`+tc.given+`"`))
			require.NoError(t, err)
			require.Equal(t, tc.label, n.Alerts[0].Labels["service"])
			require.Equal(t, tc.label, n.CommonLabels["service"])
			require.Equal(t, tc.annotation, n.Alerts[0].Annotations["summary"])
		})
	}
}

// Of too many labels those are kept that tell what it is about.
func TestParseManyLabels(t *testing.T) {
	t.Parallel()
	var labels strings.Builder
	for i := range 500 {
		fmt.Fprintf(&labels, `"a%03d": "x", `, i)
	}
	n, err := webhook.Parse(body(`"alertname": "A"`, labels.String()+`"\u0000": "x", "service": "web", "alertname": "A"`))
	require.NoError(t, err)
	kept := n.Alerts[0].Labels
	require.Len(t, kept, 100)
	require.Equal(t, "web", kept["service"])
	require.Equal(t, "A", kept["alertname"])
	require.Contains(t, kept, "a050")
	require.NotContains(t, kept, "a150")
}

// Templates fill in route labels; ours must not, or whoever posts could write them.
func TestParseRouteLabels(t *testing.T) {
	t.Parallel()
	n, err := webhook.Parse(body(`"groupLabels"`, `"routeLabels": {"a": "{{ now }}"}, "groupLabels"`))
	require.NoError(t, err)
	tmpl, err := template.FromGlobs(nil)
	require.NoError(t, err)
	text, err := tmpl.ExecuteTextString(`{{ routeLabels "a" }}`, n.Data)
	require.NoError(t, err)
	require.Equal(t, "{{ now }}", text)
}

// What Alertmanager has sent is read with nothing lost.
func TestParseReal(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/alertmanager-*.json")
	require.NoError(t, err)
	require.Len(t, files, 2)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			sent, err := os.ReadFile(file)
			require.NoError(t, err)
			n, err := webhook.Parse(sent)
			require.NoError(t, err)
			require.Equal(t, n, again(t, n))

			var want, got map[string]any
			require.NoError(t, json.Unmarshal(sent, &want))
			written, err := json.Marshal(n)
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(written, &got))
			for name := range got {
				if _, there := want[name]; !there { // not in 0.25
					require.Empty(t, got[name])
					delete(got, name)
				}
			}
			require.Empty(t, cmp.Diff(want, got))
		})
	}
}

func TestParseRepetition(t *testing.T) {
	t.Parallel()
	sent, err := os.ReadFile("testdata/alertmanager-0.34.json")
	require.NoError(t, err)
	n, err := webhook.Parse(sent)
	require.NoError(t, err)
	require.EqualValues(t, 1, n.TruncatedAlerts)
	require.Equal(t, []string{`group/{}:{service="web"}`}, n.Topics(), "it is told again because time has passed")
}

// again returns the notification as it is after it was kept.
func again(t require.TestingT, n *webhook.Notification) *webhook.Notification {
	kept, err := json.Marshal(n)
	require.NoError(t, err)
	same, err := webhook.Parse(kept)
	require.NoError(t, err)
	return same
}

func FuzzParse(f *testing.F) {
	f.Add(body())
	f.Add(body(`"A"`, `"\u202e\ud800"`, "2026-05-01T12:00:00Z", "9999-12-31T23:59:59-23:00"))
	f.Add(body(`"A"`, "\"\xff\n\"", `"alertname"`, `"\u0000"`))
	f.Add(body(`"firing"`, `"resolved"`, `"alertname": "A"`, `"alertname": "PharosReminder", "notification": "reminder", "outage": "1e300"`))
	f.Fuzz(func(t *testing.T, sent []byte) {
		n, err := webhook.Parse(sent)
		if err != nil {
			require.Nil(t, n)
			return
		}
		same := again(t, n)
		require.Empty(t, cmp.Diff(n, same, cmpopts.IgnoreUnexported(template.Data{})), "it is the same after it was kept")
		require.Equal(t, n.Digest(), same.Digest())
		require.NotEmpty(t, n.Alerts)
		for _, a := range n.Alerts {
			for _, kv := range []template.KV{a.Labels, a.Annotations} {
				require.LessOrEqual(t, len(kv), 100)
				for name, value := range kv {
					require.NotEmpty(t, name)
					require.LessOrEqual(t, len(value), 4<<10)
					require.True(t, utf8.ValidString(name+value))
					require.False(t, strings.ContainsFunc(name+value, func(r rune) bool {
						return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r)
					}))
				}
			}
		}
		n.Kind()
		n.Number()
		n.Severity()
		n.Dead()
		n.Topics()
		n.Voids()
		n.VoidsAll()
	})
}

// BenchmarkParse reads as many alerts as there may be.
func BenchmarkParse(b *testing.B) {
	alert := `{"status": "firing", "labels": {"alertname": "PharosReplicaDead", "service": "web", "node": "api", "replica": "tcp://10.0.0.1:80", "severity": "warning"},
		"annotations": {"summary": "A replica is dead.", "description": "Replica tcp://10.0.0.1:80 of node api, service web, is dead."},
		"startsAt": "2026-05-01T12:00:00Z", "fingerprint": "05469721481de984"},`
	sent := body(`"alerts": [`, `"alerts": [`+strings.Repeat(alert, 9_999))
	b.SetBytes(int64(len(sent)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := webhook.Parse(sent); err != nil {
			b.Fatal(err)
		}
	}
}
