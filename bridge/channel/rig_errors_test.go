// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
)

// A troubled is a channel whose service makes trouble.
type troubled struct {
	open      func(t testing.TB, address string) Channel // whose service is at http://127.0.0.1:PORT
	status    int                                        // of success
	answer    string                                     // of success
	complaint string                                     // the body of an error, with %s where the service's words stand, within a text of JSON
	unread    bool                                       // the body of an answer of success does not matter
	secrets   []string                                   // in no error
}

// The outcomes that errors can have.
type outcome struct {
	refused, unsure, odd bool
	least, most          time.Duration // of After
	words                string        // in the error
}

// testErrors acts out everything that goes wrong between a channel and its service.
func testErrors(t *testing.T, c troubled) {
	t.Helper()
	t.Run("answers", c.testAnswers)
	t.Run("connections", c.testConnections)
	t.Run("odd successes", c.testSuccesses)
	t.Run("echo", c.testEcho)
}

// complains returns the body of an error with these words.
func (c troubled) complains(words string) string {
	if c.complaint == "" {
		return words
	}
	text, _ := json.Marshal(words)
	return strings.ReplaceAll(c.complaint, "%s", strings.Trim(string(text), `"`))
}

// sends sends one message, and returns its error. Nothing secret is in that.
func (c troubled) sends(t testing.TB, ctx context.Context, address string) error { //nolint:revive // the test comes first, as in each helper
	t.Helper()
	ch := c.open(t, address)
	err := ch.Send(ctx, ch.Recipients()[0], message(t, "firing"))
	if err == nil {
		return nil
	}
	for _, form := range []string{err.Error(), fmt.Sprintf("%+v %#v", err, err)} {
		for _, secret := range c.secrets {
			require.NotContains(t, form, secret)
			require.NotContains(t, form, url.QueryEscape(secret))
		}
	}
	require.LessOrEqual(t, len(err.Error()), 2*status.MaxIDLength+100)
	return err
}

func (c troubled) requireOutcome(t testing.TB, err error, want outcome) {
	t.Helper()
	var got *Error
	require.ErrorAs(t, err, &got)
	require.Equal(t, want.refused, got.Refused, "refused: %v", err)
	require.Equal(t, want.unsure, got.Unsure, "unsure: %v", err)
	require.Equal(t, want.odd, got.Odd, "odd: %v", err)
	require.GreaterOrEqual(t, got.After, want.least, "%v", err)
	require.LessOrEqual(t, got.After, max(want.most, want.least+5*time.Second), "%v", err)
	require.Contains(t, err.Error(), want.words)
}

func (c troubled) testAnswers(t *testing.T) {
	t.Parallel()
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	words := "words of the service"
	if c.complaint == "" {
		words = ""
	}
	for name, a := range map[string]struct {
		status int
		after  string
		want   outcome
	}{
		"bad request":        {400, "", outcome{refused: true, words: "answered 400 Bad Request"}},
		"words":              {400, "", outcome{refused: true, words: words}},
		"unauthorized":       {401, "", outcome{refused: true}},
		"forbidden":          {403, "", outcome{refused: true}},
		"not found":          {404, "", outcome{refused: true, words: "answered 404 Not Found"}},
		"gone":               {410, "", outcome{refused: true}},
		"too large":          {413, "", outcome{refused: true}},
		"request timeout":    {408, "", outcome{}},
		"too early":          {425, "", outcome{}},
		"too many":           {429, "", outcome{words: "answered 429 Too Many Requests"}},
		"after seconds":      {429, "17", outcome{least: 17 * time.Second, most: 17 * time.Second}},
		"after a date":       {429, in(time.Hour), outcome{least: 59 * time.Minute, most: time.Hour}},
		"after the past":     {429, in(-time.Hour), outcome{}},
		"after nonsense":     {429, "soon", outcome{}},
		"after less":         {429, "-5", outcome{}},
		"after eternity":     {429, "1e300", outcome{least: maxAfter, most: maxAfter}},
		"after no number":    {429, "NaN", outcome{}},
		"internal":           {500, "", outcome{unsure: true, words: words}},
		"bad gateway":        {502, "", outcome{unsure: true}},
		"unavailable":        {503, "30", outcome{unsure: true, least: 30 * time.Second, most: 30 * time.Second}},
		"gateway timeout":    {504, "", outcome{unsure: true}},
		"unknown":            {599, "", outcome{unsure: true}},
		"not modified":       {304, "", outcome{refused: true}},
		"moved":              {301, "", outcome{refused: true, words: "which is not followed"}},
		"see other":          {303, "", outcome{refused: true, words: "which is not followed"}},
		"permanent redirect": {308, "", outcome{refused: true, words: "which is not followed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			elsewhere := newFake(t, says(c.status, c.answer))
			service := newFake(t, func(w http.ResponseWriter, r *http.Request) {
				if a.after != "" {
					w.Header().Set("Retry-After", a.after)
				}
				w.Header().Set("Location", elsewhere.URL+"/moved")
				says(a.status, c.complains("words of the service"))(w, r)
			})
			c.requireOutcome(t, c.sends(t, t.Context(), service.URL), a.want)
			require.Len(t, service.all(), 1)
			require.Empty(t, elsewhere.all(), "credentials go nowhere else")
		})
	}
	t.Run("hostile words", func(t *testing.T) {
		t.Parallel()
		for _, body := range []string{
			c.complains("\x1b[2J\u202e\r\nlevel=error"), c.complains(strings.Repeat("é", 100_000)), strings.Repeat("\xff", 100_000), "", "null", "[]", "{}", "{", `"`, "<html>",
		} {
			err := c.sends(t, t.Context(), newFake(t, says(http.StatusBadRequest, body)).URL)
			c.requireOutcome(t, err, outcome{refused: true})
			require.NotContains(t, err.Error(), "\x1b")
			require.NotContains(t, err.Error(), "\u202e")
			require.NotContains(t, err.Error(), "\n")
		}
	})
}

