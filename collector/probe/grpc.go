// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/pharos-status/pharos/internal/status"
)

// maxGRPC bounds the body of an answer, in bytes. A healthy one has seven.
const maxGRPC = 64 << 10

// GRPCOptions say which server to ask for the health of which service.
type GRPCOptions struct {
	Addr      string              // host or host:port; the port is else 80, and 443 with UseTLS
	Service   string              // empty: the server as a whole
	Metadata  map[string][]string // sent along; not changed. Values of keys that end in -bin are encoded
	UserAgent string
	UseTLS    bool
	TLS       *tls.Config // nil: the machine's certificate authorities; not changed
	Dial      DialOptions
}

// GRPCFacts are what was seen of a server's answer.
type GRPCFacts struct {
	Check   time.Duration // from the address to the answer
	UsedTLS bool
	Code    int    // the gRPC status code; 14, unavailable, if there was no answer, and 4 if it was late
	Serving string // UNKNOWN, SERVING, NOT_SERVING or SERVICE_UNKNOWN; empty without an answer
}

// Status codes of gRPC that a probe gives itself.
const (
	grpcDeadlineExceeded = 4
	grpcUnavailable      = 14
)

type grpcProbe struct {
	GRPCOptions
	addr    string
	url     *url.URL
	request []byte
	http    http.Protocols
}

// GRPC returns a Prober that asks a server for its health, by the protocol
// grpc.health.v1. One that is not serving is dead for reason status, as is one
// that answers by an error.
func GRPC(o GRPCOptions) Prober {
	host, port := splitPort(o.Addr, "80")
	scheme := "http"
	p := &grpcProbe{GRPCOptions: o}
	p.http.SetUnencryptedHTTP2(true)
	if o.UseTLS {
		host, port = splitPort(o.Addr, "443")
		scheme = "https"
		p.http.SetHTTP2(true)
		p.TLS = withServerName(o.TLS, host).Clone()
		p.TLS.NextProtos = []string{"h2"}
	}
	p.addr = net.JoinHostPort(host, port)
	p.url = &url.URL{Scheme: scheme, Host: p.addr, Path: "/grpc.health.v1.Health/Check"}
	var message []byte
	if o.Service != "" {
		message = protowire.AppendTag(message, 1, protowire.BytesType)
		message = protowire.AppendString(message, o.Service)
	}
	// A message of gRPC comes after a byte that says it is not compressed, and its length.
	p.request = append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
	return Func(p.probe)
}

func (p *grpcProbe) probe(ctx context.Context, t *Trace) error {
	t.GRPC = &GRPCFacts{Code: grpcUnavailable}
	start, looked := time.Now(), t.Lookup
	err := p.check(ctx, t)
	t.GRPC.Check = time.Since(start) - (t.Lookup - looked)
	if failure, ok := errors.AsType[*Failure](err); ok && failure.Reason == status.Timeout {
		t.GRPC.Code = grpcDeadlineExceeded
	}
	return err
}

// check asks over a connection of its own.
func (p *grpcProbe) check(ctx context.Context, t *Trace) error {
	raw, err := p.Dial.dial(ctx, t, "tcp", p.addr)
	if err != nil {
		return err
	}
	defer func() { _ = raw.Close() }()
	watched := &watchedConn{Conn: raw}
	conn, err := p.secure(ctx, t, watched)
	if err != nil {
		return err
	}
	dialled := func(context.Context, string, string) (net.Conn, error) { return conn, nil }
	transport := &http.Transport{
		Protocols: &p.http, DialContext: dialled, DialTLSContext: dialled,
		DisableCompression: true, MaxResponseHeaderBytes: maxHeader,
	}
	client, err := transport.NewClientConn(ctx, p.url.Scheme, p.addr)
	if err != nil {
		return watched.explain("speak HTTP/2", err)
	}
	defer func() { _ = client.Close() }()
	resp, err := client.RoundTrip(p.newRequest(ctx))
	if err != nil {
		return watched.explain("gRPC health check", err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxGRPC+1))
	if err != nil {
		return watched.explain("read the answer", err)
	}
	return p.judge(t, resp, body)
}

// secure returns the connection over which HTTP/2 is to go.
func (p *grpcProbe) secure(ctx context.Context, t *Trace, conn net.Conn) (net.Conn, error) {
	if !p.UseTLS {
		return conn, nil
	}
	secured, err := handshake(ctx, t, conn, p.TLS)
	if err != nil {
		return nil, err
	}
	t.GRPC.UsedTLS = true
	if secured.ConnectionState().NegotiatedProtocol != "h2" {
		return nil, Failf(status.Protocol, "the server did not agree in the TLS handshake to speak HTTP/2, which gRPC needs")
	}
	return secured, nil
}

// A watchedConn remembers what its reads ended with: HTTP/2 reads in a goroutine of
// its own, and tells of that in other words.
type watchedConn struct {
	net.Conn
	ended atomic.Pointer[error]
}

