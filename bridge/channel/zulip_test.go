// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
)

const (
	zulipTaken  = `{"id": 42, "msg": "", "result": "success", "automatic_new_visibility_policy": 2}`
	zulipFailed = `{"code": "BAD_REQUEST", "msg": "%s", "result": "error"}`
)

func openZulip(t testing.TB, address, more string) Channel {
	t.Helper()
	return open(t, &Zulip{}, `{site: "`+address+`/", bot_email: pharos-bot@example.com, api_key: secret-key, streams: [ops, "on call"], users: [alice@example.com]`+more+`}`)
}

func TestZulip(t *testing.T) {
	t.Parallel()
	service := newFake(t, zulipTakes)
	c := openZulip(t, service.URL, "")
	require.Equal(t, []string{"#ops", "#on call", "alice@example.com"}, c.Recipients())
	require.False(t, c.Keyed())
	goldenRequests(t, "zulip", service, c)
	require.NoError(t, c.Send(t.Context(), "alice@example.com", message(t, "firing")))
	testkit.Golden(t, "zulip.direct.golden", service.only(t).shown(t))
	require.NoError(t, c.Send(t.Context(), "#on call", message(t, "firing")))
	require.Equal(t, `"on call"`, service.only(t).form(t)["to"])
}

// zulipTakes checks the stream and the topic as Zulip does.
func zulipTakes(w http.ResponseWriter, r *http.Request) {
	topic := r.PostFormValue("topic")
	var stream string
	if r.PostFormValue("type") == "stream" && json.Unmarshal([]byte(r.PostFormValue("to")), &stream) != nil {
		says(http.StatusBadRequest, `{"code": "STREAM_DOES_NOT_EXIST", "msg": "Channel does not exist", "result": "error"}`)(w, r)
		return
	}
	odd := func(r rune) bool { return unicode.IsControl(r) || r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef }
	switch at := strings.IndexFunc(topic, odd); {
	case r.PostFormValue("type") != "stream":
	case at >= 0:
		says(http.StatusBadRequest, `{"code": "BAD_REQUEST", "msg": "Invalid character in topic!", "result": "error"}`)(w, r)
		return
	case strings.TrimSpace(topic) == "":
		says(http.StatusBadRequest, `{"code": "BAD_REQUEST", "msg": "Topic can't be empty!", "result": "error"}`)(w, r)
		return
	}
	says(http.StatusOK, zulipTaken)(w, r)
}

// Whatever a service is called, its messages have a topic that Zulip takes.
func TestZulipTopics(t *testing.T) {
	t.Parallel()
	service := newFake(t, zulipTakes)
	c := openZulip(t, service.URL, `, topic: "{{ .CommonLabels.service }}"`)
	for name, want := range map[string]string{
		"web": "web", " ": "", "\u00a0": "", "\uffff": "Alerts", "a\ufffeb\U0010ffff\ufdd0": "ab", "a\x00b\u0085c": "a b c",
		strings.Repeat("é", 70): strings.Repeat("é", 59) + "…",
	} {
		m := message(t, "firing")
		for _, a := range m.Alerts {
			a.Labels["service"] = name
		}
		m.CommonLabels["service"], m.GroupLabels["service"] = name, name
		require.NoError(t, c.Send(t.Context(), "#ops", m), "%q", name)
		if topic := service.only(t).form(t)["topic"]; want != "" { // else the default template has said something
			require.Equal(t, want, topic, "%q", name)
		}
	}
}

// The name of a stream is a name, also where it looks like an id.
func TestZulipStreams(t *testing.T) {
	t.Parallel()
	service := newFake(t, zulipTakes)
	c := open(t, &Zulip{}, `{site: "`+service.URL+`", bot_email: pharos-bot@example.com, api_key: secret-key, streams: ["2024", "true", "[x]", '"x"']}`)
	for _, recipient := range c.Recipients() {
		require.NoError(t, c.Send(t.Context(), recipient, message(t, "firing")))
		var stream string
		require.NoError(t, json.Unmarshal([]byte(service.only(t).form(t)["to"]), &stream))
		require.Equal(t, recipient, "#"+stream)
	}
}

