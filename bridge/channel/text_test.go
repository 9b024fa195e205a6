// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	promconfig "github.com/prometheus/common/config"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
)

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
