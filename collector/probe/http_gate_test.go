// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// A safeBuffer may be written to by many.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// TestHTTPUnasked keeps that a target which speaks first is judged by what it says,
// and says none of it to the log of the program.
func TestHTTPUnasked(t *testing.T) { //nolint:paralleltest // the log is that of the process
	var logged safeBuffer
	before := log.Writer()      //nolint:forbidigo // it is where net/http writes
	log.SetOutput(&logged)      //nolint:forbidigo // so that it is seen
	defer log.SetOutput(before) //nolint:forbidigo // and nothing after
	const banner = "220 mail.example ESMTP\r\n"
	speak := func(conn net.Conn) {
		_, _ = io.WriteString(conn, banner)
		_, _ = conn.Read(make([]byte, 1000))
	}
	like := httptest.NewUnstartedServer(nil)
	like.StartTLS()
	config := &tls.Config{Certificates: like.TLS.Certificates}
	like.Close()
	targets := map[string]string{
		"http": serve(t, speak),
		"https": serve(t, func(conn net.Conn) {
			secured := tls.Server(conn, config)
			if secured.Handshake() == nil {
				speak(secured)
			}
		}),
	}
	for scheme, addr := range targets {
		o := probe.HTTPOptions{
			URL: parse(t, scheme+"://"+addr), FollowRedirects: true,
			TLS: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // it is a test's certificate
		}
		requireFailure(t, verdict(t, probe.HTTP(o), patience), status.Dead, status.Protocol, "malformed HTTP")
	}
	for range 1000 { // it is a race, which what is there already often wins
		transport := &http.Transport{DisableKeepAlives: true, DialContext: probe.AskFirst(
			func(context.Context, string, string) (net.Conn, error) { return said([]byte(banner)), nil })}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://192.0.2.1/", nil)
		require.NoError(t, err)
		_, err = transport.RoundTrip(req)
		require.ErrorContains(t, err, "malformed HTTP")
	}
	require.Empty(t, logged.String())
}

// TestHTTPUnaskedEnds keeps that a probe ends in time whoever waits for whom.
func TestHTTPUnaskedEnds(t *testing.T) {
	t.Parallel()
	addr := serve(t, silence)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	o := probe.HTTPOptions{URL: parse(t, "http://"+addr), Method: http.MethodPost, Body: strings.Repeat("x", 16<<20)}
	requireFailure(t, probe.Limits{}.Judge(probe.HTTP(o).Probe(ctx)), status.Dead, status.Timeout, "")
}
