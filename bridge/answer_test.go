// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/spool"
	"github.com/pharos-status/pharos/internal/app"
)

func TestWhoMayCall(t *testing.T) {
	t.Parallel()
	remote := from("192.0.2.1:1234")
	certified := func(r *http.Request) {
		r.TLS = &tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{{}}}}
	}
	unverified := func(r *http.Request) {
		r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{}}}
	}
	with := func(changes ...change) []change { return changes }
	for _, c := range []struct {
		what    string
		changes []change
		open    int // the code of a bridge without a token
		token   int // and of one with one
	}{
		{"from this machine", nil, 200, 401},
		{"from this machine over IPv6", with(from("[::1]:1234")), 200, 401},
		{"from this machine over IPv4 in IPv6", with(from("[::ffff:127.0.0.1]:1234")), 200, 401},
		{"from elsewhere", with(remote), 403, 401},
		{"from nowhere", with(from("")), 403, 401},
		{"through a proxy", with(header("X-Forwarded-For", "127.0.0.1")), 403, 401},
		{"through another proxy", with(header("Forwarded", "for=127.0.0.1")), 403, 401},
		{"through a silent proxy that keeps the host", with(host("alerts.example.com")), 403, 401},
		{"through a proxy that names itself", with(header("Via", "1.1 proxy")), 403, 401},
		{"through a proxy that tells of the host", with(header("X-Forwarded-Host", "alerts.example.com")), 403, 401},
		{"through a proxy with a header of its own", with(header("CF-Connecting-IP", "192.0.2.1")), 403, 401},
		{"by a name of this machine", with(host("localhost:9642")), 200, 401},
		{"by another address of this machine", with(host("[::1]")), 200, 401},
		{"by external_url", with(host("Bridge.example.com:80")), 200, 401},
		{"by no name", with(host("")), 403, 401},
		{"by the page of a site that leads here", with(host("evil.example:9642"), header("Origin", "http://evil.example:9642"), header("Sec-Fetch-Site", "same-origin")), 403, 401},
		{"by the page of another site", with(header("Sec-Fetch-Site", "cross-site"), header("Authorization", "Bearer t0ken")), 403, 403},
		{"with the token", with(remote, header("Authorization", "bearer  t0ken")), 403, 200},
		{"with another token", with(header("Authorization", "Bearer token")), 200, 401},
		{"with no token", with(header("Authorization", "Bearer ")), 200, 401},
		{"with the token as a password", with(func(r *http.Request) { r.SetBasicAuth("", "t0ken") }), 200, 401},
		{"with a certificate", with(remote, certified), 200, 401},
		{"with a certificate and the token", with(remote, certified, header("Authorization", "Bearer t0ken")), 200, 200},
		{"with a certificate that nobody trusts", with(remote, unverified), 403, 401},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			for text, want := range map[string]int{"": c.open, "webhook: {token: t0ken}": c.token} {
				to := newReceiver(t)
				b, _ := newBridge(t, to.yml("external_url: http://bridge.example.com\n"+text))
				run(t, b)
				w := post(b, notification("a"), c.changes...)
				require.Equal(t, want, w.Code, w.Body)
				require.InDelta(t, 1, testutil.ToFloat64(b.metrics.requests.WithLabelValues(strconv.Itoa(want))), 0)
				if want == http.StatusUnauthorized {
					require.Equal(t, `Bearer realm="Pharos bridge"`, w.Header().Get("WWW-Authenticate"))
				}
				if want == http.StatusOK {
					want = http.StatusNotFound
				}
				for _, path := range []string{"DELETE /bridge/v1/dead-letters/1", "POST /bridge/v1/dead-letters/1/send"} {
					method, path, _ := strings.Cut(path, " ")
					require.Equal(t, want, ask(b.Handler(), method, path, "", c.changes...).Code, path)
				}
			}
		})
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	b, _ := newBridge(t, newReceiver(t).yml(""))
	run(t, b)
	large := strings.Repeat(" ", maxBody+1)
	chunked := func(r *http.Request) { r.ContentLength = -1 }
	slow := func(r *http.Request) { r.Body = io.NopCloser(io.MultiReader(strings.NewReader("{"), slowReader{})) }
	broken := func(r *http.Request) { r.Body = io.NopCloser(io.MultiReader(strings.NewReader("{"), brokenReader{})) }
	for _, c := range []struct {
		method, path, body string
		change             change
		code               int
		text               string
	}{
		{"POST", "/bridge/v1/other", notification("a"), nil, 404, "there is no such channel in bridge.yml"},
		{"POST", "/bridge/v1/hook/", notification("a"), nil, 404, "there is nothing at this path"},
		{"GET", "/bridge", "", nil, 404, "there is nothing at this path"},
		{"GET", "/bridge/v1/hook", "", nil, 405, "this path takes POST"},
		{"POST", "/bridge/v1/hook", "", nil, 400, ""},
		{"POST", "/bridge/v1/hook", "hello", nil, 400, ""},
		{"POST", "/bridge/v1/hook", strings.Replace(notification("a"), `"4"`, `"5"`, 1), nil, 400, ""},
		{"POST", "/bridge/v1/hook", large, nil, 413, "the body is larger than 4 MiB"},
		{"POST", "/bridge/v1/hook", large, chunked, 413, "the body is larger than 4 MiB"},
		{"POST", "/bridge/v1/hook", "{", broken, 400, "the body broke off"},
		{"POST", "/bridge/v1/hook", "{", slow, 503, "the body came too slowly"},
		{"POST", "/bridge/v1/dead-letters/x/send", "", nil, 404, "there is no such dead letter"},
		{"DELETE", "/bridge/v1/dead-letters/7", "", nil, 404, "there is no such dead letter"},
	} {
		if c.change == nil {
			c.change = func(*http.Request) {}
		}
		w := ask(b.Handler(), c.method, c.path, c.body, c.change)
		require.Equal(t, c.code, w.Code, "%s %s: %s", c.method, c.path, w.Body)
		var answer struct{ Error string }
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
		require.NotEmpty(t, answer.Error)
		require.Contains(t, answer.Error, c.text)
		if c.code == http.StatusMethodNotAllowed {
			require.Equal(t, "POST", w.Header().Get("Allow"))
		}
	}
	require.Equal(t, http.StatusOK, post(b, notification("a"), chunked).Code, "nothing is held back by what was refused")
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

