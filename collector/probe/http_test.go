// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

func parse(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	require.NoError(t, err)
	return u
}

func TestHTTPRequest(t *testing.T) {
	t.Parallel()
	type seen struct {
		method, path, query, host, agent, user, password, header, body string
		close                                                          bool
	}
	match := regexp.MustCompile("ok")
	tests := map[string]struct {
		path string
		o    probe.HTTPOptions
		want seen
	}{
		"head by default": {
			"/a?b=c",
			probe.HTTPOptions{UserAgent: "pharos (+https://status.example)"},
			seen{method: "HEAD", path: "/a", query: "b=c&", agent: "pharos (+https://status.example)", close: true},
		},
		"get to match":     {"/", probe.HTTPOptions{BodyMatch: match}, seen{method: "GET", path: "/", close: true}},
		"method and body":  {"/", probe.HTTPOptions{Method: "POST", Body: "ping"}, seen{method: "POST", path: "/", body: "ping", close: true}},
		"user information": {"//u:p@", probe.HTTPOptions{}, seen{method: "HEAD", path: "/", user: "u", password: "p", close: true}},
		"headers": {
			"/",
			probe.HTTPOptions{UserAgent: "x", Headers: http.Header{"Host": {"a.example"}, "User-Agent": {"mine"}, "X-Test": {"1"}}},
			seen{method: "HEAD", path: "/", host: "a.example", agent: "mine", header: "1", close: true},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := make(chan seen, 1)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				user, password, _ := r.BasicAuth()
				got <- seen{r.Method, r.URL.Path, r.URL.RawQuery, r.Host, r.UserAgent(), user, password, r.Header.Get("X-Test"), string(body), r.Close}
				_, _ = io.WriteString(w, "ok")
			}))
			defer server.Close()
			host := server.Listener.Addr().String()
			if userInfo, ok := strings.CutPrefix(test.path, "//"); ok {
				test.o.URL = parse(t, "http://"+userInfo+host+"/")
			} else {
				test.o.URL = parse(t, server.URL+test.path)
			}
			if test.want.host == "" {
				test.want.host = host
			}
			start := time.Now().Unix()
			require.Equal(t, probe.Verdict{Status: status.Healthy}, verdict(t, probe.HTTP(test.o), patience))
			req := <-got
			stamp, err := strconv.ParseInt(strings.TrimPrefix(req.query, test.want.query), 10, 64)
			require.NoError(t, err)
			require.LessOrEqual(t, start, stamp)
			req.query = test.want.query
			require.Equal(t, test.want, req)
		})
	}
}

func TestHTTPFailures(t *testing.T) {
	t.Parallel()
	answer := func(text string) func(net.Conn) {
		return func(conn net.Conn) {
			_, _ = conn.Read(make([]byte, 4<<10))
			_, _ = io.WriteString(conn, text)
		}
	}
	pong := "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npong"
	tests := map[string]struct {
		serve  func(net.Conn)
		o      probe.HTTPOptions
		reason status.Reason
		detail string
	}{
		"status":          {answer("HTTP/1.1 503 No\r\n\r\n"), probe.HTTPOptions{}, status.HTTPStatus, "HTTP status 503, want 200 to 399"},
		"status range":    {answer(pong), probe.HTTPOptions{StatusFrom: 401, StatusBelow: 402}, status.HTTPStatus, "HTTP status 200, want 401 to 401"},
		"body":            {answer(pong), probe.HTTPOptions{BodyMatch: regexp.MustCompile("^ping$")}, status.Body, `the body (4 bytes read) does not match "^ping$"`},
		"garbage":         {answer("220 mail.example ESMTP\r\n"), probe.HTTPOptions{}, status.Protocol, "malformed HTTP"},
		"endless header":  {answer("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 70<<10)), probe.HTTPOptions{}, status.Protocol, "longer than 65536 bytes"},
		"hangs up":        {answer(""), probe.HTTPOptions{}, status.Connect, "the connection broke"},
		"body breaks off": {answer(pong[:len(pong)-1]), probe.HTTPOptions{BodyMatch: regexp.MustCompile("pong")}, status.Connect, "unexpected EOF"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.o.URL = parse(t, "http://"+serve(t, test.serve)+"/")
			requireFailure(t, verdict(t, probe.HTTP(test.o), patience), status.Dead, test.reason, test.detail)
		})
	}
}

func TestHTTPNetworkFailures(t *testing.T) {
	t.Parallel()
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		o := probe.HTTPOptions{URL: parse(t, "http://user:secret@"+refused+"/?token=secret")}
		v := verdict(t, probe.HTTP(o), patience)
		requireFailure(t, v, status.Dead, status.Connect, "connection refused")
		require.NotContains(t, v.Detail, "secret")
	})
	t.Run("name", func(t *testing.T) {
		t.Parallel()
		o := probe.HTTPOptions{URL: parse(t, "https://name.invalid")}
		requireFailure(t, verdict(t, probe.HTTP(o), patience), status.Dead, status.DNS, "name.invalid")
	})
	t.Run("no answer", func(t *testing.T) {
		t.Parallel()
		o := probe.HTTPOptions{URL: parse(t, "http://"+serve(t, silence))}
		requireFailure(t, verdict(t, probe.HTTP(o), 50*time.Millisecond), status.Dead, status.Timeout, "no answer in time")
	})
	t.Run("no handshake", func(t *testing.T) {
		t.Parallel()
		o := probe.HTTPOptions{URL: parse(t, "https://"+serve(t, silence))}
		requireFailure(t, verdict(t, probe.HTTP(o), 50*time.Millisecond), status.Dead, status.Timeout, "")
	})
	t.Run("no TLS", func(t *testing.T) {
		t.Parallel()
		plain := httptest.NewServer(http.NotFoundHandler())
		defer plain.Close()
		o := probe.HTTPOptions{URL: parse(t, strings.Replace(plain.URL, "http:", "https:", 1))}
		requireFailure(t, verdict(t, probe.HTTP(o), patience), status.Dead, status.TLS, "does not look like a TLS handshake")
	})
}

func TestHTTPS(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	defer server.Close()
	o := probe.HTTPOptions{URL: parse(t, server.URL)}
	requireFailure(t, verdict(t, probe.HTTP(o), patience), status.Dead, status.TLS, "certificate signed by unknown authority")

	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	o.TLS = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	require.Equal(t, probe.Verdict{Status: status.Healthy}, verdict(t, probe.HTTP(o), patience))
	require.Empty(t, o.TLS.ServerName, "the given configuration is not changed")
}

func TestHTTPFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.RedirectHandler("/elsewhere", http.StatusFound))
	defer server.Close()
	o := probe.HTTPOptions{URL: parse(t, server.URL), StatusFrom: 302, StatusBelow: 303}
	require.Equal(t, probe.Verdict{Status: status.Healthy}, verdict(t, probe.HTTP(o), patience))
}

func TestHTTPReadsABoundedBody(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil { // endless
			_, _ = fmt.Fprint(w, strings.Repeat("x", 64<<10))
		}
	}))
	defer server.Close()
	o := probe.HTTPOptions{URL: parse(t, server.URL), BodyMatch: regexp.MustCompile("y")}
	requireFailure(t, verdict(t, probe.HTTP(o), patience), status.Dead, status.Body, "the body (1048576 bytes read)")
}
