// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	grpcstatus "google.golang.org/grpc/status"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// serveGRPC starts a server of grpc-go.
func serveGRPC(t *testing.T, register func(*grpc.Server), options ...grpc.ServerOption) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := grpc.NewServer(options...)
	register(s)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() {
		s.Stop()
		<-done
	})
	return l.Addr().String()
}

func registerHealth(s *grpc.Server) {
	h := health.NewServer()
	h.SetServingStatus("orders", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	h.SetServingStatus("new", grpc_health_v1.HealthCheckResponse_UNKNOWN)
	grpc_health_v1.RegisterHealthServer(s, h)
}

func TestGRPC(t *testing.T) {
	t.Parallel()
	server, client := tlsPair(t)
	plain := serveGRPC(t, registerHealth)
	secured := serveGRPC(t, registerHealth, grpc.Creds(credentials.NewTLS(server)))
	without := serveGRPC(t, func(*grpc.Server) {})
	tests := map[string]struct {
		options probe.GRPCOptions
		reason  status.Reason
		detail  string
		facts   probe.GRPCFacts
	}{
		"the whole server": {probe.GRPCOptions{Addr: plain}, status.None, "", probe.GRPCFacts{Serving: "SERVING"}},
		"TLS":              {probe.GRPCOptions{Addr: secured, UseTLS: true, TLS: client}, status.None, "", probe.GRPCFacts{Serving: "SERVING", UsedTLS: true}},
		"not serving":      {probe.GRPCOptions{Addr: plain, Service: "orders"}, status.HTTPStatus, "answers NOT_SERVING", probe.GRPCFacts{Serving: "NOT_SERVING"}},
		"not known":        {probe.GRPCOptions{Addr: plain, Service: "new"}, status.HTTPStatus, "answers UNKNOWN", probe.GRPCFacts{Serving: "UNKNOWN"}},
		"no such service":  {probe.GRPCOptions{Addr: plain, Service: "none"}, status.HTTPStatus, "gRPC status NOT_FOUND: unknown service", probe.GRPCFacts{Code: 5}},
		"no health at all": {probe.GRPCOptions{Addr: without}, status.HTTPStatus, "gRPC status UNIMPLEMENTED", probe.GRPCFacts{Code: 12}},
		"not trusted":      {probe.GRPCOptions{Addr: secured, UseTLS: true}, status.TLS, "unknown authority", probe.GRPCFacts{Code: 14}},
		"nobody there":     {probe.GRPCOptions{Addr: refused}, status.Connect, "connection refused", probe.GRPCFacts{Code: 14}},
		"TLS unexpected":   {probe.GRPCOptions{Addr: secured}, status.Connect, "", probe.GRPCFacts{Code: 14}},
		"TLS expected":     {probe.GRPCOptions{Addr: plain, UseTLS: true, TLS: client}, status.TLS, "", probe.GRPCFacts{Code: 14}},
		"unknown host":     {probe.GRPCOptions{Addr: "name.invalid"}, status.DNS, "name.invalid", probe.GRPCFacts{Code: 14}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := result(t, probe.GRPC(test.options), patience)
			v := probe.Limits{}.Judge(r)
			require.Equal(t, test.reason, v.Reason, v.Detail)
			require.Contains(t, v.Detail, test.detail)
			require.Equal(t, test.options.UseTLS && test.facts.Code == 0, !r.NotAfter.IsZero() && r.Err == nil)
			got := *r.GRPC
			got.Check = 0
			require.Equal(t, test.facts, got)
		})
	}
}

func TestGRPCMetadata(t *testing.T) {
	t.Parallel()
	seen := make(chan metadata.MD, 1)
	limit := make(chan bool, 1)
	addr := serveGRPC(t, registerHealth, grpc.UnaryInterceptor(
		func(ctx context.Context, _ any, _ *grpc.UnaryServerInfo, _ grpc.UnaryHandler) (any, error) {
			md, _ := metadata.FromIncomingContext(ctx)
			_, ok := ctx.Deadline()
			seen <- md
			limit <- ok
			return nil, grpcstatus.Error(codes.PermissionDenied, "naïve: 100 %")
		}))
	v := verdict(t, probe.GRPC(probe.GRPCOptions{
		Addr: addr, UserAgent: "pharos/1",
		Metadata: map[string][]string{"Key": {"one", "two"}, "trace-bin": {"\x00\xff"}},
	}), patience)
	requireFailure(t, v, status.Dead, status.HTTPStatus, "gRPC status PERMISSION_DENIED: naïve: 100 %")
	md := <-seen
	require.Equal(t, []string{"one", "two"}, md.Get("key"))
	require.Equal(t, []string{"\x00\xff"}, md.Get("trace-bin"))
	require.Equal(t, []string{"pharos/1"}, md.Get("user-agent"))
	require.True(t, <-limit, "the server knows when the probe gives up")
}

