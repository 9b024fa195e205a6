// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	promconfig "github.com/prometheus/common/config"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/words"
	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/status"
)

// aClient makes requests that are a webhook's, which has its secrets in the path.
func aClient(t testing.TB, secrets ...configfile.Secret) *httpClient {
	t.Helper()
	c, err := newHTTPClient(&promconfig.HTTPClientConfig{}, "test", secrets...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.close()) })
	return c
}

// No error has what is secret of a URL, nor the user and password that it may hold.
func TestErrorsHaveNoURL(t *testing.T) {
	t.Parallel()
	c := aClient(t, "secret-key/1=")
	for _, address := range []string{
		"http://secret-user:secret-pass@127.0.0.1:1/secret-path?secret-query#secret-fragment",
		"http://127.0.0.1:1/secret-key/1=", "https://127.0.0.1:1/secret-key%2F1=", "http://127.0.0.1:1/?k=secret-key%2F1%3D",
		"http://\x00secret-key/1=", "http://[secret-key/1=", "unknown://secret-key/1=", "http://127.0.0.1:1/%secret-key/1=",
	} {
		r, err := c.post(t.Context(), address, "text/plain", nil)
		if err == nil {
			_, _, err = c.do(t.Context(), r)
		}
		var e *Error
		require.ErrorAs(t, err, &e, address)
		require.False(t, e.Unsure)
		for _, secret := range []string{"secret-user", "secret-pass", "secret-path", "secret-query", "secret-fragment", "secret-key/1=", "secret-key%2F1"} {
			require.NotContains(t, err.Error(), secret, address)
		}
	}
}

// Services repeat what they were sent.
func TestHide(t *testing.T) {
	t.Parallel()
	c := aClient(t, "a/b=c d", "")
	require.Equal(t, "1 <secret> 2 <secret> 3 <secret> 4", c.hide("1 a/b=c d 2 a%2Fb%3Dc+d 3 a%2Fb=c%20d 4"))
}

// Nor does an error have what the settings of the client say to show, wherever it is
// kept.
func TestErrorsHaveNoCredentials(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte("secret-of-a-file"), 0o600))
	echo := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		_, password, _ := r.BasicAuth()
		says(http.StatusBadRequest, fmt.Sprint(password, " ", r.Header["Authorization"], r.Header["X-Key"]))(w, r)
	})
	breaks := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, password, _ := r.BasicAuth()
		fmt.Fprint(conn, r.Header.Get("Authorization"), password, r.Header.Get("X-Key"), "\r\n\r\n")
		conn.Close()
	})
	for name, change := range map[string]func(*promconfig.HTTPClientConfig){
		"basic": func(c *promconfig.HTTPClientConfig) {
			c.BasicAuth = &promconfig.BasicAuth{Username: "u", Password: "secret-of-a-file"}
		},
		"basic file": func(c *promconfig.HTTPClientConfig) {
			c.BasicAuth = &promconfig.BasicAuth{Username: "u", PasswordFile: file}
		},
		"bearer": func(c *promconfig.HTTPClientConfig) {
			c.Authorization = &promconfig.Authorization{Type: "Bearer", Credentials: "secret-of-a-file"}
		},
		"bearer file": func(c *promconfig.HTTPClientConfig) {
			c.Authorization = &promconfig.Authorization{Type: "Bearer", CredentialsFile: file}
		},
		"header": func(c *promconfig.HTTPClientConfig) {
			c.HTTPHeaders = &promconfig.Headers{Headers: map[string]promconfig.Header{"X-Key": {Secrets: []promconfig.Secret{"secret-of-a-file"}}}}
		},
	} {
		settings := promconfig.DefaultHTTPClientConfig
		change(&settings)
		c, err := newHTTPClient(&settings, "test")
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, c.close()) })
		c.explain = func(body []byte, _ *Error) string { return string(body) }
		for _, service := range []*fake{echo, breaks} {
			r, err := c.post(t.Context(), service.URL, "text/plain", nil)
			require.NoError(t, err)
			_, _, err = c.do(t.Context(), r)
			require.Error(t, err)
			require.Contains(t, err.Error(), "<secret>", name)
			require.NotContains(t, err.Error(), "secret-of-a-file", name)
			require.NotContains(t, err.Error(), base64.StdEncoding.EncodeToString([]byte("u:secret-of-a-file")), name)
		}
	}
}

func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	service := newFake(t, func(w http.ResponseWriter, _ *http.Request) {
		chunk := make([]byte, maxAnswer)
		for range 100 {
			if _, err := w.Write(chunk); err != nil {
				return // nobody reads on
			}
		}
	})
	c := aClient(t)
	r, err := c.post(t.Context(), service.URL, "text/plain", []byte("x"))
	require.NoError(t, err)
	status, body, err := c.do(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
	require.Len(t, body, maxAnswer)
}

// The request that a context ends while its body is still written was not taken.
func TestUnsureOnlyOnceWritten(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := aClient(t).post(ctx, newFake(t, says(http.StatusOK, "")).URL, "text/plain", nil)
	require.NoError(t, err)
	r.Body, r.GetBody, r.ContentLength = &stuck{cancel: cancel, done: ctx.Done()}, nil, 10
	_, _, err = aClient(t).do(ctx, r)
	var e *Error
	require.ErrorAs(t, err, &e)
	require.False(t, e.Unsure, "%v", err)
}

