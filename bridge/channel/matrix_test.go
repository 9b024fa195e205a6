// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	matrixTaken  = `{"event_id": "$YUwRidLecu:example.com"}`
	matrixFailed = `{"errcode": "M_FORBIDDEN", "error": "%s"}`
)

func openMatrix(t testing.TB, address, rooms, more string) Channel {
	t.Helper()
	return open(t, &Matrix{}, `{homeserver: "`+address+`", access_token: secret-token, rooms: [`+rooms+`]`+more+`}`)
}

func TestMatrix(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusOK, matrixTaken))
	c := openMatrix(t, service.URL, `"!ops/1:example.com", "#ops:example.com"`, "")
	require.Equal(t, []string{"!ops/1:example.com", "#ops:example.com"}, c.Recipients())
	require.True(t, c.Keyed())
	goldenRequests(t, "matrix", service, c)
}

// TestMatrixAlias has an alias lead to a room, which is then replaced by another.
func TestMatrixAlias(t *testing.T) {
	t.Parallel()
	var room atomic.Value
	room.Store("!first:example.com")
	service := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodGet:
			says(http.StatusOK, `{"room_id": "`+room.Load().(string)+`", "servers": ["example.com"]}`)(w, r)
		case strings.Contains(r.URL.Path, room.Load().(string)):
			says(http.StatusOK, matrixTaken)(w, r)
		default:
			says(http.StatusForbidden, `{"errcode": "M_FORBIDDEN", "error": "The room has been replaced"}`)(w, r)
		}
	})
	c := openMatrix(t, service.URL, `"#ops:example.com"`, "")
	sent := func() (lines []string) {
		for _, r := range service.all() {
			require.Equal(t, "Bearer secret-token", r.Header.Get("Authorization"))
			if r.Method == http.MethodGet {
				require.Equal(t, []string{"Authorization"}, keysOf(r.header(t)))
				require.Empty(t, r.Body)
			}
			lines = append(lines, r.Method+" "+strings.TrimPrefix(r.URI, "/_matrix/client/v3"))
		}
		return lines
	}
	const look = "GET /directory/room/%23ops:example.com"
	put := func(room string) string {
		return "PUT /rooms/%21" + room + ":example.com/send/m.room.message/" + testKey
	}

	require.NoError(t, c.Send(t.Context(), "#ops:example.com", message(t, "firing")))
	require.Equal(t, []string{look, put("first")}, sent())
	require.NoError(t, c.Send(t.Context(), "#ops:example.com", message(t, "firing")))
	require.Equal(t, []string{put("first")}, sent(), "the room is remembered")
	room.Store("!second:example.com")
	require.NoError(t, c.Send(t.Context(), "#ops:example.com", message(t, "firing")))
	require.Equal(t, []string{put("first"), look, put("second")}, sent(), "the alias leads to another room now")

	room.Store("!nowhere:example.com")
	c = openMatrix(t, newFake(t, says(http.StatusOK, `{"room_id": "?"}`)).URL, `"#ops:example.com"`, "")
	troubled{}.requireOutcome(t, c.Send(t.Context(), "#ops:example.com", message(t, "firing")), outcome{odd: true, words: "but not as a server of Matrix does"})
	c = openMatrix(t, newFake(t, says(http.StatusNotFound, `{"errcode": "M_NOT_FOUND", "error": "Room alias not found"}`)).URL, `"#ops:example.com"`, "")
	troubled{}.requireOutcome(t, c.Send(t.Context(), "#ops:example.com", message(t, "firing")), outcome{refused: true, words: "M_NOT_FOUND: Room alias not found"})
	c = openMatrix(t, newFake(t, says(http.StatusBadGateway, "")).URL, `"#ops:example.com"`, "")
	troubled{}.requireOutcome(t, c.Send(t.Context(), "#ops:example.com", message(t, "firing")), outcome{})
}

func TestMatrixOwnWords(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusOK, matrixTaken))
	event := func(more string) (event map[string]any) {
		c := openMatrix(t, service.URL, `"!ops:example.com"`, more)
		require.NoError(t, c.Send(t.Context(), "!ops:example.com", message(t, "hostile")))
		require.NoError(t, json.Unmarshal(service.only(t).Body, &event))
		return event
	}
	require.Equal(t, map[string]any{"msgtype": "m.text", "body": "It is firing.", "m.mentions": map[string]any{}},
		event(`, text: "It is {{ .Status }}."`), "words of HTML that are not the operator's do not hide those that are")
	both := event(`, text: "It is {{ .Status }}.", html: "<b>{{ .CommonLabels.service }}</b>"`)
	require.Equal(t, "org.matrix.custom.html", both["format"])
	require.Equal(t, 2, strings.Count(both["formatted_body"].(string), "<"), "%s", both["formatted_body"])
}