func TestZulipOwnWords(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusOK, zulipTaken))
	c := openZulip(t, service.URL, `, topic: "{{ .CommonLabels.service }}\n{{ .Status }}", text: "@**On call** {{ .CommonLabels.service }} [what to do]({{ (index .Alerts 0).Annotations.runbook_url }})"`)
	require.NoError(t, c.Send(t.Context(), "#ops", message(t, "firing")))
	form := service.only(t).form(t)
	require.Equal(t, "web firing", form["topic"])
	require.Equal(t, "@**On call** web [what to do](https://github.com/pharos-status/pharos/blob/main/docs/runbooks/PharosServiceDead.md)", form["content"])

	require.NoError(t, c.Send(t.Context(), "#ops", message(t, "hostile")))
	form = service.only(t).form(t)
	require.Equal(t, 1, strings.Count(form["content"], "@**"), "%s", form["content"])
	require.LessOrEqual(t, len([]rune(form["topic"])), zulipTopic)
	require.NotContains(t, form["topic"], "\n")
}

func TestZulipLength(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusOK, zulipTaken))
	c := openZulip(t, service.URL, `, topic: " ", text: "`+strings.Repeat("é", 2*zulipContent)+`"`)
	m := message(t, "firing")
	m.Note = "Told late."
	require.NoError(t, c.Send(t.Context(), "#ops", m))
	form := service.only(t).form(t)
	require.Len(t, []rune(form["content"]), zulipContent)
	require.True(t, strings.HasSuffix(form["content"], "\nTold late."), "the note is never cut")
	require.NotEmpty(t, form["topic"], "there is always a topic")
}

func TestZulipErrors(t *testing.T) {
	t.Parallel()
	testErrors(t, troubled{
		open: func(t testing.TB, address string) Channel {
			t.Helper()
			return openZulip(t, address, "")
		},
		status: http.StatusOK, answer: zulipTaken, complaint: zulipFailed, secrets: []string{"secret-key", base64.StdEncoding.EncodeToString([]byte("pharos-bot@example.com:secret-key"))},
	})
}

func TestZulipOwnErrors(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]struct {
		status int
		outcome
	}{
		`{"code": "RATE_LIMIT_HIT", "msg": "API usage exceeded rate limit", "result": "error", "retry-after": 28.5}`: {
			http.StatusTooManyRequests, outcome{least: 28500 * time.Millisecond, most: 28500 * time.Millisecond, words: "API usage exceeded rate limit"},
		},
		`{"code": "RATE_LIMIT_HIT", "msg": "", "result": "error", "retry-after": 1e300}`: {http.StatusTooManyRequests, outcome{least: maxAfter, most: maxAfter}},
		`{"code": "STREAM_DOES_NOT_EXIST", "msg": "Channel 'ops' does not exist", "result": "error", "stream": "ops"}`: {
			http.StatusBadRequest, outcome{refused: true, words: "Channel 'ops' does not exist"},
		},
		`{"code": "INVALID_API_KEY", "msg": "Invalid API key", "result": "error"}`: {http.StatusUnauthorized, outcome{refused: true, words: "Invalid API key"}},
	} {
		service := newFake(t, says(want.status, body))
		err := openZulip(t, service.URL, "").Send(t.Context(), "#ops", message(t, "firing"))
		troubled{}.requireOutcome(t, err, want.outcome)
	}
}

func TestZulipRefuses(t *testing.T) {
	t.Parallel()
	testRefuses(t, func() Settings { return &Zulip{} }, map[string]struct{ text, want string }{
		"nothing": {"{}", `:1: site: not an address; write one such as https://example.zulipchat.com
:1: bot_email: not an address; write the one that Zulip shows of the bot, such as pharos-bot@example.zulipchat.com
:1: api_key: is missing; set api_key_file to a file that holds it
:1: nobody is told; set streams or users`},
		"everything": {
			`{site: "https://u:secret-p@a.example", bot_email: "a:b@c", api_key: "secret-1 secret-2", streams: ["#ops", a, a], users: [bob, "#b@a.example"]}`,
			`:1: site: an address holds no user and password; remove them
:1: bot_email: not an address; write the one that Zulip shows of the bot, such as pharos-bot@example.zulipchat.com
:1: api_key: holds white space, or what is not ASCII; copy it again
:1: streams[0]: not the name of a stream; write it without #
:1: streams[2]: "a" is there twice; remove one
:1: users[0]: not the address of a user; write one such as alice@example.com
:1: users[1]: not the address of a user; write one such as alice@example.com`,
		},
	})
}