// A stuck body never comes: whoever waits for it gives up.
type stuck struct {
	cancel func()
	done   <-chan struct{}
}

func (s *stuck) Read([]byte) (int, error) {
	s.cancel()
	<-s.done
	return 0, context.Canceled
}

func (s *stuck) Close() error { return nil }

// Whoever keeps a message makes the second attempt, and counts it: net/http does not,
// though it would for a request with a key on a connection that breaks.
func TestOneAttempt(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	service := newFake(t, func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1) == 1 {
			return // the connection is kept for the next one
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		conn.Close()
	})
	c := aClient(t)
	for i := range 2 {
		r, err := c.post(t.Context(), service.URL, "text/plain", []byte("x"))
		require.NoError(t, err)
		r.Header.Set("Idempotency-Key", testKey)
		_, _, err = c.do(t.Context(), r)
		require.Equal(t, i == 0, err == nil, "%v", err)
	}
	require.Len(t, service.all(), 2)
}

func TestSettingsOfClient(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusOK, ""))
	settings := promconfig.DefaultHTTPClientConfig
	settings.Authorization = &promconfig.Authorization{Type: "Bearer", Credentials: "secret-of-a-gateway"}
	c, err := newHTTPClient(&settings, "test")
	require.NoError(t, err)
	defer c.close()
	r, err := c.post(t.Context(), service.URL, "text/plain", nil)
	require.NoError(t, err)
	_, _, err = c.do(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, http.Header{"Authorization": {"Bearer secret-of-a-gateway"}, "Content-Type": {"text/plain"}}, service.only(t).header(t))
	require.True(t, settings.FollowRedirects, "the settings are not changed")

	settings.TLSConfig.CAFile = "/nowhere/ca.pem"
	_, err = newHTTPClient(&settings, "test")
	require.ErrorContains(t, err, "make the HTTP client of test: ")
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{
		"": 0, "0": 0, "1": time.Second, "1.5": 1500 * time.Millisecond, "-1": 0, "NaN": 0, "Inf": maxAfter, "99999999999999999999": maxAfter,
		"86400": maxAfter, "never": 0, "Thu, 01 Jan 1970 00:00:00 GMT": 0, "Fri, 31 Dec 9999 23:59:59 GMT": maxAfter,
	} {
		require.Equal(t, want, retryAfter(header), header)
	}
}

// A message without words would be refused.
func TestTextIsNeverBlank(t *testing.T) {
	t.Parallel()
	m := message(t, "firing")
	require.Equal(t, "firing", m.text(testWords(t), " {{ .Status }} ", words.Title))
	title := m.text(testWords(t), words.Title, "")
	require.NotEmpty(t, title)
	require.Equal(t, title, m.text(testWords(t), ` {{ if eq .Status "resolved" }}over{{ end }}`, words.Title))
}

func TestFit(t *testing.T) {
	t.Parallel()
	m := Message{}
	require.Equal(t, "abc", m.fit("abc", 3))
	require.Equal(t, "ab…", m.fit("abcd", 3))
	m.Note = "late"
	require.Equal(t, "abc\nlate", m.fit("abc", 8))
	require.Equal(t, "ab…\nlate", m.fit("abcd", 8))
}

func TestTitled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ title, text, wantTitle, wantText string }{
		{"web is dead", "web is dead\nSince noon.", "web is dead", "Since noon."},
		{"web\nis dead", "web is dead\n\nSince noon.", "web is dead", "Since noon."},
		{"web is dead", "web is dead", "web is dead", "web is dead"},
		{"web is dead", "web is dead\n", "web is dead", "web is dead\n"},
		{"Pharos", "web is dead\nSince noon.", "Pharos", "web is dead\nSince noon."},
	} {
		title, text := Message{}.titled(c.title, c.text)
		require.Equal(t, c.wantTitle, title)
		require.Equal(t, c.wantText, text)
	}
}

// FuzzAnswers: whatever a service says becomes one short line that shows as it is.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{twilioRefused, gotifyRefused, pushoverRefused, `{"errors": [null], "status": "x"}`, "", "[]", `{"code": 1e9}`} {
		f.Add([]byte(body), "17")
	}
	c := &httpClient{secrets: []string{"secret"}}
	f.Fuzz(func(t *testing.T, body []byte, header string) {
		for _, explain := range []func([]byte, *Error) string{explainTwilio, explainGotify, explainPushover} {
			e := &Error{Refused: true, After: retryAfter(header)}
			line := c.clean(explain(body, e))
			require.True(t, utf8.ValidString(line))
			require.LessOrEqual(t, len(line), status.MaxIDLength)
			for _, r := range line {
				require.True(t, unicode.IsPrint(r), "%q", line)
			}
			require.GreaterOrEqual(t, e.After, time.Duration(0))
			require.LessOrEqual(t, e.After, maxAfter)
		}
	})
}
