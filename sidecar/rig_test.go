// SPDX-License-Identifier: Apache-2.0

package sidecar

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/sidecar/config"
	"github.com/pharos-status/pharos/sidecar/watch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A request is what a server was told, in short: "web/a/r healthy".
type request struct {
	at   time.Time
	host string
	what string
}

// A network is all servers. It answers by its function.
type network struct {
	answer func(host, what string) (code int, after time.Duration)

	mu     sync.Mutex
	all    []request
	cut    []string // what was given up before it was answered
	closed int      // how often connections were given up
}

// CloseIdleConnections is asked for by [http.Client.CloseIdleConnections].
func (n *network) CloseIdleConnections() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed++
}

// RoundTrip implements [http.RoundTripper].
func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	what := strings.Trim(strings.TrimPrefix(r.URL.Path, "/reporter/"), "/")
	if r.Method == http.MethodDelete {
		what = "DELETE " + what
	} else {
		var body struct {
			Replica, Health, Reason string
			Load                    *struct{ CPU, RAM float64 }
			Interval                float64
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			return nil, err
		}
		what += "/" + body.Replica
		if body.Load != nil {
			what += fmt.Sprintf(" %.2f %.2f", body.Load.CPU, body.Load.RAM)
		}
		what = strings.TrimSpace(what + " " + body.Health + " " + body.Reason)
	}
	n.mu.Lock()
	n.all = append(n.all, request{time.Now(), r.URL.Host, what})
	n.mu.Unlock()
	code, after := n.answering()(r.URL.Host, what)
	if !wait(r.Context(), after) {
		n.mu.Lock()
		n.cut = append(n.cut, what)
		n.mu.Unlock()
		return nil, r.Context().Err()
	}
	if code == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return &http.Response{StatusCode: code, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
}

// set has the servers answer so; nil: they take everything.
func (n *network) set(answer func(host, what string) (code int, after time.Duration)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.answer = answer
}

func (n *network) answering() func(host, what string) (int, time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.answer == nil {
		return func(string, string) (int, time.Duration) { return http.StatusOK, 0 }
	}
	return n.answer
}

// told returns what a server was told, and forgets it.
func (n *network) told(host string) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var told []string
	var others []request
	for _, r := range n.all {
		if r.host == host {
			told = append(told, r.what)
		} else {
			others = append(others, r)
		}
	}
	n.all = others
	return told
}

// A scripted watch says what the test has set, and takes its time for it.
type scripted struct {
	mu     sync.Mutex
	says   watch.Verdict
	takes  time.Duration
	looked int
}

// Check implements [watch.Watch].
func (s *scripted) Check(ctx context.Context) watch.Verdict {
	s.mu.Lock()
	s.looked++
	says, takes := s.says, s.takes
	s.mu.Unlock()
	wait(ctx, min(takes, time.Hour))
	if takes > time.Hour { // it does not even heed its context
		time.Sleep(takes)
	}
	return says
}

func (s *scripted) set(is status.Status, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.says = watch.Verdict{Status: is, Reason: reason, Figures: watch.Figures{CPUShare: math.NaN(), MemoryShare: math.NaN()}}
}

func (s *scripted) looks() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.looked
	s.looked = 0
	return n
}

// A rig is a sidecar whose watches the test speaks for.
type rig struct {
	*Sidecar

	t       testing.TB
	file    string
	network *network
	log     *logged
	watches map[string]*scripted // by node
	stop    func()
}

type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements [io.Writer].
func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// take returns what was logged, and forgets it.
func (l *logged) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.b.Reset()
	return l.b.String()
}

// newRig makes a sidecar that does not run yet.
func newRig(t testing.TB, text string) *rig {
	t.Helper()
	r := &rig{t: t, file: filepath.Join(t.TempDir(), "reporter.yml"), network: &network{}, log: &logged{}, watches: map[string]*scripted{}}
	r.write(text)
	s, err := New(Options{
		ConfigFile: r.file, Transport: r.network, Registerer: prometheus.NewRegistry(),
		Logger: slog.New(slog.NewTextHandler(r.log, nil)),
	})
	require.NoError(t, err)
	r.Sidecar = s
	s.watchOf = r.watchOf
	s.spread = func(whole time.Duration) time.Duration { return whole }
	for _, run := range s.runners() {
		run.spread = s.spread
		run.watch, _ = r.watchOf(run.settings)
	}
	return r
}

func (r *rig) write(text string) {
	r.t.Helper()
	require.NoError(r.t, os.WriteFile(r.file, []byte(text), 0o600))
}

// watchOf returns a scripted watch in place of a real one.
func (r *rig) watchOf(w *config.Watch) (watch.Watch, error) {
	if r.watches[w.Node] == nil {
		r.watches[w.Node] = &scripted{}
		r.watches[w.Node].set(status.Healthy, "")
	}
	return r.watches[w.Node], nil
}

// run runs the sidecar until the test ends it.
func (r *rig) run() {
	r.t.Helper()
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	r.stop = func() {
		cancel()
		require.NoError(r.t, <-done)
	}
}

const oneServer = `servers: [{url: "http://one", token: hunter2}]` + "\n"
