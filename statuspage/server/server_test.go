// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
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
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
)

// A hand-made server: the given text as its configuration, and a registry.
func newServer(t *testing.T, text string) (*Server, *prometheus.Registry) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "statuspage.yml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	registry := prometheus.NewRegistry()
	s, err := New(Options{ConfigFile: file, StoragePath: filepath.Join(dir, "data"), Logger: quiet(), Registerer: registry})
	require.NoError(t, err)
	return s, registry
}

// start runs the server until the test ends.
func start(t *testing.T, s *Server) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
}

// with replaces the source, as a reload would.
func with(s *Server, source fakeSource) {
	next := *s.settings.Load()
	next.source = source
	s.settings.Store(&next)
	s.Refresh()
}

func eventually(t *testing.T, h http.Handler, path, want string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(ask(h, http.MethodGet, path).Body.String(), want) }, waitAtMost, waitEvery)
}

func TestServerFromStartToStop(t *testing.T) {
	t.Parallel()
	s, registry := newServer(t, "branding: {page_title: Acme}\nmanager: {token: t0ken-of-Acme}\n")
	require.False(t, s.Ready())
	public, ops := s.Public(), s.Ops()
	require.Equal(t, "unknown", ask(public, http.MethodGet, "/status/text").Body.String(), "there is a page before Run")
	require.Equal(t, http.StatusServiceUnavailable, ask(ops, http.MethodGet, "/-/ready").Code)

	with(s, answering(status.Healthy))
	start(t, s)
	eventually(t, public, "/status/text", "healthy")
	require.True(t, s.Ready())
	require.Equal(t, http.StatusOK, ask(ops, http.MethodGet, "/-/ready").Code)
	require.Contains(t, ask(public, http.MethodGet, "/").Body.String(), "Acme")

	problems, err := testutil.GatherAndLint(registry)
	require.NoError(t, err)
	require.Empty(t, problems)
}

func TestAnnouncementReachesThePage(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t, "manager: {token: t0ken-of-Acme}\n")
	with(s, answering(status.Healthy))
	start(t, s)
	post := func(password string) int {
		r := httptest.NewRequest(http.MethodPost, "//manager/announcement/", strings.NewReader(`{"title":"Move <b>","text":"Tonight."}`))
		r.Header.Set("Content-Type", "application/json")
		r.SetBasicAuth("", password)
		w := httptest.NewRecorder()
		s.Public().ServeHTTP(w, r)
		return w.Code
	}
	require.Contains(t, []int{http.StatusUnauthorized, http.StatusForbidden}, post("wrong"))
	require.Equal(t, http.StatusOK, post("t0ken-of-Acme"))
	eventually(t, s.Public(), "/", "Move &lt;b&gt;")
}

func TestTokensAreTriedSeldom(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t, "manager: {token: t0ken-of-Acme}\n")
	start(t, s)
	code := func(token, from string) int {
		r := httptest.NewRequest(http.MethodGet, "/manager/v1/incidents", nil)
		r.RemoteAddr = "127.0.0.1:1"
		r.Header.Set("X-Forwarded-For", from)
		r.SetBasicAuth("", token)
		w := httptest.NewRecorder()
		s.Public().ServeHTTP(w, r)
		return w.Code
	}
	for range 2 * triesOfOne {
		require.Equal(t, http.StatusOK, code("t0ken-of-Acme", "192.0.2.1"), "the right one costs nothing")
	}
	for range triesOfOne {
		require.Equal(t, http.StatusUnauthorized, code("wrong", "192.0.2.1"))
	}
	require.Equal(t, http.StatusTooManyRequests, code("wrong", "192.0.2.1"))
	require.Equal(t, http.StatusTooManyRequests, code("t0ken-of-Acme", "192.0.2.1"), "or it could be guessed")
	require.Equal(t, http.StatusOK, code("t0ken-of-Acme", "192.0.2.2"), "who sits elsewhere may")
}

// Who asks as language models do, and often, can still log in and subscribe.
func TestCallsAndWritesAreLimitedApart(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t, "access: {password: open sesame}\n")
	start(t, s)
	public := s.Public()
	call := func() *httptest.ResponseRecorder {
		return ask(public, http.MethodPost, "/mcp/probes/", "Authorization", "Basic Om9wZW4gc2VzYW1l")
	}
	require.Equal(t, "no-store", call().Header().Get("Cache-Control"), "the page is private")
	require.Eventually(t, func() bool { return call().Code == http.StatusTooManyRequests }, waitAtMost, time.Millisecond)
	require.Equal(t, http.StatusSeeOther, logIn(public, "open sesame", "/").Code)
}

