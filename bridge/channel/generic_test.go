// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
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

func TestHTTPBroken(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusOK, ""))
	for more, want := range map[string]outcome{
		`, body: '{"text": "{{ .CommonLabels.service }}"}'`: {refused: true, words: "is not JSON; let it write each text through toJson"},
		`, body: '{{ (index .Alerts 5).Status }}'`:          {refused: true, words: "fill in the body"},
	} {
		s := &HTTP{}
		_ = decoded(t, s, `{url: "`+service.URL+`"`+more+`}`) // which may find it out already
		c, err := s.Open(Options{Name: "test", Words: testWords(t)})
		require.NoError(t, err)
		m := message(t, "firing")
		m.CommonLabels["service"] = `we"b`
		troubled{}.requireOutcome(t, c.Send(t.Context(), "http", m), want)
	}
	require.Empty(t, service.all())
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
		"soon none": {`{url: "https://hooks.example/secret-a", body: '{"text": "{{ .CommonLabels.alertname }}"}'}`, ":1: body: a quotation mark within a label would break the JSON; write each text through toJson, without quotation marks around it"},
		"GET":       {`{url: "https://hooks.example/secret-a", method: GET, body: "{{ .Status }}"}`, ":1: body: a request with the method GET has no body; remove it, or use POST"},
	})
}
