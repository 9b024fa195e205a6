// SPDX-License-Identifier: Apache-2.0

package subscribe_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/store"
	"github.com/pharos-status/pharos/statuspage/subscribe"
)

// A receiver is a webhook. It keeps what it gets, and answers as it is told.
type receiver struct {
	*httptest.Server
	got    chan delivered
	answer func(body map[string]any) (code int, text string)
}

type delivered struct {
	header http.Header
	body   []byte
}

// newReceiver starts a webhook that the process trusts, so tests with one are not parallel.
func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{got: make(chan delivered, 100)}
	r.answer = func(body map[string]any) (int, string) {
		challenge, _ := body["challenge"].(string)
		return http.StatusOK, challenge
	}
	r.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		text, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		var body map[string]any
		if err := json.Unmarshal(text, &body); err != nil {
			t.Error(err)
		}
		code, answer := r.answer(body)
		w.Header().Set("Location", "https://elsewhere.example.com/")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, answer)
		r.got <- delivered{req.Header, text}
	}))
	r.StartTLS()
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) next(t *testing.T) delivered {
	t.Helper()
	select {
	case d := <-r.got:
		return d
	case <-time.After(20 * time.Second):
		t.Fatal("no request came")
		return delivered{}
	}
}

func hookup(address string) subscribe.Signup {
	return subscribe.Signup{Page: "main", Kind: store.ByWebhook, Address: address, Language: "en"}
}

func verify(t *testing.T, d delivered, secret string) {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	require.NoError(t, err)
	sum := hmac.New(sha256.New, key)
	sum.Write([]byte(d.header.Get("Webhook-Id") + "." + d.header.Get("Webhook-Timestamp") + "."))
	sum.Write(d.body)
	require.Equal(t, "v1,"+base64.StdEncoding.EncodeToString(sum.Sum(nil)), d.header.Get("Webhook-Signature"))
	require.Equal(t, "application/json", d.header.Get("Content-Type"))
	require.True(t, strings.HasPrefix(d.header.Get("User-Agent"), "pharos_statuspage/"))
}

func TestWebhook(t *testing.T) {
	hook := newReceiver(t)
	trust := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(trust, pemOf(hook.Certificate()), 0o600))
	t.Setenv("SSL_CERT_FILE", trust) // read once by the process, so the tests with a webhook are parts of this one
	t.Run("told", func(t *testing.T) { toldByWebhook(t, hook) })
	t.Run("answers with JSON", func(t *testing.T) {
		before := hook.answer
		hook.answer = func(body map[string]any) (int, string) {
			return http.StatusOK, fmt.Sprintf(`{"challenge": %q}`, body["challenge"])
		}
		defer func() { hook.answer = before }()
		toldByWebhook(t, hook)
	})
	t.Run("beside a mail server that is silent", func(t *testing.T) { besideSilence(t, hook) })
	t.Run("private", func(t *testing.T) { privateWebhook(t, hook) })
	t.Run("redirected", func(t *testing.T) { failingWebhook(t, hook, http.StatusTemporaryRedirect, "retried") })
	t.Run("gone", func(t *testing.T) { failingWebhook(t, hook, http.StatusGone, "refused") })
}

func toldByWebhook(t *testing.T, hook *receiver) {
	t.Helper()
	r := newRig(t)
	r.run()
	require.NoError(t, r.Subscribe(t.Context(), hookup(hook.URL+"/hook?key=hidden")))
	asked := hook.next(t)
	x, err := r.store.SubscriberByAddress(t.Context(), "main", store.ByWebhook, hook.URL+"/hook?key=hidden")
	require.NoError(t, err)
	verify(t, asked, x.Secret)
	shown := strings.NewReplacer(subscribe.Token(x), "TOKEN", x.Secret, "SECRET")
	testkit.Golden(t, "confirm.json", []byte(shown.Replace(indented(t, asked.body))))
	require.Eventually(t, func() bool {
		x, err := r.Find(t.Context(), subscribe.Token(x))
		return err == nil && !x.Confirmed.IsZero()
	}, 20*time.Second, 10*time.Millisecond, "the answer was the challenge")

	r.tell(outage(statuspage.ImpactMajor, statuspage.Ref{Service: "web"}, statuspage.Ref{Service: "secret"}))
	told := hook.next(t)
	verify(t, told, x.Secret)
	testkit.Golden(t, "incident.json", []byte(shown.Replace(indented(t, told.body))))
}

// privateWebhook: addresses of private networks are not called, though their name is a public one.
func privateWebhook(t *testing.T, hook *receiver) {
	t.Helper()
	r := newRig(t)
	r.change(func(c *config.Subscribers) { c.Webhooks.AllowPrivate = false })
	require.NoError(t, r.Subscribe(t.Context(), hookup(strings.Replace(hook.URL, "127.0.0.1", "localhost", 1))))
	r.run()
	require.Eventually(t, func() bool {
		return r.messages("webhook", "retried") == 1
	}, 20*time.Second, 10*time.Millisecond)
	require.Empty(t, hook.got)
}

func failingWebhook(t *testing.T, hook *receiver, code int, outcome string) {
	t.Helper()
	before := hook.answer
	hook.answer = func(map[string]any) (int, string) { return code, "" }
	defer func() { hook.answer = before }()
	r := newRig(t)
	require.NoError(t, r.Subscribe(t.Context(), hookup(hook.URL)))
	r.run()
	hook.next(t)
	require.Eventually(t, func() bool {
		return r.messages("webhook", outcome) == 1
	}, 20*time.Second, 10*time.Millisecond)
}

func TestWebhookAddresses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, address := range []string{"", "http://example.com/", "https://", "https://user:pass@example.com/", "ftp://example.com", "https://example.com/#x", "javascript:x", "https://example.com/" + strings.Repeat("x", 1000)} {
		require.ErrorIs(t, r.Subscribe(t.Context(), hookup(address)), subscribe.ErrAddress, address)
	}
	r.change(func(c *config.Subscribers) { c.Webhooks.Enabled = false })
	require.ErrorIs(t, r.Subscribe(t.Context(), hookup("https://example.com/")), subscribe.ErrOff)
}

func pemOf(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

func indented(t *testing.T, text []byte) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, json.Indent(&b, text, "", "  "))
	return b.String() + "\n"
}
