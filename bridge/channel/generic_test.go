// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/webhook"
	"github.com/pharos-status/pharos/internal/testkit"
)

func openHTTP(t testing.TB, address, more string) Channel {
	t.Helper()
	return open(t, &HTTP{}, `{url: "`+address+`/hooks/secret-path?token=secret-query"`+more+`}`)
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusAccepted, "whatever"))
	c := openHTTP(t, service.URL, "")
	require.Equal(t, []string{"http"}, c.Recipients())
	require.False(t, c.Keyed())
	goldenRequests(t, "http", service, c)

	require.NoError(t, c.Send(t.Context(), "http", message(t, "hostile")))
	again, err := webhook.Parse(service.only(t).Body)
	require.NoError(t, err)
	require.Equal(t, notification(t, "hostile"), again, "it is Alertmanager's format")
}

func TestHTTPRequests(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusOK, ""))
	for name, more := range map[string]string{
		"put":   `, method: PUT, idempotent: true, headers: {x-source: pharos}, secret_headers: {authorization: {value: "Bearer secret-token"}}, body: '{"text": {{ .CommonLabels.service | toJson }}}'`,
		"plain": `, method: PATCH, content_type: "text/plain; charset=utf-8", body: '{{ .CommonLabels.service }} is {{ .Status }}.'`,
		"get":   `, method: GET`,
	} {
		c := openHTTP(t, service.URL, more)
		require.Equal(t, name == "put", c.Keyed())
		m := message(t, "firing")
		m.Note = "Told late."
		require.NoError(t, c.Send(t.Context(), "http", m))
		testkit.Golden(t, "http."+name+".golden", service.only(t).shown(t))
	}
}

// A body of one's own can say what is known of one message.
func TestHTTPNote(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusOK, ""))
	c := openHTTP(t, service.URL, `, body: '{"note": {{ toJson .Note }}, "overtaken": {{ .Overtaken }}}'`)
	m := message(t, "firing")
	m.Note, m.Over = "Told late.", true
	require.NoError(t, c.Send(t.Context(), "http", m))
	require.JSONEq(t, `{"note": "Told late.", "overtaken": true}`, string(service.only(t).Body))
}

// A body that comes out as no JSON is better replaced than lost.
func TestHTTPBroken(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"no JSON": `'{"text": "{{ .CommonLabels.service }}"}'`, "an error": `'{{ (index .Alerts 5).Status }}'`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := newFake(t, says(http.StatusOK, ""))
			s, log := &HTTP{}, &bytes.Buffer{}
			_ = decoded(t, s, `{url: "`+service.URL+`", body: `+body+`}`) // which finds it out already
			c, err := s.Open(Options{Name: "tickets", Words: testWords(t), Logger: slog.New(slog.NewTextHandler(log, nil))})
			require.NoError(t, err)
			m := message(t, "firing")
			m.CommonLabels["service"] = `we"b`
			for range 3 {
				require.NoError(t, c.Send(t.Context(), "http", m))
			}
			for _, r := range service.all() {
				again, err := webhook.Parse(r.Body)
				require.NoError(t, err)
				require.Equal(t, m.Notification, again, "it is Alertmanager's format")
			}
			require.Equal(t, 1, strings.Count(log.String(), "level=WARN"), log)
			require.Contains(t, log.String(), "channel=tickets")
			require.NoError(t, c.Close())
		})
	}
}