// Servers of HTTP/2 that are none of gRPC, or a broken one.
func TestGRPCOtherServers(t *testing.T) {
	t.Parallel()
	trailer := func(body, code string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Trailer", "Grpc-Status")
			_, _ = io.WriteString(w, body)
			w.Header().Set("Grpc-Status", code)
		}
	}
	forever := func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, strings.Repeat("x", 1<<12)); err != nil {
				return
			}
		}
	}
	tests := map[string]struct {
		handler http.HandlerFunc
		limit   time.Duration
		reason  status.Reason
		detail  string
		code    int
	}{
		"a site":         {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }, patience, status.Protocol, "without a gRPC status", 2},
		"a proxy":        {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, patience, status.HTTPStatus, "HTTP status 502", 14},
		"no such page":   {func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }, patience, status.HTTPStatus, "HTTP status 404", 12},
		"for ever":       {forever, patience, status.Protocol, "more than 65536 bytes", 14},
		"stalls":         {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 50 * time.Millisecond, status.Timeout, "no answer in time", 4},
		"no message":     {trailer("", "0"), patience, status.Protocol, "not one message", 0},
		"cut message":    {trailer("\x00\x00\x00\x00\x09\x08\x01", "0"), patience, status.Protocol, "not one message", 0},
		"compressed":     {trailer("\x01\x00\x00\x00\x02\x08\x01", "0"), patience, status.Protocol, "not one message", 0},
		"no protobuf":    {trailer("\x00\x00\x00\x00\x02\xff\xff", "0"), patience, status.Protocol, "read the answer", 0},
		"unknown status": {trailer("\x00\x00\x00\x00\x02\x08\x09", "0"), patience, status.Protocol, "unknown serving status 9", 0},
		"more fields":    {trailer("\x00\x00\x00\x00\x06\x12\x02hi\x08\x01", "0"), patience, status.None, "", 0},
		"unknown code":   {trailer("", "99"), patience, status.HTTPStatus, "gRPC status 99", 99},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewUnstartedServer(test.handler)
			s.Config.Protocols = new(http.Protocols)
			s.Config.Protocols.SetUnencryptedHTTP2(true)
			s.Start()
			t.Cleanup(s.Close)
			r := result(t, probe.GRPC(probe.GRPCOptions{Addr: s.Listener.Addr().String()}), test.limit)
			v := probe.Limits{}.Judge(r)
			require.Equal(t, test.reason, v.Reason, v.Detail)
			require.Contains(t, v.Detail, test.detail)
			require.Equal(t, test.code, r.GRPC.Code)
		})
	}
}

// Servers that don't speak HTTP/2 at all.
func TestGRPCHostile(t *testing.T) {
	t.Parallel()
	server, client := tlsPair(t)
	server.NextProtos = []string{"http/1.1"}
	tests := map[string]struct {
		serve  func(net.Conn)
		useTLS bool
		limit  time.Duration
		reason status.Reason
		detail string
	}{
		"silent":     {silence, false, 50 * time.Millisecond, status.Timeout, "no answer in time"},
		"hangs up":   {func(conn net.Conn) { _, _ = io.ReadFull(conn, make([]byte, 24)) }, false, patience, status.Connect, "the connection broke"},
		"HTTP/1":     {func(conn net.Conn) { _, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n"); silence(conn) }, false, patience, status.Protocol, ""},
		"TLS stalls": {silence, true, 50 * time.Millisecond, status.Timeout, "TLS handshake"},
		"no h2 in TLS": {func(conn net.Conn) {
			_ = tls.Server(conn, &tls.Config{Certificates: server.Certificates, MinVersion: tls.VersionTLS12}).Handshake()
			silence(conn)
		}, true, patience, status.Protocol, "did not agree"},
		"byte by byte": {func(conn net.Conn) {
			for range time.Tick(time.Millisecond) {
				if _, err := conn.Write([]byte{0}); err != nil {
					return
				}
			}
		}, false, patience, status.Protocol, "PROTOCOL_ERROR"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := probe.GRPCOptions{Addr: serve(t, test.serve), UseTLS: test.useTLS, TLS: client}
			requireFailure(t, verdict(t, probe.GRPC(o), test.limit), status.Dead, test.reason, test.detail)
		})
	}
}

func FuzzServing(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00\x02\x08\x01"))
	f.Add([]byte("\x00\x00\x00\x00\x06\x12\x02hi\x08\x03"))
	f.Fuzz(func(t *testing.T, body []byte) {
		serving, err := probe.Serving(body)
		if err == nil {
			require.Contains(t, []string{"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"}, serving)
		}
	})
}
