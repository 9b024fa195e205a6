// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/sidecar/config"
)

func TestTCP(t *testing.T) {
	t.Parallel()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w, err := NewHost(HostOptions{}).Watch(&config.Watch{TCP: l.Addr().String(), Timeout: model.Duration(10 * time.Second)})
	require.NoError(t, err)
	require.Positive(t, check(t, w, status.Healthy, "").Figures.Answer)
	require.NoError(t, l.Close())
	check(t, w, status.Dead, "dial tcp .*: connection refused")
}

// loaded returns a watch as reporter.yml has it.
func loaded(t *testing.T, text string) *config.Watch {
	t.Helper()
	path := filepath.Join(t.TempDir(), "reporter.yml")
	require.NoError(t, os.WriteFile(path, []byte("servers: [{url: \"http://a\", token: a}]\nwatch:\n- "+text+"\n"), 0o600))
	c, err := config.Load(path)
	require.NoError(t, err)
	return &c.Watch[0]
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	code := make(chan int, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		user, password, _ := r.BasicAuth()
		if r.Method != http.MethodPost || string(body) != "ping" || r.Header.Get("X-Key") != "k" || user != "u" || password != "p" || r.UserAgent() != "test" {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		w.WriteHeader(<-code)
		_, _ = io.WriteString(w, "all is ok")
	}))
	defer server.Close()
	w, err := NewHost(HostOptions{UserAgent: "test"}).Watch(loaded(t,
		`{service: a, node: a, http: {url: "`+strings.Replace(server.URL, "://", "://u:p@", 1)+`", method: post, body: ping, headers: {x-key: k}, body_match: ok, http_status: {from: 200, below: 300}}}`))
	require.NoError(t, err)
	code <- http.StatusOK
	check(t, w, status.Healthy, "")
	code <- http.StatusInternalServerError
	check(t, w, status.Dead, "HTTP status 500.*")
}

func TestHTTPSWithAnAuthorityOfItsOwn(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	server.Config.ErrorLog = nil
	for tls, want := range map[string]status.Status{"{}": status.Dead, "{insecure_skip_verify: true}": status.Healthy} {
		w, err := NewHost(HostOptions{}).Watch(loaded(t, `{service: a, node: a, http: {url: "`+server.URL+`", tls_config: `+tls+`}}`))
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		v := w.Check(ctx)
		cancel()
		require.Equal(t, want, v.Status, v.Reason)
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	for bytes, want := range map[float64]string{0: "0B", 1023: "1023B", 1536: "1.50KiB", 60 << 20: "60.0MiB", 612 << 20: "612MiB", 3 << 40: "3.00TiB"} {
		require.Equal(t, want, Size(bytes))
	}
	require.Equal(t, "-", Size(nothing().Memory))
	require.Equal(t, "-", Cores(nothing().CPU))
	require.Equal(t, "0.25", Cores(0.25))
}