func keysOf(header http.Header) (names []string) {
	for name := range header {
		names = append(names, name)
	}
	return names
}

// TestMatrixLength has texts that are longer than an event may be.
func TestMatrixLength(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusOK, matrixTaken))
	long := strings.Repeat("𝄞", 2*matrixBody)
	for html, formatted := range map[string]bool{"<b>" + strings.Repeat("a", 20_000) + "</b>": true, long: false} {
		c := openMatrix(t, service.URL, `"!ops:example.com"`, `, text: "`+long+`", html: "`+html+`"`)
		require.NoError(t, c.Send(t.Context(), "!ops:example.com", message(t, "firing")))
		r := service.only(t)
		require.LessOrEqual(t, len(r.Body), matrixEvent)
		var event map[string]any
		require.NoError(t, json.Unmarshal(r.Body, &event))
		require.Len(t, []rune(event["body"].(string)), matrixBody)
		require.Equal(t, formatted, event["format"] != nil)
		require.Equal(t, formatted, event["formatted_body"] != nil)
	}
}

func TestMatrixErrors(t *testing.T) {
	t.Parallel()
	testErrors(t, troubled{
		open: func(t testing.TB, address string) Channel {
			t.Helper()
			return openMatrix(t, address, `"!ops:example.com"`, "")
		},
		status: http.StatusOK, answer: matrixTaken, complaint: matrixFailed, secrets: []string{"secret-token"},
	})
}

func TestMatrixOwnErrors(t *testing.T) {
	t.Parallel()
	limited := func(after, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", after)
			says(http.StatusTooManyRequests, body)(w, r)
		}
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   outcome
	}{
		"in the body":   {limited("", `{"errcode": "M_LIMIT_EXCEEDED", "error": "Too many requests", "retry_after_ms": 2500}`), outcome{least: 2500 * time.Millisecond, most: 2500 * time.Millisecond, words: "M_LIMIT_EXCEEDED: Too many requests"}},
		"in the header": {limited("3", `{"errcode": "M_LIMIT_EXCEEDED", "error": "Too many requests"}`), outcome{least: 3 * time.Second, most: 3 * time.Second}},
		"in both":       {limited("3", `{"errcode": "M_LIMIT_EXCEEDED", "error": "Too many requests", "retry_after_ms": 2500}`), outcome{least: 3 * time.Second, most: 3 * time.Second}},
		"not in a room": {says(http.StatusForbidden, `{"errcode": "M_FORBIDDEN", "error": "User not in room"}`), outcome{refused: true, words: "M_FORBIDDEN: User not in room"}},
		"token":         {says(http.StatusUnauthorized, `{"errcode": "M_UNKNOWN_TOKEN", "error": "Invalid access token", "soft_logout": false}`), outcome{refused: true, words: "M_UNKNOWN_TOKEN"}},
	} {
		err := openMatrix(t, newFake(t, c.answer).URL, `"!ops:example.com"`, "").Send(t.Context(), "!ops:example.com", message(t, "firing"))
		troubled{}.requireOutcome(t, err, c.want)
		require.NotContains(t, name, "secret")
	}
}

func TestMatrixRefuses(t *testing.T) {
	t.Parallel()
	const room = `not a room; write its id, such as "!id:example.com", or an alias, such as "#ops:example.com", in quotes`
	testRefuses(t, func() Settings { return &Matrix{} }, map[string]struct{ text, want string }{
		"nothing": {"{}", `:1: homeserver: not an address; write one such as https://matrix.example.com
:1: access_token: is missing; set access_token_file to a file that holds it
:1: nobody is told; set rooms`},
		"rooms": {
			`{homeserver: "https://a.example", access_token: "secret-a", rooms: [ops, "#ops", "@a:b", "!", "!a", "!a"]}`,
			`:1: rooms[0]: ` + room + `
:1: rooms[1]: ` + room + `
:1: rooms[2]: ` + room + `
:1: rooms[3]: ` + room + `
:1: rooms[5]: "!a" is there twice; remove one`,
		},
	})
}
