// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
)

// asOf is when the pages of the golden files have their data from.
const asOf = "2026-11-21T09:30:13.000Z"

// A publicFake serves a page to everyone.
type publicFake struct {
	*httptest.Server
	report, summary atomic.Pointer[string] // nil: not there
	asked           atomic.Int64
}

// newPublicFake serves a page of the golden files of the status page, as if its data
// were of a time; empty: as it is.
func newPublicFake(t *testing.T, name, at string) *publicFake {
	t.Helper()
	p := &publicFake{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text := map[string]*string{"/status/report": p.report.Load(), "/api/v2/summary.json": p.summary.Load()}[r.URL.Path]
		if text == nil {
			http.NotFound(w, r)
			return
		}
		p.asked.Add(1)
		_, _ = io.WriteString(w, *text)
	}))
	t.Cleanup(p.Close)
	read := func(file string) *string {
		text, err := os.ReadFile(filepath.Join("../../statuspage/format/testdata", name, file))
		require.NoError(t, err)
		if at != "" {
			text = bytes.ReplaceAll(text, []byte(asOf), []byte(at))
		}
		return new(string(text))
	}
	p.report.Store(read("report.json"))
	p.summary.Store(read("v2-summary.json"))
	return p
}

// seen returns what status shows, on a terminal of so many columns if there are any.
func (p *publicFake) seen(t *testing.T, component string, columns int) (text string, code int) {
	t.Helper()
	moment, err := time.Parse(time.RFC3339, asOf)
	require.NoError(t, err)
	c := &statusCmd{
		client: client{peer: pagePeer(), url: p.URL}, component: component, oldest: 10 * time.Minute,
		out: screen{colours: columns > 0}, now: func() time.Time { return moment.Add(4 * time.Second) },
	}
	s, err := c.read(t.Context())
	require.NoError(t, err)
	return c.text(s, columns), c.code(s)
}

func TestStatusIsATable(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"mixed", "hostile"} {
		text, code := newPublicFake(t, name, "").seen(t, "", 0)
		require.Equal(t, exitDead, code)
		testkit.Golden(t, "status-"+name+".golden", []byte(text))
		for _, r := range text {
			require.True(t, r == '\n' || unicode.IsPrint(r), "%q", r)
		}
	}
}

func TestStatusOnATerminal(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"mixed", "hostile"} {
		text, _ := newPublicFake(t, name, "").seen(t, "", 60)
		testkit.Golden(t, "status-"+name+"-60.golden", []byte(text))
		table := strings.SplitAfterN(text, "\n\n", 2)[1]
		bare := strings.NewReplacer("\x1b[31m", "", "\x1b[32m", "", "\x1b[33m", "", "\x1b[35m", "", "\x1b[0m", "").Replace(table)
		require.NotContains(t, bare, "\x1b")
		for line := range strings.Lines(bare) {
			require.LessOrEqual(t, cells(strings.TrimSuffix(line, "\n")), 60, line)
		}
	}
}

func TestStatusOfOneComponent(t *testing.T) {
	t.Parallel()
	p := newPublicFake(t, "mixed", "")
	text, code := p.seen(t, "web/balancer", 0)
	require.Equal(t, exitHealthy, code)
	require.Contains(t, text, "Load balancer")
	require.NotContains(t, text, "Core servers")
	require.Regexp(t, `^Web nodes, Load balancer, is healthy, as of 4 s ago\.\n`, text)
	text, code = p.seen(t, "socket", 0)
	require.Equal(t, exitSick, code)
	require.Contains(t, text, "Relay")
	_, code = p.seen(t, "Web nodes/Core servers", 0)
	require.Equal(t, exitDead, code)

	code, stdout, stderr := ctl(t, "status", "wbe", "--url="+p.URL)
	require.Equal(t, exitUnknown, code)
	require.Empty(t, stdout)
	require.Equal(t, "pharosctl: the page shows no \"wbe\"; pharosctl status lists what it shows\n", stderr)
}

