// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// TestHTTPInterim keeps which answers are followed by another.
func TestHTTPInterim(t *testing.T) {
	t.Parallel()
	const good = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	for name, test := range map[string]struct {
		answer string
		dead   string // of which status; empty: healthy
	}{
		"one":         {"HTTP/1.1 100 Continue\r\n\r\n" + good, ""},
		"many":        {strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 100) + good, ""},
		"below 100":   {"HTTP/1.1 099 x\r\n\r\n" + good, "HTTP status 99"},
		"nothing":     {"HTTP/1.1 000 x\r\n\r\n" + good, "HTTP status 0"},
		"switches":    {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" + good, "HTTP status 101"},
		"the highest": {"HTTP/1.1 199 x\r\n\r\n" + good, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := serve(t, requested(func(conn net.Conn) { _, _ = io.WriteString(conn, test.answer) }))
			v := verdict(t, probe.HTTP(probe.HTTPOptions{URL: parse(t, "http://"+addr)}), patience)
			if test.dead == "" {
				require.Equal(t, probe.Verdict{Status: status.Healthy}, v)
				return
			}
			requireFailure(t, v, status.Dead, status.HTTPStatus, test.dead)
		})
	}
}

// TestHTTPAnswersEarly keeps that a target is heard which answers before it has
// read all, and reads no more.
func TestHTTPAnswersEarly(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int{"short": 1000, "as long as fits": 64 << 10, "long": 16 << 20} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			done := make(chan struct{})
			addr := serve(t, func(conn net.Conn) {
				_, _ = conn.Read(make([]byte, 1000))
				_, _ = io.WriteString(conn, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
				<-done
			})
			o := probe.HTTPOptions{URL: parse(t, "http://"+addr), Method: http.MethodPost, Body: strings.Repeat("x", size)}
			v := verdict(t, probe.HTTP(o), patience)
			close(done)
			requireFailure(t, v, status.Dead, status.HTTPStatus, "HTTP status 401")
		})
	}
}

// TestHTTPPort keeps that a URL which ends its host with a colon is of the port of
// its scheme.
func TestHTTPPort(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"http://127.0.0.1:/":       "127.0.0.1:80",
		"https://127.0.0.1:/":      "127.0.0.1:443",
		"http://[::1]/":            "[::1]:80",
		"http://[::1]:81/":         "[::1]:81",
		"https://example.com:8443": "example.com:8443",
	} {
		require.Equal(t, want, probe.HostPort(parse(t, target)), target)
	}
}
