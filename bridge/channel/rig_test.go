// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/words"
	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/testkit"
)

// A fake is a service that is reached by HTTP, which keeps all that it is sent.
type fake struct {
	*httptest.Server

	mu       sync.Mutex
	requests []taken
}

// taken is a request as it was sent.
type taken struct {
	Method, URI string
	Header      http.Header
	Body        []byte
}

// newFake starts a service that answers so, once it has read the whole of a request.
func newFake(t testing.TB, answer http.HandlerFunc) *fake {
	t.Helper()
	f := &fake{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // it was not sent whole
		}
		f.mu.Lock()
		f.requests = append(f.requests, taken{r.Method, r.RequestURI, r.Header.Clone(), body})
		f.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

// says returns what answers each request with a status and a body of JSON.
func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// all returns what was sent until now, and forgets it.
func (f *fake) all() []taken {
	f.mu.Lock()
	defer f.mu.Unlock()
	requests := f.requests
	f.requests = nil
	return requests
}

// only returns the only request that was sent until now, and forgets it.
func (f *fake) only(t testing.TB) taken {
	t.Helper()
	requests := f.all()
	require.Len(t, requests, 1)
	return requests[0]
}

// shown returns all that was sent until now, and forgets it.
func (f *fake) shown(t testing.TB) []byte {
	t.Helper()
	var all [][]byte
	for _, r := range f.all() {
		all = append(all, r.shown(t))
	}
	return bytes.Join(all, []byte("\n"))
}

// header returns the header, every field of it, without what net/http adds to each
// request. It checks who says to be the sender.
func (r taken) header(t testing.TB) http.Header {
	t.Helper()
	require.True(t, strings.HasPrefix(r.Header.Get("User-Agent"), "pharos_bridge/"), r.Header)
	header := r.Header.Clone()
	for _, name := range []string{"Accept-Encoding", "Content-Length", "User-Agent"} {
		header.Del(name)
	}
	return header
}

// form returns the fields of a form. Each is there once.
func (r taken) form(t testing.TB) map[string]string {
	t.Helper()
	require.Equal(t, "application/x-www-form-urlencoded", r.Header.Get("Content-Type"))
	values, err := url.ParseQuery(string(r.Body))
	require.NoError(t, err)
	form := map[string]string{}
	for key, all := range values {
		require.Len(t, all, 1, key)
		form[key] = all[0]
	}
	return form
}

// shown returns the request to be kept in a golden file: with its whole header, and
// a body that people can read.
func (r taken) shown(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s\n", r.Method, r.URI)
	header := r.header(t)
	for _, name := range slices.Sorted(maps.Keys(header)) {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(header[name], ", "))
	}
	b.WriteByte('\n')
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case len(r.Body) == 0:
	case err == nil && mediaType == "application/x-www-form-urlencoded":
		form := r.form(t)
		for _, key := range slices.Sorted(maps.Keys(form)) {
			fmt.Fprintf(&b, "%s = %s\n", key, strings.ReplaceAll(form[key], "\n", "\n    "))
		}
	case err == nil && mediaType == "application/json":
		require.NoError(t, json.Indent(&b, r.Body, "", "  "), "%s", r.Body)
		b.WriteByte('\n')
	default:
		b.Write(r.Body)
		b.WriteByte('\n')
	}
	return untilNow.ReplaceAll(b.Bytes(), []byte("for N days"))
}

// untilNow matches how long what began long ago, and is not over, goes on.
var untilNow = regexp.MustCompile(`for [0-9]+ days`)

// goldenRequests sends a notification of each kind to the first recipient of a
// channel, and keeps what arrives at the service in testdata/KIND.*.golden. Those that
// are skipped are not sent on the channel.
func goldenRequests(t *testing.T, kind string, service *fake, c Channel, skipped ...string) {
	t.Helper()
	for _, sample := range sampleNames {
		m := message(t, sample)
		err := c.Send(t.Context(), c.Recipients()[0], m)
		if slices.Contains(skipped, sample) {
			require.ErrorIs(t, err, ErrSkipped, sample)
			continue
		}
		require.NoError(t, err, sample)
		testkit.Golden(t, kind+"."+sample+".golden", service.shown(t))
	}
	m := message(t, "firing")
	m.Note, m.Over = "Told late: so it was at 12:01 UTC, 48 minutes ago.", kind != "twilio"
	require.NoError(t, c.Send(t.Context(), c.Recipients()[0], m))
	testkit.Golden(t, kind+".late.golden", service.shown(t))
}

// testKey is the key of messages of tests.
const testKey = "0123456789abcdef0123456789abcdef"

// message returns a sample on its way to a recipient.
func message(t testing.TB, sample string) Message {
	t.Helper()
	accepted := time.Date(2026, 3, 1, 6, 58, 28, 999, time.UTC)
	return Message{Notification: notification(t, sample), Key: testKey, Accepted: accepted}
}

// theWords are those of a page with an address. To parse the templates takes a while.
var theWords = sync.OnceValues(func() (*words.Words, error) {
	return words.New(words.Options{
		PageTitle: "Example Status", PageURL: "https://status.example.com/", Location: time.UTC, Logger: slog.New(slog.DiscardHandler),
	})
})

// testWords returns the words of a page with an address.
func testWords(t testing.TB) *words.Words {
	t.Helper()
	w, err := theWords()
	require.NoError(t, err)
	return w
}

// decoded decodes settings from text, which stands in bridge.yml, and checks them.
func decoded(t testing.TB, settings Settings, text string) configfile.Errors {
	t.Helper()
	name := filepath.Join(t.TempDir(), "bridge.yml")
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	f, err := configfile.Read(name)
	require.NoError(t, err)
	require.NoError(t, f.Decode(settings))
	return settings.Check(f, nil, testWords(t))
}

// open makes the channel of settings.
func open(t testing.TB, settings Settings, text string) Channel {
	t.Helper()
	require.NoError(t, decoded(t, settings, text).Err())
	c, err := settings.Open(Options{Name: "test", Words: testWords(t), Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// testRefuses checks each text, which is wrong, and what is said about it, without the
// name of the file. No secret-… is part of it.
func testRefuses(t *testing.T, settings func() Settings, cases map[string]struct{ text, want string }) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var lines []string
			for _, err := range decoded(t, settings(), c.text) {
				require.Equal(t, "bridge.yml", filepath.Base(err.File))
				err.File = ""
				lines = append(lines, err.Error())
			}
			require.Equal(t, c.want, strings.Join(lines, "\n"))
			require.NotContains(t, c.want, "secret-")
		})
	}
}
