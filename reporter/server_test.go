// SPDX-License-Identifier: Apache-2.0

package reporter_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pharos-status/pharos/reporter"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A call is a request that a server got.
type call struct {
	after  time.Duration // since the server was made
	what   string        // the host, the method and the path
	report struct {
		Replica  string         `json:"replica"`
		Interval int            `json:"interval"`
		Load     *reporter.Load `json:"load"`
		Health   string         `json:"health"`
		Reason   string         `json:"reason"`
	}
}

// A server answers requests in memory, at the time of the test.
type server struct {
	began  time.Time
	answer func(*http.Request) *http.Response // nil, or an answer of nil, is 200

	mu   sync.Mutex
	seen []call
}

func newServer() *server { return &server{began: time.Now()} }

// RoundTrip implements [http.RoundTripper].
func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	c := call{after: time.Since(s.began), what: r.URL.Host + " " + r.Method + " " + r.URL.EscapedPath()}
	if r.Method == http.MethodPost {
		if err := json.NewDecoder(r.Body).Decode(&c.report); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	s.seen = append(s.seen, c)
	s.mu.Unlock()
	if s.answer != nil {
		if a := s.answer(r); a != nil {
			return a, nil
		}
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return answer(http.StatusOK), nil
}

// calls returns what the server got of late.
func (s *server) calls() []call {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen
	s.seen = nil
	return seen
}

// last returns the last of some calls.
func (s *server) last(t *testing.T) call {
	t.Helper()
	seen := s.calls()
	require.NotEmpty(t, seen)
	return seen[len(seen)-1]
}

func answer(code int, header ...string) *http.Response {
	a := &http.Response{StatusCode: code, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("told\n"))}
	if len(header) == 2 {
		a.Header.Set(header[0], header[1])
	}
	return a
}

// options are those of a reporter to the server, in mode local.
func (s *server) options() reporter.Options {
	return reporter.Options{
		URL: "http://one", Token: "secret", Service: "web", Node: "sockets", Replica: "a",
		Mode: reporter.Local, Transport: s, Logger: slog.New(slog.DiscardHandler),
	}
}

// start starts a reporter, and stops it when the test ends.
func start(t *testing.T, o reporter.Options) *reporter.Reporter {
	t.Helper()
	r, err := reporter.Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Stop(context.WithoutCancel(t.Context()))) })
	return r
}

// A log is what was logged, without the times.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// lines returns what was logged of late.
func (l *log) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := strings.TrimSpace(l.text.String())
	l.text.Reset()
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

func (l *log) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
}
