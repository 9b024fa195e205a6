// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// How long tests wait for what happens beside them. It says nothing of speed.
const (
	waitAtMost = 30 * time.Second
	waitEvery  = 10 * time.Millisecond
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// notification returns what Alertmanager posts of a group.
func notification(group string) string {
	return fmt.Sprintf(`{"version": "4", "groupKey": %q, "truncatedAlerts": 0, "status": "firing", "receiver": "ops",
		"groupLabels": {"service": "web"}, "commonLabels": {"alertname": "PharosServiceDead", "service": "web", "severity": "critical"},
		"commonAnnotations": {"summary": "Web nodes are down"}, "externalURL": "http://alertmanager.example.com",
		"alerts": [{"status": "firing", "labels": {"alertname": "PharosServiceDead", "service": "web", "severity": "critical"},
		"annotations": {"summary": "Web nodes are down"}, "startsAt": "2026-01-02T03:04:05Z", "endsAt": "0001-01-01T00:00:00Z",
		"generatorURL": "", "fingerprint": "0123456789abcdef"}]}`, group)
}

// crowded returns a notification with at least so many bytes of alerts.
func crowded(group string, size int) string {
	n := notification(group)
	at := strings.Index(n, `{"status": "firing", "labels"`)
	alert := n[at:strings.LastIndex(n, "]")]
	return n[:at] + strings.Repeat(alert+",", size/len(alert)+1) + n[at:]
}

// A receiver is a service that messages go to.
type receiver struct {
	*httptest.Server

	mu     sync.Mutex
	code   int // that it answers with
	groups []string
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{code: http.StatusOK}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

// ServeHTTP notes the group of what arrives.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	var n struct{ GroupKey string }
	err := json.NewDecoder(req.Body).Decode(&n)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil && r.code == http.StatusOK {
		r.groups = append(r.groups, n.GroupKey)
	}
	w.WriteHeader(r.code)
}

// answers sets what it answers from now on.
func (r *receiver) answers(code int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.code = code
}

// got returns the groups that have arrived.
func (r *receiver) got() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.groups...)
}

// yml returns a configuration with a channel, called hook, to the receiver.
func (r *receiver) yml(more string) string {
	return more + "\nchannels: [{name: hook, http: {url: \"" + r.URL + "/secret-path\"}}]\n"
}

// newBridge returns a bridge with the text as its configuration, and its folder, which
// has the file bridge.yml and the folder data.
func newBridge(t *testing.T, text string) (b *Bridge, folder string) {
	t.Helper()
	folder = t.TempDir()
	b, err := open(t, folder, text)
	require.NoError(t, err)
	return b, folder
}

func open(t *testing.T, folder, text string) (*Bridge, error) {
	t.Helper()
	file := filepath.Join(folder, "bridge.yml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return New(Options{
		ConfigFile: file, StoragePath: filepath.Join(folder, "data"), Logger: slog.New(slog.DiscardHandler), Registerer: prometheus.NewPedanticRegistry(),
	})
}

// run runs the bridge until the test ends, or until it is stopped.
func run(t *testing.T, b *Bridge) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-done)
	})
	t.Cleanup(stop)
	require.Eventually(t, func() bool { return b.Ready() == nil }, waitAtMost, waitEvery)
	return stop
}

// A change is made to a request before it is sent.
type change func(*http.Request)

func header(name, value string) change {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func from(address string) change {
	return func(r *http.Request) { r.RemoteAddr = address }
}

func host(name string) change {
	return func(r *http.Request) { r.Host = name }
}

// ask sends a request, from this machine unless it is changed.
func ask(h http.Handler, method, path, body string, changes ...change) *httptest.ResponseRecorder {
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r := httptest.NewRequestWithContext(context.Background(), method, "http://127.0.0.1:9642"+path, in)
	r.RemoteAddr = "127.0.0.1:1234"
	for _, c := range changes {
		c(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// post posts a notification to the channel hook.
func post(b *Bridge, body string, changes ...change) *httptest.ResponseRecorder {
	return ask(b.Handler(), http.MethodPost, "/bridge/v1/hook", body, changes...)
}
