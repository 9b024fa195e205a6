// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	gotifyTaken   = `{"id": 25, "appid": 5, "message": "m", "title": "t", "priority": 8, "date": "2026-03-01T12:00:00Z"}`
	gotifyRefused = `{"error": "Unauthorized", "errorCode": 401, "errorDescription": "%s"}`
)

func openGotify(t testing.TB, address, more string) Channel {
	t.Helper()
	return open(t, &Gotify{}, fmt.Sprintf(`
url: %s
tokens: [{name: alice, token: secret-a}, {name: bob, token: secret-b}, {name: carol, token: secret-c}]
%s`, address, more))
}

func TestGotify(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusOK, gotifyTaken))
	c := openGotify(t, service.URL+"/push/", "")
	require.Equal(t, []string{"alice", "bob", "carol"}, c.Recipients())
	require.False(t, c.Keyed())
	goldenRequests(t, "gotify", service, c)
}

func TestGotifyRequest(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusOK, gotifyTaken))
	c := openGotify(t, service.URL, "title: 'T {{ .Status }}'\ntext: 'M {{ .Status }}'\npriorities: {urgent: 10}")
	require.NoError(t, c.Send(t.Context(), "bob", message(t, "firing")))
	r := service.only(t)
	require.Equal(t, "POST /message", r.Method+" "+r.URI)
	require.Equal(t, http.Header{"Content-Type": {"application/json"}, "X-Gotify-Key": {"secret-b"}}, r.header(t))
	require.JSONEq(t, `{"title": "T firing", "message": "M firing", "priority": 10, "extras": {
		"client::display": {"contentType": "text/plain"}, "client::notification": {"click": {"url": "https://status.example.com/"}}}}`, string(r.Body))
	require.EqualError(t, c.Send(t.Context(), "dave", message(t, "firing")), "dave is not one of the channel's tokens")
}

func TestGotifyPriorities(t *testing.T) {
	t.Parallel()
	for more, want := range map[string]map[string][]int{
		"escalate: true": {
			"firing": {8, 8, 8}, "resolved": {2, 2, 2}, "startup": {2, 2, 2}, "foreign": {5, 5, 5},
			"reminder": {8, 5, 5}, "reminder-2": {8, 8, 5}, "reminder-over": {2, 2, 2},
		},
		"priorities: {urgent: 10, quiet: 0}": {"firing": {10, 10, 10}, "reminder": {10, 10, 10}, "resolved": {0, 0, 0}},
	} {
		service := newFake(t, says(http.StatusOK, gotifyTaken))
		c := openGotify(t, service.URL, more)
		for sample, want := range want {
			var got []int
			for _, name := range c.Recipients() {
				require.NoError(t, c.Send(t.Context(), name, message(t, sample)))
				var m gotifyMessage
				require.NoError(t, json.Unmarshal(service.only(t).Body, &m))
				got = append(got, m.Priority)
			}
			require.Equal(t, want, got, "%s: %s", more, sample)
		}
	}
}

func TestGotifyErrors(t *testing.T) {
	t.Parallel()
	testErrors(t, troubled{
		open:   func(t testing.TB, address string) Channel { t.Helper(); return openGotify(t, address, "") },
		status: http.StatusOK, answer: gotifyTaken, complaint: gotifyRefused, secrets: []string{"secret-a", "secret-b", "secret-c"},
	})
}

func TestGotifyWithoutName(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"gotify"}, open(t, &Gotify{}, "{url: http://127.0.0.1, tokens: [{token: secret-a}]}").Recipients())
}

func TestGotifyRefuses(t *testing.T) {
	t.Parallel()
	const good = "url: https://gotify.example.com\ntokens: [{token: secret-a}]\n"
	const two = "url: https://gotify.example.com\ntokens:\n- {name: alice, token: secret-a}\n- "
	testRefuses(t, func() Settings { return &Gotify{} }, map[string]struct{ text, want string }{
		"nothing":     {"{}", ":1: url: not an address; write one such as https://gotify.example.com\n:1: nobody is told; set tokens"},
		"good":        {good, ""},
		"no secret":   {"url: https://gotify.example.com\ntokens: [{name: a}]", ":2: tokens[0].token: is missing; set token_file to a file that holds it"},
		"odd secret":  {"url: https://gotify.example.com\ntokens: [{token: \"secret-\\n\"}]", ":2: tokens[0].token: holds white space, or what is not ASCII; copy it again"},
		"no name":     {two + "{token: secret-b}", ":4: tokens[1].name: the recipient has no name; write one, such as alice, to tell it from the others"},
		"same name":   {two + "{name: alice, token: secret-b}", `:4: tokens[1].name: "alice" is there twice; give each recipient a name of its own`},
		"odd name":    {two + "{name: \"b\\nb\", token: secret-b}", ":4: tokens[1].name: not a name; write at most 64 characters in one line"},
		"priority":    {good + "priorities: {quiet: -1,\n urgent: 11}", ":4: priorities.urgent: 11 is not a priority; write one from 0 to 10\n:3: priorities.quiet: -1 is not a priority; write one from 0 to 10"},
		"credentials": {"url: https://user:secret-u@gotify.example.com\ntokens: [{token: secret-a}]", ":1: url: an address holds no user and password; remove them"},
	})
}
