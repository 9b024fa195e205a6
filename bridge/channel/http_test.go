// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	promconfig "github.com/prometheus/common/config"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/configfile"
)

// aClient makes requests that are a webhook's, which has its secrets in the path.
func aClient(t testing.TB, secrets ...configfile.Secret) *httpClient {
	t.Helper()
	c, err := newHTTPClient(&promconfig.HTTPClientConfig{}, "test", secrets...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.close()) })
	return c
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