type slowReader struct{}

func (slowReader) Read([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

func TestWhatPasses(t *testing.T) {
	t.Parallel()
	b, _ := newBridge(t, "")
	defer func() { require.NoError(t, b.Close()) }()
	for _, c := range []struct {
		err   error
		after string
		text  string
	}{
		{fmt.Errorf("accept: %w", spool.ErrFull), "30", "too much waits already"},
		{errors.New("write /var/lib/pharos/bridge.db: no space left on device"), "10", "the log of the bridge says why"},
		{context.Canceled, "10", "the call failed"},
		{busy(), "10", "too many notifications come at the same time"},
	} {
		w := httptest.NewRecorder()
		b.refuse(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody), c.err)
		require.Equal(t, http.StatusServiceUnavailable, w.Code)
		require.Equal(t, c.after, w.Header().Get("Retry-After"))
		require.Contains(t, w.Body.String(), c.text)
		require.NotContains(t, w.Body.String(), "/var/lib")
	}
}

func TestIntakeIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newIntake()
		read := func(size int64) (func(), error) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader(nil))
			r.ContentLength = size
			_, release, err := i.read(httptest.NewRecorder(), r)
			return release, err
		}
		release, err := read(maxBody)
		require.NoError(t, err)
		results := make(chan error, maxQueue+1)
		for range maxQueue + 1 {
			go func() {
				release, err := read(0)
				if err == nil {
					release()
				}
				results <- err
			}()
		}
		synctest.Wait()
		require.Len(t, results, 1, "those beyond the queue are sent away at once")
		require.Equal(t, busy(), <-results)
		release()
		for range maxQueue {
			require.NoError(t, <-results)
		}

		release, err = read(maxBody)
		require.NoError(t, err)
		_, err = read(1)
		require.Equal(t, busy(), err, "nobody waits forever")
		release()
	})
}

// TestUnknownSize reads bodies of which nobody says how long they are.
func TestUnknownSize(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newIntake()
		for size, weight := range map[int]int64{
			0: leastWeight, leastWeight - 1: leastWeight, leastWeight + 1: 2 * leastWeight, maxBody/2 + 1: maxBody, maxBody: maxBody,
		} {
			body, release, err := i.read(httptest.NewRecorder(), unknown(t, strings.NewReader(strings.Repeat("x", size))))
			require.NoError(t, err)
			require.Len(t, body, size)
			require.True(t, i.weight.TryAcquire(maxBody-weight))
			require.False(t, i.weight.TryAcquire(1), "%d bytes weigh less than %d", size, weight)
			i.weight.Release(maxBody - weight)
			release()
		}
		_, _, err := i.read(httptest.NewRecorder(), unknown(t, strings.NewReader(strings.Repeat("x", maxBody+1))))
		require.Equal(t, tooLarge(), err)

		require.True(t, i.weight.TryAcquire(maxBody-leastWeight))
		_, _, err = i.read(httptest.NewRecorder(), unknown(t, strings.NewReader(strings.Repeat("x", leastWeight+1))))
		require.Equal(t, busy(), err, "there is no room for so much")
		_, release, err := i.read(httptest.NewRecorder(), unknown(t, strings.NewReader("x")))
		require.NoError(t, err)
		release()
		i.weight.Release(maxBody - leastWeight)
		require.True(t, i.weight.TryAcquire(maxBody), "all was given back")
	})
}

func unknown(t *testing.T, body io.Reader) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", body)
	r.ContentLength = -1
	return r
}

// TestInProcess posts as a program does that has Alertmanager in it: over a connection
// that never leaves the process, and by calling the handler.
func TestInProcess(t *testing.T) {
	t.Parallel()
	to := newReceiver(t)
	b, _ := newBridge(t, to.yml(""))
	run(t, b)
	memory := app.NewMemoryServer(b.Handler(), slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- memory.Run(ctx) }()
	dialled := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return memory.Dial(ctx) }}
	for group, transport := range map[string]http.RoundTripper{"dialled": dialled, "called": app.HandlerTransport{Handler: b.Handler()}} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.ExternalURL().String()+"/bridge/v1/hook", strings.NewReader(notification(group)))
		require.NoError(t, err)
		res, err := transport.RoundTrip(req)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, res.StatusCode)
		require.NoError(t, res.Body.Close())
	}
	dialled.CloseIdleConnections()
	cancel()
	require.NoError(t, <-served)
}
