// SPDX-License-Identifier: Apache-2.0

package push_test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pharos-status/pharos/collector/push"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/status"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The tokens of the test server: one for every service, one for service web.
const (
	token    = "s3cret:with:colons"
	webToken = "0nly-web"
)

// A secret compares itself as plainly as can be.
type secret string

func (s secret) Equal(presented string) bool { return string(s) == presented }

// A server is the handler as it is served, in front of a real store.
type server struct {
	addr  string
	store *state.Store

	mu    sync.Mutex
	taken []taken
	codes []int
	log   strings.Builder
	fail  error // what the store answers, if it is set
}

// A taken report is one that the store has accepted.
type taken struct {
	id     status.ID
	report state.Report
}

func (s *server) Report(id status.ID, r state.Report) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	err := s.store.Report(id, r)
	if err == nil {
		s.taken = append(s.taken, taken{id, r})
	}
	return err
}

func (s *server) Flush(id status.ID) error { return s.store.Flush(id) }

func (s *server) Take(messages []state.Message) []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	errs := s.store.Take(messages)
	for i, m := range messages {
		if s.fail != nil {
			errs[i] = s.fail
		} else if errs[i] == nil && !m.Flush {
			s.taken = append(s.taken, taken{m.ID, m.Report})
		}
	}
	return errs
}

func (s *server) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(p)
}

func (s *server) seen() []taken {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.taken)
}

func (s *server) answered() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.codes)
}

// serve starts a server as the programs do. No token gets into its log.
func serve(t *testing.T) *server {
	t.Helper()
	s := &server{}
	logger := slog.New(slog.NewTextHandler(s, &slog.HandlerOptions{Level: slog.LevelDebug}))
	store, err := state.Open(state.Options{Path: t.TempDir(), Logger: logger})
	require.NoError(t, err)
	node := func(service, id string, mode state.Mode) state.Node {
		return state.Node{
			ID: status.NodeID{Service: service, Node: id}, Mode: mode, Replicas: []state.Probed{{Name: "a", Interval: time.Minute}},
			DeadAfter: time.Minute, CPUSickAbove: 0.9, RAMSickAbove: 0.9,
		}
	}
	store.Configure([]state.Node{
		node("web", "sockets", state.Push), node("web", "visitor sockets", state.Push), node("c++", "a+b", state.Push),
		node("lan", "gateway", state.Local), node("web", "api", state.Poll),
	})
	s.store = store
	listener, err := app.NewHTTPServer(app.HTTPOptions{
		Purpose: "reporter API", Flag: "reporter.listen-address", Address: "127.0.0.1:0", Logger: logger,
		Handler: mounted(push.Handler(push.Options{
			Store: s, Logger: logger,
			Tokens: func() []push.Token {
				return []push.Token{{Secret: secret(token), Services: []string{"*"}}, {Secret: secret(webToken), Services: []string{"web"}}}
			},
			Reports: func(code int) {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.codes = append(s.codes, code)
			},
		})),
	})
	require.NoError(t, err)
	s.addr = listener.Addr()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- listener.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
		require.NoError(t, store.Close())
		require.NotContains(t, s.log.String(), token)
		require.NotContains(t, s.log.String(), "czNjcmV0", "the token in base64")
	})
	return s
}

// mounted is what stands around the handler in the programs.
func mounted(h http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/reporter", h)
	mux.Handle("/reporter/", h)
	outer := http.NewServeMux()
	outer.Handle("/", mux)
	return app.CollapseSlashes(outer)
}

// A client is a connection on which requests are written byte for byte.
type client struct {
	net.Conn
	answers *bufio.Reader
}

func dial(t *testing.T, s *server) *client {
	t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	return &client{conn, bufio.NewReader(conn)}
}

// send writes a request, whose lines end in \n here and in \r\n on the wire, and
// returns the status and the body of the answer.
func (c *client) send(t *testing.T, request string) (*http.Response, string) {
	t.Helper()
	head, body, _ := strings.Cut(request, "\n\n")
	_, err := io.WriteString(c, strings.ReplaceAll(head, "\n", "\r\n")+"\r\n\r\n"+body)
	require.NoError(t, err)
	return c.answer(t)
}

func (c *client) answer(t *testing.T) (*http.Response, string) {
	t.Helper()
	answer, err := http.ReadResponse(c.answers, nil)
	require.NoError(t, err)
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer, string(text)
}

// closed tells whether the server has closed the connection.
func (c *client) closed(t *testing.T) bool {
	t.Helper()
	start := time.Now()
	_, err := c.answers.ReadByte()
	require.ErrorIs(t, err, io.EOF)
	return time.Since(start) < 5*time.Second
}
