// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	mastodonTaken  = `{"id": "103254962155278888", "created_at": "2026-03-01T12:00:01.000Z", "visibility": "public", "content": "<p>…</p>"}`
	mastodonFailed = `{"error": "%s"}`
)

func openMastodon(t testing.TB, address, more string) Channel {
	t.Helper()
	return open(t, &Mastodon{}, `{url: "`+address+`", access_token: secret-token`+more+`}`)
}

func TestMastodon(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusOK, mastodonTaken))
	c := openMastodon(t, service.URL, ", visibility: unlisted, language: en")
	require.Equal(t, []string{strings.TrimPrefix(service.URL, "http://")}, c.Recipients())
	require.True(t, c.Keyed())
	goldenRequests(t, "mastodon", service, c)

	c = openMastodon(t, service.URL, "")
	require.NoError(t, c.Send(t.Context(), c.Recipients()[0], message(t, "firing")))
	form := service.only(t).form(t)
	require.Equal(t, "public", form["visibility"])
	require.Len(t, form, 2, "there is no language unless it is set")
}

func TestMastodonOwnWords(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusOK, mastodonTaken))
	c := openMastodon(t, service.URL, `, text: "#outage of {{ .CommonLabels.service }}, ask @support@example.com"`)
	require.NoError(t, c.Send(t.Context(), c.Recipients()[0], message(t, "firing")))
	require.Equal(t, "#outage of web, ask @support@example.com", service.only(t).form(t)["status"])
	require.NoError(t, c.Send(t.Context(), c.Recipients()[0], message(t, "hostile")))
	status := service.only(t).form(t)["status"]
	require.NotContains(t, status, "@evil")
	require.NotContains(t, status, "#top")
	require.NotContains(t, status, "https://")
}

// Nor do addresses in annotations call anybody.
func TestMastodonLinks(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusOK, mastodonTaken))
	c := openMastodon(t, service.URL, `, text: "{{ (index .Alerts 0).Annotations.incident_url }} {{ .Link `+"`incident_url`"+` }}"`)
	for address, want := range map[string]string{
		"https://a.example/1":                        "https://a.example/1 https://a.example/1",
		"https://a.example/x,@bob@evil.example,#tag": "https:|//a.example/x,@|bob@|evil.example,#|tag",
	} {
		m := message(t, "firing")
		m.Alerts[0].Annotations["incident_url"] = address
		require.NoError(t, c.Send(t.Context(), c.Recipients()[0], m))
		require.Equal(t, strings.ReplaceAll(want, "|", "\u2060"), service.only(t).form(t)["status"])
	}
}

func TestMastodonLength(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusOK, mastodonTaken))
	c := openMastodon(t, service.URL, `, max_characters: 100, text: "`+strings.Repeat("é", 200)+`"`)
	m := message(t, "firing")
	m.Note = "Told late."
	require.NoError(t, c.Send(t.Context(), c.Recipients()[0], m))
	status := service.only(t).form(t)["status"]
	require.Equal(t, 100, mastodonLength(status))
	require.True(t, strings.HasSuffix(status, "…\nTold late."), "the note is never cut: %s", status)
}

func TestMastodonErrors(t *testing.T) {
	t.Parallel()
	testErrors(t, troubled{
		open: func(t testing.TB, address string) Channel {
			t.Helper()
			return openMastodon(t, address, "")
		},
		status: http.StatusOK, answer: mastodonTaken, complaint: mastodonFailed, secrets: []string{"secret-token"},
	})
}

func TestMastodonOwnErrors(t *testing.T) {
	t.Parallel()
	for body, status := range map[string]int{
		"Validation failed: Text character limit of 500 exceeded": http.StatusUnprocessableEntity,
		"The access token is invalid":                             http.StatusUnauthorized,
		"This action is outside the authorized scopes":            http.StatusForbidden,
	} {
		service := newFake(t, says(status, `{"error": "`+body+`"}`))
		c := openMastodon(t, service.URL, "")
		troubled{}.requireOutcome(t, c.Send(t.Context(), c.Recipients()[0], message(t, "firing")), outcome{refused: true, words: body})
	}
}

func TestMastodonRefuses(t *testing.T) {
	t.Parallel()
	testRefuses(t, func() Settings { return &Mastodon{} }, map[string]struct{ text, want string }{
		"nothing": {"{}", `:1: url: not an address; write one such as https://mastodon.example
:1: access_token: is missing; set access_token_file to a file that holds it`},
		"everything": {
			`{url: "https://a.example/?b", access_token: secret-a, visibility: direct, language: English, max_characters: 10}`,
			`:1: url: an address such as https://mastodon.example has no query and no fragment; remove them
:1: visibility: "direct" is none of public, unlisted and private
:1: language: "English" is not a language; write two letters, such as en
:1: max_characters: 10 is not between 50 and 100000`,
		},
	})
}
