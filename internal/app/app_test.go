// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pharos-status/pharos/internal/app"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// journal notes in which order things happen.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
}

func (j *journal) part(name string, work func(context.Context) error) app.Part {
	return app.Part{Name: name, Component: app.Func(func(ctx context.Context) error {
		defer j.add(name)
		return work(ctx)
	})}
}

func untilDone(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestRunStopsPartsLastFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		var j journal
		slowly := func(ctx context.Context) error { <-ctx.Done(); time.Sleep(time.Second); return nil }

		err := app.Run(ctx, j.part("first", untilDone), j.part("second", slowly), j.part("third", slowly))

		require.NoError(t, err)
		require.Equal(t, []string{"third", "second", "first"}, j.lines)
	})
}

func TestRunEndsWhenOnePartDoes(t *testing.T) {
	t.Parallel()
	var j journal
	broken := errors.New("disk full")

	err := app.Run(t.Context(), j.part("a", untilDone), j.part("b", func(context.Context) error { return broken }), j.part("c", untilDone))

	require.ErrorIs(t, err, broken)
	require.EqualError(t, err, "b: disk full")
	require.ElementsMatch(t, []string{"a", "b", "c"}, j.lines)
}

func newServer(t *testing.T, address string, h http.Handler) (*app.HTTPServer, error) {
	t.Helper()
	return app.NewHTTPServer(app.HTTPOptions{
		Purpose: "status page", Flag: "web.listen-address", Address: address,
		Handler: h, Logger: slog.New(slog.DiscardHandler),
	})
}

func TestHTTPServerServesAndStops(t *testing.T) {
	t.Parallel()
	hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	s, err := newServer(t, "127.0.0.1:0", hello)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()

	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Addr(), nil)
	require.NoError(t, err)
	res, err := client.Do(req)
	require.NoError(t, err)
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, "hello", string(body))

	cancel()
	require.NoError(t, <-done)
}

func TestHTTPServerPortInUse(t *testing.T) {
	t.Parallel()
	s, err := newServer(t, "127.0.0.1:0", http.NotFoundHandler())
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()

	_, err = newServer(t, s.Addr(), http.NotFoundHandler())

	require.EqualError(t, err, "listen on "+s.Addr()+" for the status page: the port is in use; stop the program that holds it, or choose another address with --web.listen-address")
}

func TestCollapseSlashes(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"//reporter/web/api/":          "/reporter/web/api/",
		"/reporter//web///api":         "/reporter/web/api",
		"/reporter/web/api":            "/reporter/web/api",
		"//reporter/w/n/tcp:%2F%2Fa/":  "/reporter/w/n/tcp:%2F%2Fa/",
		"/reporter/w/n/a%20b//?x=1//2": "/reporter/w/n/a%20b/",
	} {
		var got string
		h := app.CollapseSlashes(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.URL.EscapedPath() }))
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://x"+target, nil))
		require.Equal(t, want, got, target)
	}
}