func TestOps(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t, "manager: {token: hunter2hunter2}\nprometheus: {basic_auth: {username: u, password: hunter2}}\n")
	start(t, s)
	ops := s.Ops()
	for path, want := range map[string]string{
		"/":                    "Pharos status page",
		"/metrics":             "pharos_statuspage_config_last_reload_successful 1",
		"/config":              "token: <secret>",
		"/-/healthy":           "healthy\n",
		"/debug/pprof/":        "goroutine",
		"/debug/pprof/cmdline": "server.test",
	} {
		w := ask(ops, http.MethodGet, path)
		require.Equal(t, http.StatusOK, w.Code, path)
		require.Contains(t, w.Body.String(), want, path)
		require.NotContains(t, w.Body.String(), "hunter2", path)
		require.NotEmpty(t, w.Header().Get("Content-Type"), path)
	}
	require.Equal(t, http.StatusMethodNotAllowed, ask(ops, http.MethodGet, "/-/reload").Code)
	require.Equal(t, http.StatusNotFound, ask(ops, http.MethodGet, "/nothing").Code)
}

func TestReload(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t, "branding: {page_title: Before}\n")
	start(t, s)
	ops := s.Ops()

	require.NoError(t, os.WriteFile(s.o.ConfigFile, []byte("brandin: {page_title: After}\n"), 0o600))
	w := ask(ops, http.MethodPost, "/-/reload")
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.Contains(t, w.Body.String(), `statuspage.yml:1: unknown key "brandin"; did you mean "branding"?`)
	require.Zero(t, testutil.ToFloat64(s.metrics.reloadOK))
	require.Contains(t, ask(s.Public(), http.MethodGet, "/").Body.String(), "Before")

	require.NoError(t, os.WriteFile(s.o.ConfigFile, []byte("branding: {page_title: After}\n"), 0o600))
	require.Equal(t, http.StatusOK, ask(ops, http.MethodPost, "/-/reload").Code)
	require.InDelta(t, 1, testutil.ToFloat64(s.metrics.reloadOK), 0)
	eventually(t, s.Public(), "/", "After")
}

func TestReloadAndRefreshAtOnce(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t, "refresh_interval: 1s\n")
	start(t, s)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 20 {
				s.Refresh()
				if err := s.Reload(); err != nil {
					t.Error(err)
				}
				ask(s.Public(), http.MethodGet, "/")
			}
		})
	}
	all.Wait()
}

// The embedded engines are reached by their transports, whatever the file says.
func TestEmbeddedEngines(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "statuspage.yml")
	require.NoError(t, os.WriteFile(file, []byte("prometheus: {url: \"http://elsewhere:9090\"}\n"), 0o600))
	asked := make(chan string, 100)
	var log strings.Builder
	s, err := New(Options{
		ConfigFile: file, StoragePath: dir, Registerer: prometheus.NewRegistry(),
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Prometheus: roundTripper(func(r *http.Request) (*http.Response, error) {
			select {
			case asked <- r.URL.String():
			default:
			}
			return nil, errDown
		}),
	})
	require.NoError(t, err)
	require.Contains(t, log.String(), "url=http://elsewhere:9090")
	start(t, s)
	require.True(t, strings.HasPrefix(<-asked, "http://pharos.local/prometheus/api/v1/"))
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	return f(r)
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	logger, registry := quiet(), prometheus.NewRegistry()
	_, err := New(Options{StoragePath: dir, Registerer: registry})
	require.EqualError(t, err, "status page: Options.Logger is required")
	_, err = New(Options{StoragePath: dir, Logger: logger})
	require.EqualError(t, err, "status page: Options.Registerer is required")

	s, err := New(Options{StoragePath: dir, Logger: logger, Registerer: registry, ConfigFile: filepath.Join(dir, "none.yml")})
	require.NoError(t, err, "no file means the defaults")
	_, err = New(Options{StoragePath: filepath.Join(dir, "second"), Logger: logger, Registerer: registry})
	require.ErrorContains(t, err, "register the metrics of")
	require.NoError(t, s.Close())
	s, err = New(Options{StoragePath: filepath.Join(dir, "second"), Logger: logger, Registerer: registry})
	require.NoError(t, err, "a server that could not be made holds nothing")
	require.NoError(t, s.Close())

	_, err = New(Options{StoragePath: dir, Logger: logger, Registerer: registry, ConfigFile: filepath.Join(dir, "none.yml"), RequireConfig: true})
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestAddressOfThePage(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "https://flag.example.com/", "branding: {page_url: \"https://file.example.com/\"}\n": "https://file.example.com/"} {
		dir := t.TempDir()
		file := filepath.Join(dir, "statuspage.yml")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		s, err := New(Options{ConfigFile: file, StoragePath: dir, PageURL: "https://flag.example.com/", Logger: quiet(), Registerer: prometheus.NewRegistry()})
		require.NoError(t, err)
		require.Contains(t, ask(s.Public(), http.MethodGet, "/status/report").Body.String(), strings.TrimSuffix(want, "/"))
		require.NoError(t, s.Close())
	}
}
