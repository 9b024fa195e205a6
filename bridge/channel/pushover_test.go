// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

const (
	pushoverTaken   = `{"status": 1, "request": "647d2300-702c-4b38-8b2f-d56326ae460b"}`
	pushoverRefused = `{"user": "invalid", "errors": ["%s"], "status": 0, "request": "5042853c-402d-4a18-abcb-168734a801de"}`

	pushoverApp   = "SecretOfTheApplication00000000"
	pushoverAlice = "SecretKeyOfAlice00000000000000"
	pushoverBob   = "SecretKeyOfBob0000000000000000"
)

func openPushover(t testing.TB, address, more string) Channel {
	t.Helper()
	return open(t, &Pushover{}, fmt.Sprintf("token: %s\nusers: [{name: alice, key: %s}, {name: bob, key: %s}]\nbase_url: %s\n%s",
		pushoverApp, pushoverAlice, pushoverBob, address, more))
}

func TestPushover(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusOK, pushoverTaken))
	c := openPushover(t, service.URL, "emergency: {}\nsound: siren\ndevice: phone,tablet")
	require.Equal(t, []string{"alice", "bob"}, c.Recipients())
	require.False(t, c.Keyed())
	goldenRequests(t, "pushover", service, c)
}

func TestPushoverRequest(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusOK, pushoverTaken))
	c := openPushover(t, service.URL, "title: 'T {{ .Status }}'\ntext: 'M {{ .Status }}'")
	require.NoError(t, c.Send(t.Context(), "bob", message(t, "firing")))
	r := service.only(t)
	require.Equal(t, "POST /1/messages.json", r.Method+" "+r.URI)
	require.Equal(t, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, r.header(t))
	require.Equal(t, map[string]string{
		"token": pushoverApp, "user": pushoverBob, "title": "T firing", "message": "M firing", "priority": "1",
		"url": "https://status.example.com/", "url_title": "Example Status", "timestamp": "1614600000",
	}, r.form(t))
	require.EqualError(t, c.Send(t.Context(), "dave", message(t, "firing")), "dave is not one of the channel's users")
}

// The page's link is there once: in the text, or beside a text without it.
func TestPushoverPageOnce(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusOK, pushoverTaken))
	const page = "https://status.example.com/"
	for text, want := range map[string]string{
		"": "", "'{{ .PageURL }}'": "", "'Look at {{ .PageURL }} now'": "", "Look": page, "'{{ .PageURL }}web'": page,
	} {
		require.NoError(t, openPushover(t, service.URL, "text: "+text).Send(t.Context(), "alice", message(t, "firing")))
		form := service.only(t).form(t)
		require.Equal(t, want, form["url"], text)
		require.Equal(t, want != "", form["url_title"] != "", text)
	}
}

func TestPushoverPriorities(t *testing.T) {
	t.Parallel()
	for more, want := range map[string]map[string][]string{
		"escalate: true": {
			"firing": {"1", "1"}, "resolved": {"-1", "-1"}, "startup": {"-1", "-1"},
			"reminder": {"1", "0"}, "reminder-2": {"1", "1"}, "reminder-over": {"-1", "-1"},
		},
		"emergency: {retry: 30s, expire: 3h}": {"firing": {"2 30 10800", "2 30 10800"}, "resolved": {"-1", "-1"}},
		"emergency: {}\nescalate: true":       {"reminder": {"2 60 3600", "0"}},
	} {
		service := newFake(t, says(http.StatusOK, pushoverTaken))
		c := openPushover(t, service.URL, more)
		for sample, want := range want {
			var got []string
			for _, name := range c.Recipients() {
				require.NoError(t, c.Send(t.Context(), name, message(t, sample)))
				requests := service.all()
				form := requests[len(requests)-1].form(t)
				got = append(got, strings.TrimSpace(form["priority"]+" "+form["retry"]+" "+form["expire"]))
			}
			require.Equal(t, want, got, "%s: %s", more, sample)
		}
	}
}