// Read implements [net.Conn].
func (c *watchedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil {
		c.ended.CompareAndSwap(nil, &err)
	}
	return n, err
}

// explain says what an error makes of the target. When the time is over, the
// connection is closed, and that is no news.
func (c *watchedConn) explain(act string, err error) error {
	if ended := c.ended.Load(); ended != nil && reasonOf(err) != status.Timeout {
		err = *ended
	}
	return exchangeError(act, err)
}

func (p *grpcProbe) newRequest(ctx context.Context) *http.Request {
	header := http.Header{}
	for key, values := range p.Metadata {
		for _, value := range values {
			if strings.HasSuffix(strings.ToLower(key), "-bin") {
				value = base64.RawStdEncoding.EncodeToString([]byte(value))
			}
			header.Add(key, value)
		}
	}
	header.Set("Content-Type", "application/grpc")
	header.Set("TE", "trailers")
	header.Set("User-Agent", p.UserAgent)
	if at, ok := ctx.Deadline(); ok {
		header.Set("Grpc-Timeout", strconv.FormatInt(min(max(1, time.Until(at).Milliseconds()), 99_999_999), 10)+"m")
	}
	request := &http.Request{
		Method: http.MethodPost, URL: p.url, Host: p.addr, Header: header,
		Body: io.NopCloser(bytes.NewReader(p.request)), ContentLength: int64(len(p.request)),
	}
	return request.WithContext(ctx)
}

// judge says what the answer makes of the target.
func (p *grpcProbe) judge(t *Trace, resp *http.Response, body []byte) error {
	if len(body) > maxGRPC {
		return Failf(status.Protocol, "the answer has more than %d bytes", maxGRPC)
	}
	if resp.StatusCode != http.StatusOK {
		t.GRPC.Code = codeOfHTTP(resp.StatusCode)
		return Failf(status.HTTPStatus, "HTTP status %d from a server of gRPC, want 200", resp.StatusCode)
	}
	// Behind a message the status is a trailer; alone it is a header.
	text := cmp.Or(resp.Trailer.Get("Grpc-Status"), resp.Header.Get("Grpc-Status"))
	code, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		t.GRPC.Code = 2 // unknown
		return Failf(status.Protocol, "an answer without a gRPC status")
	}
	if t.GRPC.Code = int(code); code != 0 {
		message := cmp.Or(resp.Trailer.Get("Grpc-Message"), resp.Header.Get("Grpc-Message"))
		return Failf(status.HTTPStatus, "gRPC status %s: %s", codeName(t.GRPC.Code), unescape(message))
	}
	if t.GRPC.Serving, err = serving(body); err != nil {
		return err
	}
	t.Event(eventAnswered, t.GRPC.Serving)
	if t.GRPC.Serving != "SERVING" {
		return Failf(status.HTTPStatus, "the server answers %s", t.GRPC.Serving)
	}
	return nil
}

// serving reads the message of an answer: whether the service is serving.
func serving(body []byte) (string, error) {
	if len(body) < 5 || body[0] != 0 || int(binary.BigEndian.Uint32(body[1:5])) != len(body)-5 {
		return "", Failf(status.Protocol, "the answer of %d bytes is not one message of gRPC", len(body))
	}
	state := uint64(0)
	for message := body[5:]; len(message) > 0; {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return "", Failf(status.Protocol, "read the answer: %w", protowire.ParseError(n))
		}
		message = message[n:]
		if number == 1 && kind == protowire.VarintType {
			state, n = protowire.ConsumeVarint(message)
		} else {
			n = protowire.ConsumeFieldValue(number, kind, message)
		}
		if n < 0 {
			return "", Failf(status.Protocol, "read the answer: %w", protowire.ParseError(n))
		}
		message = message[n:]
	}
	if names := servingNames(); state < uint64(len(names)) {
		return names[state], nil
	}
	return "", Failf(status.Protocol, "the answer has the unknown serving status %d", state)
}

func servingNames() []string { return []string{"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"} }

// codeOfHTTP returns the gRPC status code that stands for an HTTP status.
func codeOfHTTP(code int) int {
	switch code {
	case http.StatusBadRequest:
		return 13 // internal
	case http.StatusUnauthorized:
		return 16 // unauthenticated
	case http.StatusForbidden:
		return 7 // permission denied
	case http.StatusNotFound:
		return 12 // unimplemented
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return grpcUnavailable
	}
	return 2 // unknown
}

// codeName returns a status code in words.
func codeName(code int) string {
	names := []string{
		"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
		"RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE",
		"DATA_LOSS", "UNAUTHENTICATED",
	}
	if code < len(names) {
		return names[code]
	}
	return strconv.Itoa(code)
}

// unescape returns a message as it was before it became a header.
func unescape(message string) string {
	if text, err := url.PathUnescape(message); err == nil {
		message = text
	}
	return printable([]byte(message))
}