func (c troubled) testConnections(t *testing.T) {
	t.Parallel()
	breaks := func(reset bool) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			if reset {
				_ = conn.(*net.TCPConn).SetLinger(0)
			}
			conn.Close()
		}
	}
	t.Run("closed after the request was taken", func(t *testing.T) {
		t.Parallel()
		service := newFake(t, breaks(false))
		c.requireOutcome(t, c.sends(t, t.Context(), service.URL), outcome{unsure: true})
		require.Len(t, service.all(), 1, "whoever keeps the message tries again, and counts it")
	})
	t.Run("reset after the request was taken", func(t *testing.T) {
		t.Parallel()
		service := newFake(t, breaks(true))
		c.requireOutcome(t, c.sends(t, t.Context(), service.URL), outcome{unsure: true})
		require.Len(t, service.all(), 1)
	})
	t.Run("no answer", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		service := newFake(t, func(_ http.ResponseWriter, r *http.Request) {
			cancel() // as a time limit would
			<-r.Context().Done()
		})
		err := c.sends(t, ctx, service.URL)
		c.requireOutcome(t, err, outcome{unsure: true, words: strings.TrimPrefix(service.URL, "http://")})
		require.ErrorIs(t, err, context.Canceled)
	})
	t.Run("no time", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithDeadline(t.Context(), time.Now())
		defer cancel()
		service := newFake(t, says(c.status, c.answer))
		err := c.sends(t, ctx, service.URL)
		c.requireOutcome(t, err, outcome{})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Empty(t, service.all())
	})
	t.Run("nobody there", func(t *testing.T) {
		t.Parallel()
		service := httptest.NewServer(http.NotFoundHandler())
		service.Close()
		c.requireOutcome(t, c.sends(t, t.Context(), service.URL), outcome{words: "refused"})
	})
	t.Run("no HTTP", func(t *testing.T) {
		t.Parallel()
		service := newFake(t, func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(conn, "SSH-2.0-"+strings.Join(c.secrets, "-")+strings.Repeat("x", 2000)+"\r\n")
			conn.Close()
		})
		c.requireOutcome(t, c.sends(t, t.Context(), service.URL), outcome{unsure: true})
	})
}

func (c troubled) testSuccesses(t *testing.T) {
	t.Parallel()
	require.NoError(t, c.sends(t, t.Context(), newFake(t, says(c.status, c.answer)).URL))
	for name, answer := range map[string]http.HandlerFunc{
		"nothing":      says(c.status, ""),
		"no JSON":      says(c.status, "<html>Welcome!</html>"),
		"broken JSON":  says(c.status, strings.TrimSuffix(strings.TrimSpace(c.answer), "}")),
		"other JSON":   says(c.status, `{"ok": true}`),
		"a list":       says(c.status, "[]"),
		"endless JSON": says(c.status, `{"a": "`+strings.Repeat("a", 2*maxAnswer)+`"}`),
		"cut off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, "{")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.sends(t, t.Context(), newFake(t, answer).URL)
			if c.unread {
				require.NoError(t, err)
				return
			}
			c.requireOutcome(t, err, outcome{unsure: true, odd: true, words: "check the address"})
		})
	}
}

// testEcho has the service repeat all that it was sent, secrets too.
func (c troubled) testEcho(t *testing.T) {
	t.Parallel()
	service := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		user, password, _ := r.BasicAuth()
		say := fmt.Sprint(user, " ", password, " ", r.URL, " ", r.Header, " ", string(body))
		for _, secret := range c.secrets { // where what goes before would leave no room
			say = secret + " " + url.QueryEscape(secret) + " " + say
		}
		says(http.StatusBadRequest, c.complains(say))(w, r)
	})
	c.requireOutcome(t, c.sends(t, t.Context(), service.URL), outcome{refused: true})
}
