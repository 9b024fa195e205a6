// SPDX-License-Identifier: Apache-2.0

package reporter_test

import (
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/reporter"
)

// report is one that is in order.
func report() reporter.Report {
	return reporter.Report{
		Service: "web", Node: "sockets", Replica: "a", Interval: 29500 * time.Millisecond,
		Load: &reporter.Load{CPU: 0.5, RAM: 0.25},
	}
}

func TestClientReports(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		url    string // after the host
		change func(*reporter.Report)
		path   string
		body   string
	}{
		"load": {"", func(*reporter.Report) {}, "/reporter/web/sockets/", `{"replica":"a","interval":30,"load":{"cpu":0.5,"ram":0.25}}`},
		"health": {
			"/", func(r *reporter.Report) { r.Load, r.Health, r.Reason = nil, reporter.Sick, "disk is full" }, "/reporter/web/sockets/",
			`{"replica":"a","interval":30,"health":"sick","reason":"disk is full"}`,
		},
		"load and health": {
			"///", func(r *reporter.Report) { r.Health = reporter.Healthy }, "/reporter/web/sockets/",
			`{"replica":"a","interval":30,"load":{"cpu":0.5,"ram":0.25},"health":"healthy"}`,
		},
		"unknown": {"", func(r *reporter.Report) { r.Load, r.Health = nil, reporter.Unknown }, "/reporter/web/sockets/", `{"replica":"a","interval":30,"health":"unknown"}`},
		"prefix":  {"/status%2Fpage/", func(*reporter.Report) {}, "/status%2Fpage/reporter/web/sockets/", `{"replica":"a","interval":30,"load":{"cpu":0.5,"ram":0.25}}`},
		"odd ids": {
			"", func(r *reporter.Report) { r.Service, r.Node, r.Replica = "a b/c", "ü+?#%", "tcp://h:1" }, "/reporter/a%20b%2Fc/%C3%BC%2B%3F%23%25/",
			`{"replica":"tcp://h:1","interval":30,"load":{"cpu":0.5,"ram":0.25}}`,
		},
		"reason is made fit": {
			"", func(r *reporter.Report) {
				r.Health, r.Reason = reporter.Dead, "a\x1b[31m\nb\xff"+strings.Repeat("ü", 200)
			}, "/reporter/web/sockets/",
			`{"replica":"a","interval":30,"load":{"cpu":0.5,"ram":0.25},"health":"dead","reason":"a [31m b` + "\ufffd" + strings.Repeat("ü", 93) + `…"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				user, token, _ := r.BasicAuth()
				body, err := io.ReadAll(r.Body)
				require.NoError(t, err)
				require.Equal(t, []string{"POST", tc.path, "", "secret", "application/json", "pharos-reporter"},
					[]string{r.Method, r.URL.EscapedPath(), user, token, r.Header.Get("Content-Type"), r.UserAgent()})
				require.JSONEq(t, tc.body, string(body))
				require.Equal(t, int64(len(body)), r.ContentLength)
				require.NotContains(t, r.Header, "Idempotency-Key")
				w.WriteHeader(http.StatusNoContent)
			}))
			defer s.Close()
			c := reporter.Client{Endpoint: reporter.Endpoint{URL: s.URL + tc.url, Token: "secret"}, Transport: s.Client().Transport}
			r := report()
			tc.change(&r)
			require.NoError(t, c.Report(t.Context(), r))
		})
	}
}

// A Vigil refuses an interval that is no integer.
func TestIntervalIsAWholeNumberOfSeconds(t *testing.T) {
	t.Parallel()
	for interval, want := range map[time.Duration]string{
		time.Nanosecond: "1", time.Second: "1", 30 * time.Second: "30", 37500 * time.Millisecond: "38", 365 * 24 * time.Hour: "31536000",
	} {
		var sent string
		c := reporter.Client{Endpoint: reporter.Endpoint{URL: "http://one", Token: "t"}, Transport: transport(func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			sent = string(body)
			return answer(http.StatusOK), err
		})}
		r := report()
		r.Interval = interval
		require.NoError(t, c.Report(t.Context(), r))
		require.Contains(t, sent, `"interval":`+want+`,`, interval)
	}
}

func TestClientFlushes(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, []any{"DELETE", "/reporter/web/sockets/tcp:%2F%2Fh:1/", int64(0), "tool/1"},
			[]any{r.Method, r.URL.EscapedPath(), r.ContentLength, r.UserAgent()})
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "unknown replica\nand more\n")
	}))
	defer s.Close()
	c := reporter.Client{Endpoint: reporter.Endpoint{URL: s.URL, Token: "secret"}, Transport: s.Client().Transport, UserAgent: "tool/1"}
	err := c.Flush(t.Context(), "web", "sockets", "tcp://h:1")
	var refused *reporter.StatusError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, reporter.StatusError{Code: 404, Message: "unknown replica"}, *refused)
	require.EqualError(t, err, "the server answered 404 Not Found: unknown replica")
}

func TestClientKeepsItsConnection(t *testing.T) {
	t.Parallel()
	var connections, requests atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1)%2 == 0 {
			http.Error(w, strings.Repeat("x", 20<<10), http.StatusServiceUnavailable)
		}
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	c := reporter.Client{Endpoint: reporter.Endpoint{URL: s.URL, Token: "t"}, Transport: s.Client().Transport}
	for range 3 {
		require.NoError(t, c.Report(t.Context(), report()))
		err := c.Report(t.Context(), report())
		require.ErrorContains(t, err, "503 Service Unavailable: xxx")
		require.Less(t, len(err.Error()), 300)
	}
	require.EqualValues(t, 1, connections.Load())
}

func TestClientFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.NotContains(t, r.URL.Path, "elsewhere")
		http.Redirect(w, r, "/elsewhere", http.StatusPermanentRedirect)
	}))
	defer s.Close()
	c := reporter.Client{Endpoint: reporter.Endpoint{URL: s.URL, Token: "t"}, Transport: s.Client().Transport}
	require.EqualError(t, c.Report(t.Context(), report()),
		"the server answered 308 Permanent Redirect: redirects are not followed; the URL would be that of /elsewhere")
}

func TestClientReadsRetryAfter(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "-7": 0, "soon": 0, "99999999999999999999": 0,
		time.Now().Add(time.Hour).UTC().Format(http.TimeFormat): time.Hour, "Mon, 02 Jan 2006 15:04:05 GMT": 0,
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", value)
			w.WriteHeader(http.StatusServiceUnavailable)
		}))
		defer s.Close()
		c := reporter.Client{Endpoint: reporter.Endpoint{URL: s.URL, Token: "t"}, Transport: s.Client().Transport}
		var refused *reporter.StatusError
		require.ErrorAs(t, c.Report(t.Context(), report()), &refused)
		require.InDelta(t, want, refused.RetryAfter, float64(time.Minute), value)
	}
}

func TestClientReadsNoEndlessAnswer(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		for {
			if _, err := io.WriteString(w, strings.Repeat("x", 1<<10)); err != nil {
				return
			}
		}
	}))
	defer s.Close()
	c := reporter.Client{Endpoint: reporter.Endpoint{URL: s.URL, Token: "t"}, Transport: s.Client().Transport}
	var refused *reporter.StatusError
	require.ErrorAs(t, c.Report(t.Context(), report()), &refused)
	require.LessOrEqual(t, len(refused.Message), 200)
}

func TestClientIsBounded(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer s.Close()
	defer close(release)
	c := reporter.Client{Endpoint: reporter.Endpoint{URL: s.URL, Token: "t"}, Transport: s.Client().Transport, Timeout: 10 * time.Millisecond}
	err := c.Report(t.Context(), report())
	var timeout interface{ Timeout() bool }
	require.ErrorAs(t, err, &timeout)
	require.True(t, timeout.Timeout())
	require.False(t, errors.As(err, new(*reporter.StatusError)))
}

func TestClientRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*reporter.Report)
		want   string
	}{
		"no service":      {func(r *reporter.Report) { r.Service = "" }, "the service is not given"},
		"no node":         {func(r *reporter.Report) { r.Node = "" }, "the node is not given"},
		"no replica":      {func(r *reporter.Report) { r.Replica = "" }, "invalid report: the replica is not given"},
		"dots":            {func(r *reporter.Report) { r.Node = ".." }, `the node is "..", which can't be part of a path; give it another name`},
		"not UTF-8":       {func(r *reporter.Report) { r.Replica = "\xff" }, `invalid report: the replica is "\xff", which is not valid UTF-8`},
		"no interval":     {func(r *reporter.Report) { r.Interval = 0 }, "invalid report: the interval is 0s, want more than 0 and at most a year"},
		"nothing":         {func(r *reporter.Report) { r.Load = nil }, "invalid report: it has neither a load nor a health"},
		"unknown health":  {func(r *reporter.Report) { r.Health = "well" }, `invalid report: the health is "well", want healthy, sick, dead or unknown`},
		"not a number":    {func(r *reporter.Report) { r.Load.CPU = math.NaN() }, "invalid report: the load of the cpu is NaN, want a ratio from 0, such as 0.3"},
		"negative":        {func(r *reporter.Report) { r.Load.RAM = -1 }, "invalid report: the load of the ram is -1, want a ratio from 0, such as 0.3"},
		"absurd":          {func(r *reporter.Report) { r.Load.RAM = 1e7 }, "invalid report: the load of the ram is 1e+07, want a ratio from 0, such as 0.3"},
		"absurd interval": {func(r *reporter.Report) { r.Interval = math.MaxInt64 }, "invalid report: the interval is 2562047h47m16.854775807s, want more than 0 and at most a year"},
	} {
		r := report()
		tc.change(&r)
		c := reporter.Client{Endpoint: reporter.Endpoint{URL: "http://127.0.0.1:1", Token: "t"}}
		require.EqualError(t, c.Report(t.Context(), r), tc.want, name)
	}
}

func TestClientRefusesURLs(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"":                      "the URL of the server is not given",
		"http://h:pass%zz@x":    "the URL of the server can't be read; want one such as https://status.example.com",
		"status.example.com":    "the URL of the server must begin with https:// or http://, and have a host",
		"ftp://example.com":     "the URL of the server must begin with https:// or http://, and have a host",
		"https:///status":       "the URL of the server must begin with https:// or http://, and have a host",
		"https://:secret@h":     "the URL of the server must have no user; give the token by itself",
		"https://h/?a=b":        "the URL of the server must have no query and no fragment",
		"https://h/?":           "the URL of the server must have no query and no fragment",
		"https://h/status#page": "the URL of the server must have no query and no fragment",
	} {
		c := reporter.Client{Endpoint: reporter.Endpoint{URL: url, Token: "t"}}
		require.EqualError(t, c.Report(t.Context(), report()), want, url)
	}
}
