// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/quic-go/quic-go/http3"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

func TestHTTP3(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, time.Now().Add(time.Hour))
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	server := &http3.Server{
		TLSConfig: http3.ConfigureTLSConfig(&tls.Config{Certificates: []tls.Certificate{a.issue(t, time.Now().Add(time.Hour))}, MinVersion: tls.VersionTLS13}),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/there" {
				http.Redirect(w, r, "/", http.StatusFound)
			}
			_, _ = io.WriteString(w, "ok")
		}),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(socket)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		_ = socket.Close()
		<-done
	})
	target := "https://localhost:" + portOf(t, socket.LocalAddr().String())
	o := probe.HTTPOptions{
		URL: parse(t, target+"/there"), TLS: a.trust(), HTTP3: true, FollowRedirects: true, Versions: []string{"HTTP/3.0"},
		BodyMatch: re("ok"), Dial: probe.DialOptions{Family: probe.IPv4},
	}
	t.Run("answers", func(t *testing.T) {
		t.Parallel()
		r := probe.HTTP(o).Probe(t.Context())
		require.NoError(t, r.Err)
		require.Equal(t, "HTTP/3.0", r.HTTP.Proto)
		require.Equal(t, 1, r.HTTP.Redirects)
		require.True(t, r.HTTP.TLS)
		require.Equal(t, "TLS 1.3", r.TLS.Version)
		require.Equal(t, "127.0.0.1", r.Addr.String())
		require.Positive(t, r.HTTP.Phases.TLS)
		require.Positive(t, r.HTTP.Phases.Processing)
	})
	t.Run("refused certificate", func(t *testing.T) {
		t.Parallel()
		o := o
		o.TLS = nil
		r := probe.HTTP(o).Probe(t.Context())
		requireFailure(t, probe.Limits{}.Judge(r), status.Dead, status.TLS, "unknown authority")
		require.Equal(t, "CN=target", r.TLS.Subject)
	})
	t.Run("nobody there", func(t *testing.T) {
		t.Parallel()
		o := o
		silent, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		require.NoError(t, err)
		defer silent.Close()
		o.URL = parse(t, "https://"+silent.LocalAddr().String())
		requireFailure(t, verdict(t, probe.HTTP(o), 100*time.Millisecond), status.Dead, status.Timeout, "")
	})
	t.Run("no TLS", func(t *testing.T) {
		t.Parallel()
		o := o
		o.URL = parse(t, "http://"+refused)
		requireFailure(t, verdict(t, probe.HTTP(o), patience), status.Dead, status.Protocol, "")
	})
}