// Of what is no JSON nothing is known that would do as well.
func TestHTTPBrokenText(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusOK, ""))
	s := &HTTP{}
	_ = decoded(t, s, `{url: "`+service.URL+`", content_type: text/plain, body: '{{ (index .Alerts 5).Status }}'}`)
	c, err := s.Open(Options{Name: "test", Words: testWords(t), Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	troubled{}.requireOutcome(t, c.Send(t.Context(), "http", message(t, "firing")), outcome{refused: true, words: "fill in the body"})
	require.Empty(t, service.all())
}

// A text in quotation marks is found in whatever the template asks for; one that goes
// through toJson is good.
func TestHTTPAwkwardTexts(t *testing.T) {
	t.Parallel()
	for text, good := range map[string]bool{
		`"{{ .CommonLabels.service }}"`:                                                false,
		`"{{ .CommonLabels.anything }}"`:                                               false,
		`"{{ .CommonAnnotations.team }}"`:                                              false,
		`"{{ .CommonAnnotations.dashboard_url }}"`:                                     false,
		`"{{ .GroupLabels.cluster }}"`:                                                 false,
		`"{{ index .CommonLabels "own_label" }}"`:                                      false,
		`"{{ with index .Alerts 0 }}{{ .Annotations.team }}{{ end }}"`:                 false,
		`"{{ .CommonLabels.service | reReplaceAll "\"" "" }}"`:                         false,
		`{{ .CommonLabels.anything | toJson }}`:                                        true,
		`"{{ .Status }}"`:                                                              true,
		`{{ if eq .CommonLabels.severity "critical" }}1{{ else }}2{{ end }}`:           true,
		`[{{ range $i, $a := .Alerts }}{{ if $i }},{{ end }}{{ toJson $a }}{{ end }}]`: true,
		`{{ .CommonLabels.SortedPairs.Values | join " " | toJson }}`:                   true,
	} {
		body, err := json.Marshal(`{"text": ` + text + `}`)
		require.NoError(t, err)
		errs := decoded(t, &HTTP{}, `{url: "https://hooks.example/a", body: `+string(body)+`}`)
		require.Equal(t, good, errs == nil, "%s: %v", text, errs)
		if !good {
			require.ErrorContains(t, errs, "would break the JSON")
		}
	}
}

func TestHTTPErrors(t *testing.T) {
	t.Parallel()
	testErrors(t, troubled{
		open: func(t testing.TB, address string) Channel {
			t.Helper()
			return openHTTP(t, address, `, secret_headers: {X-Token: {value: secret-token}}`)
		},
		status: http.StatusOK, unread: true, secrets: []string{"secret-path", "secret-query", "secret-token"},
	})
}

func TestHTTPSecretFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	address, token := filepath.Join(folder, "address"), filepath.Join(folder, "token")
	require.NoError(t, os.WriteFile(address, []byte("https://hooks.example/secret-path\n"), 0o600))
	require.NoError(t, os.WriteFile(token, []byte("secret-token\n"), 0o600))
	s := &HTTP{}
	require.Empty(t, decoded(t, s, `{url_file: "`+address+`", secret_headers: {X-Token: {value_file: "`+token+`"}}}`))
	require.Equal(t, "https://hooks.example/secret-path", string(s.URL))
	require.Equal(t, "secret-token", string(s.SecretHeaders["X-Token"].Value))
	shown, err := json.Marshal(s)
	require.NoError(t, err)
	require.NotContains(t, string(shown), "secret-token")
	require.NotContains(t, string(shown), "secret-path")
}

func TestHTTPRefuses(t *testing.T) {
	t.Parallel()
	testRefuses(t, func() Settings { return &HTTP{} }, map[string]struct{ text, want string }{
		"nothing": {"{}", ":1: url: is missing; set url_file to a file that holds it"},
		"everything": {
			`{url: "https://hooks.example/secret-a", method: DELETE, content_type: "a;;", headers: {"a b": c, Authorization: secret-b, Content-Type: d, Host: e, X: "f\ng"}, secret_headers: {x: {value: secret-c}, Y: {}, Z: {value: "a\nb"}}}`,
			`:1: method: "DELETE" is none of POST, PUT, PATCH and GET
:1: content_type: not a type of content; write one such as application/json
:1: headers.Authorization: is secret; set it in secret_headers
:1: headers.Content-Type: is set by content_type; remove it
:1: headers.Host: is set by the bridge; remove it
:1: headers.X: a header has one line, without control characters
:1: headers.a b: not the name of a header
:1: secret_headers.Y.value: is missing; set value_file to a file that holds it
:1: secret_headers.Z.value: a header has one line, without control characters
:1: secret_headers.x: is there twice; remove one`,
		},
		"no JSON":   {`{url: "https://hooks.example/secret-a", body: '{"text": {{ .CommonLabels.alertname }}}'}`, ":1: body: what it makes is not JSON; mend it, or set content_type"},
		"soon none": {`{url: "https://hooks.example/secret-a", body: '{"text": "{{ .CommonLabels.alertname }}"}'}`, ":1: body: a quotation mark, a backslash or a line break within a label or an annotation would break the JSON; write each text through toJson, without quotation marks around it"},
		"GET":       {`{url: "https://hooks.example/secret-a", method: GET, body: "{{ .Status }}"}`, ":1: body: a request with the method GET has no body; remove it, or use POST"},
	})
}