func TestReloadOnHangup(t *testing.T) { //nolint:paralleltest // signals the whole process
	hangups := app.CatchHangups()
	require.NoError(t, syscall.Kill(syscall.Getpid(), syscall.SIGHUP)) // while the program starts
	reloads := make(chan struct{})
	c := hangups.Reload(func() error { reloads <- struct{}{}; return errors.New("bad file") }, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	<-reloads
	require.NoError(t, syscall.Kill(syscall.Getpid(), syscall.SIGHUP))
	<-reloads
	cancel()
	require.NoError(t, <-done)
}

func TestReloadHandler(t *testing.T) {
	t.Parallel()
	var bad error
	h := app.ReloadHandler(func() error { return bad }, slog.New(slog.DiscardHandler))
	post := func(origin string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/-/reload", nil)
		r.Header.Set("Sec-Fetch-Site", origin)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	require.Equal(t, http.StatusOK, post("same-origin").Code)
	require.Equal(t, http.StatusForbidden, post("cross-site").Code)
	bad = errors.New("a.yml:1: unknown key")
	w := post("same-origin")
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.Equal(t, "a.yml:1: unknown key\n", w.Body.String())
}

func TestBuildReleasesWhatWasAcquired(t *testing.T) {
	t.Parallel()
	var j journal
	broken := errors.New("disk full")
	var address string
	_, err := app.Build(func(b *app.Builder) error {
		server, err := b.Listen(app.HTTPOptions{Address: "127.0.0.1:0", Handler: http.NotFoundHandler(), Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		address = server.Addr()
		b.Undo(func() error { j.add("first"); return nil })
		b.Undo(func() error { j.add("second"); return nil })
		return broken
	})
	require.ErrorIs(t, err, broken)
	require.Equal(t, []string{"second", "first"}, j.lines)
	again, err := newServer(t, address, http.NotFoundHandler())
	require.NoError(t, err, "the address is free again")
	require.NoError(t, again.Close())

	parts, err := app.Build(func(b *app.Builder) error { b.Add("a", app.Func(untilDone)); return nil })
	require.NoError(t, err)
	require.Len(t, parts, 1)
}

func TestCommand(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args   []string
		work   error
		exit   int
		stdout string
		stderr string
	}{
		"work":        {nil, nil, 0, "", ""},
		"failed work": {nil, errors.New("disk full"), 1, "", "pharos: disk full\n"},
		"own code":    {nil, &app.Exit{Code: 7}, 7, "", ""},
		"and words":   {nil, fmt.Errorf("probe: %w", &app.Exit{Code: 3, Err: errors.New("disk full")}), 3, "", "pharos: probe: disk full\n"},
		"help":        {[]string{"--help"}, errors.New("not to be called"), 0, "usage: pharos", ""},
		"version":     {[]string{"--version"}, errors.New("not to be called"), 0, "pharos, version", ""},
		"bad flag":    {[]string{"--nope"}, errors.New("not to be called"), 2, "", "pharos: unknown long flag '--nope'; try pharos --help\n"},
		"bad URL":     {[]string{"--url=foo"}, errors.New("not to be called"), 2, "", "pharos: \"foo\" is no URL such as https://status.example.com; try pharos --help\n"},
		"good URL":    {[]string{"--url=https://a.example.com/b/"}, nil, 0, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr strings.Builder
			c := app.NewCommand("pharos", "Help.", &stdout, &stderr)
			var u string
			c.Flag("url", "A URL.").SetValue(app.URL(&u))
			require.Equal(t, tc.exit, c.Run(tc.args, func(string) error { return tc.work }))
			require.Contains(t, stdout.String(), tc.stdout)
			require.Equal(t, tc.stderr, stderr.String())
			if name == "good URL" {
				require.Equal(t, "https://a.example.com/b/", u)
			}
		})
	}
}

// A lone - is an argument as any other, whether it stands for itself or behind a flag.
func TestFileOrStandardInput(t *testing.T) {
	t.Parallel()
	const empty = "pharos: the name of a file is empty; - is standard input; try pharos help run\n"
	for _, tc := range []struct {
		args         []string
		file, second string
		stderr       string
	}{
		{[]string{"run", "-", "--force"}, "-", "", ""},
		{[]string{"run", "--", "-"}, "-", "", ""},
		{[]string{"run", "a", "--second", "-"}, "a", "-", ""},
		{[]string{"run", "a", "--second=-"}, "a", "-", ""},
		{[]string{"run", "a", "-s-"}, "a", "-", ""},
		{[]string{"run", "-s", "-", "a"}, "a", "-", ""},
		{[]string{"run", ""}, "", "", empty},
		{[]string{"run", "a", "--second="}, "a", "", empty},
	} {
		var stderr strings.Builder
		c := app.NewCommand("pharos", "Help.", io.Discard, &stderr)
		cmd := c.Command("run", "Runs.")
		var file, second string
		cmd.Arg("file", "A file.").Required().SetValue(c.File(&file))
		cmd.Flag("second", "Another.").Short('s').SetValue(c.File(&second))
		cmd.Flag("force", "Do it.").Bool()
		code := c.Run(tc.args, func(string) error { return nil })
		require.Equal(t, tc.stderr, stderr.String(), tc.args)
		require.Equal(t, tc.stderr != "", code == 2, tc.args)
		require.Equal(t, []string{tc.file, tc.second}, []string{file, second}, tc.args)
	}
}

func TestHandlerTransport(t *testing.T) {
	t.Parallel()
	client := &http.Client{Transport: app.HandlerTransport{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("X-Seen", r.Method+" "+r.RequestURI+" "+string(body))
		w.WriteHeader(http.StatusTeapot)
		w.Header().Set("X-Late", "lost, as over the network")
		_, _ = io.WriteString(w, "short and stout")
	})}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://pharos.local/a?b=c", strings.NewReader("x"))
	require.NoError(t, err)
	res, err := client.Do(req)
	require.NoError(t, err)
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusTeapot, res.StatusCode)
	require.Equal(t, "POST /a?b=c x", res.Header.Get("X-Seen"))
	require.Empty(t, res.Header.Get("X-Late"))
	require.Equal(t, "short and stout", string(body))
}