func TestStatusTellsByItsExitCode(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC().Format(time.RFC3339)
	for _, c := range []struct {
		page, at string
		args     []string
		want     int
	}{
		{"mixed", now, nil, exitDead},
		{"mixed", now, []string{"socket"}, exitSick},
		{"mixed", now, []string{"socket/relay"}, exitHealthy},
		{"mixed", "2020-01-02T03:04:05Z", []string{"socket/relay"}, exitUnknown},
		{"mixed", "2020-01-02T03:04:05Z", []string{"socket/relay", "--stale-after=0s"}, exitHealthy},
	} {
		p := newPublicFake(t, c.page, c.at)
		code, stdout, stderr := ctl(t, append([]string{"status", "--url=" + p.URL}, c.args...)...)
		require.Equal(t, c.want, code, "%v: %s%s", c, stdout, stderr)
	}
	code, stdout, _ := ctl(t, "status", "--url="+newPublicFake(t, "mixed", "2020-01-02T03:04:05Z").URL)
	require.Equal(t, exitUnknown, code)
	require.Regexp(t, `^Acme Status is unknown, as of \d+ days ago.\nThe page said dead then. `, stdout)

	code, _, stderr := ctl(t, "status", "--url=http://127.0.0.1:1")
	require.Equal(t, exitUnknown, code)
	require.Contains(t, stderr, "no status page answers at http://127.0.0.1:1: ")
	code, _, _ = ctl(t, "status", "--bogus")
	require.Equal(t, exitUnknown, code)
	code, _, stderr = ctl(t, "status", "--watch", "--every=1ms")
	require.Equal(t, exitUnknown, code)
	require.Contains(t, stderr, "--every is less than 1s")
}

func TestStatusAsItIsServed(t *testing.T) {
	t.Parallel()
	p := newPublicFake(t, "mixed", "")
	_, stdout, _ := ctl(t, "status", "-o", "json", "--url="+p.URL)
	require.Equal(t, *p.report.Load(), stdout)
	_, stdout, _ = ctl(t, "status", "web/core", "-o", "json", "--url="+p.URL)
	require.Contains(t, stdout, `"Core servers"`)
	require.NotContains(t, stdout, `"Load balancer"`)
	require.Regexp(t, `^\{\n  "health": "dead",\n  "page": \{`, stdout)
}

// A Vigil serves the report alone, which has no ids and no age.
func TestStatusOfAVigil(t *testing.T) {
	t.Parallel()
	p := newPublicFake(t, "mixed", "")
	p.summary.Store(nil)
	code, stdout, stderr := ctl(t, "status", "--url="+p.URL)
	require.Equal(t, exitDead, code, stderr)
	require.Regexp(t, `^Acme Status is dead\.\n\nCOMPONENT +STATUS +REPLICAS\n`, stdout)
	code, _, stderr = ctl(t, "status", "Web nodes/Load balancer", "--url="+p.URL)
	require.Equal(t, exitHealthy, code, stderr)
}

func TestStatusOfAPageThatChanges(t *testing.T) {
	t.Parallel()
	p := newPublicFake(t, "mixed", "")
	p.summary.Store(new(`{"components": [{"id": "x", "name": "X", "group": true}]}`))
	text, code := p.seen(t, "", 0)
	require.Equal(t, exitDead, code)
	require.EqualValues(t, 6, p.asked.Load(), "it is asked three times")
	require.Contains(t, text, "Core servers")
	for _, bad := range []string{"<html>", `{"health": "fine"}`, `[]`} {
		p.report.Store(&bad)
		code, _, stderr := ctl(t, "status", "--url="+p.URL)
		require.Equal(t, exitUnknown, code)
		require.Contains(t, stderr, "answers otherwise than a status page")
	}
}

func TestStatusIsWatched(t *testing.T) {
	t.Parallel()
	p := newPublicFake(t, "mixed", time.Now().UTC().Format(time.RFC3339))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out, problems bytes.Buffer
	ended := make(chan int)
	go func() {
		ended <- run(ctx, []string{"status", "--watch", "--every=1s", "--url=" + p.URL}, &out, &problems)
	}()
	require.Eventually(t, func() bool { return p.asked.Load() >= 4 }, 20*time.Second, 10*time.Millisecond)
	stop()
	require.Contains(t, []int{exitDead, exitUnknown}, <-ended)
	require.Empty(t, problems.String())
	require.GreaterOrEqual(t, strings.Count(out.String(), "Acme Status is dead"), 1)
}

func TestRedrawn(t *testing.T) {
	t.Parallel()
	require.Equal(t, "\x1b[H\x1b[2Ja\nb\n", redraw("a\nb\n", 24))
	require.Equal(t, "\x1b[H\x1b[2Ja\nb\n… 3 more lines\n", redraw("a\nb\nc\nd\ne\n", 4))
	require.Equal(t, "\x1b[H\x1b[2Ja\nb\n", redraw("a\nb\n", 0))
}

func TestAgo(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Second: "now", 0: "0 s ago", 90 * time.Second: "90 s ago", 3 * time.Minute: "3 min ago", 5 * time.Hour: "5 h ago", 72 * time.Hour: "3 days ago",
	} {
		require.Equal(t, want, ago(d))
	}
}