// What is shown as the time is when it happened; of what goes on, when it is told.
func TestPushoverTimestamp(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusOK, pushoverTaken))
	c := openPushover(t, service.URL, "")
	for sample, want := range map[string]string{
		"firing": "1614600000", "resolved": "1614601800", "reminder": "", "reminder-over": "",
	} {
		require.NoError(t, c.Send(t.Context(), "alice", message(t, sample)))
		require.Equal(t, want, service.only(t).form(t)["timestamp"], sample)
	}
	m := message(t, "firing")
	m.NotificationReason = "repeat interval elapsed"
	require.NoError(t, c.Send(t.Context(), "alice", m))
	require.NotContains(t, service.only(t).form(t), "timestamp")
}

func TestPushoverCuts(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusOK, pushoverTaken))
	c := openPushover(t, service.URL, "title: "+strings.Repeat("ü", 300)+"\ntext: "+strings.Repeat("ü", 2000))
	require.NoError(t, c.Send(t.Context(), "alice", message(t, "firing")))
	form := service.only(t).form(t)
	require.Equal(t, 250, utf8.RuneCountInString(form["title"]))
	require.Equal(t, 1024, utf8.RuneCountInString(form["message"]))
}

func TestPushoverErrors(t *testing.T) {
	t.Parallel()
	testErrors(t, troubled{
		open:   func(t testing.TB, address string) Channel { t.Helper(); return openPushover(t, address, "") },
		status: http.StatusOK, answer: pushoverTaken, complaint: pushoverRefused, secrets: []string{pushoverApp, pushoverAlice, pushoverBob},
	})
}

func TestPushoverStatus(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusOK, strings.ReplaceAll(pushoverRefused, "%s", "user key is invalid; "+pushoverAlice)))
	err := openPushover(t, service.URL, "").Send(t.Context(), "alice", message(t, "firing"))
	e, ok := errors.AsType[*Error](err)
	require.True(t, ok)
	require.True(t, e.Refused)
	require.ErrorContains(t, err, " refused the message: user key is invalid; <secret>")
}

// Pushover asks those who call it in vain not to do so again at once.
func TestPushoverPauses(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]time.Duration{500: pushoverPause, 429: pushoverPause, 400: 0} {
		err := openPushover(t, newFake(t, says(status, "")).URL, "").Send(t.Context(), "alice", message(t, "firing"))
		e, ok := errors.AsType[*Error](err)
		require.True(t, ok)
		require.Equal(t, want, e.After, status)
	}
}

func TestPushoverRefuses(t *testing.T) {
	t.Parallel()
	const good = "token: " + pushoverApp + "\nusers: [{key: " + pushoverAlice + "}]\n"
	testRefuses(t, func() Settings { return &Pushover{} }, map[string]struct{ text, want string }{
		"nothing":   {"{}", ":1: token: is missing; set token_file to a file that holds it\n:1: nobody is told; set users"},
		"good":      {good, ""},
		"token":     {"token: secret-short\nusers: [{key: " + pushoverAlice + "}]", ":1: token: not one of Pushover; copy the 30 letters and digits that it shows"},
		"key":       {"token: " + pushoverApp + "\nusers: [{key: a@example.com}]", ":2: users[0].key: not one of Pushover; copy the 30 letters and digits that it shows"},
		"key file":  {"token: " + pushoverApp + "\nusers: [{key_file: /nowhere}]", ":2: users[0].key_file: open /nowhere: no such file or directory; write the secret into it"},
		"same name": {"token: " + pushoverApp + "\nusers:\n- {name: a, key: " + pushoverAlice + "}\n- {name: a, key: " + pushoverBob + "}", `:4: users[1].name: "a" is there twice; give each recipient a name of its own`},
		"emergency": {good + "emergency:\n  retry: 10s\n  expire: 4h", ":4: emergency.retry: 10s is too short; Pushover takes 30s or more\n:5: emergency.expire: 4h is too long; Pushover takes 3h or less"},
		"device": {good + "device: 'a,b c,'", `:3: device: "b c" is not a name that Pushover has; use at most 25 letters, digits, - and _
:3: device: "" is not a name that Pushover has; use at most 25 letters, digits, - and _`},
		"sound":   {good + "sound: 'ding dong'\ndevice: ''", `:3: sound: "ding dong" is not a name that Pushover has; use at most 25 letters, digits, - and _`},
		"address": {good + "base_url: http://a?b", ":3: base_url: an address such as https://api.pushover.net has no query and no fragment; remove them"},
	})
}
