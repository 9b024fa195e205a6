// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the protocol has it; it guards nothing
	"crypto/tls"
	"encoding/base64"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/pharos-status/pharos/internal/status"
)

// WebSocketOptions say where to open a WebSocket, and what is said over it.
type WebSocketOptions struct {
	URL          *url.URL    // ws or wss; user information becomes Basic authentication
	Headers      http.Header // in canonical form; Host, Origin, User-Agent and Sec-WebSocket-Protocol among them are honoured; not changed
	UserAgent    string      // unless Headers have one
	Conversation []Exchange  // in text messages; empty: open and close
	TLS          *tls.Config // nil: the machine's certificate authorities; not changed
	Dial         DialOptions
}

// WebSocketFacts are what was seen of the opening.
type WebSocketFacts struct {
	Code     int  // the HTTP status; 0 without an answer
	Upgraded bool // the WebSocket was open
}

const eventOpen = "WebSocket open"

type webSocketProbe struct {
	WebSocketOptions
	addr   string
	secure bool
}

// WebSocket returns a Prober that opens a WebSocket as RFC 6455 has it, and closes
// it after the conversation, if there is one.
func WebSocket(o WebSocketOptions) Prober {
	p := &webSocketProbe{WebSocketOptions: o, secure: o.URL.Scheme == "wss"}
	port := o.URL.Port()
	switch {
	case port != "":
	case p.secure:
		port = "443"
	default:
		port = "80"
	}
	p.addr = net.JoinHostPort(o.URL.Hostname(), port)
	p.TLS = withServerName(o.TLS, o.URL.Hostname())
	return Func(p.probe)
}

func (p *webSocketProbe) probe(ctx context.Context, t *Trace) error {
	t.WebSocket = &WebSocketFacts{}
	conn, err := p.Dial.dial(ctx, t, "tcp", p.addr)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if p.secure {
		secured, err := handshake(ctx, t, conn, p.TLS)
		if err != nil {
			return err
		}
		conn = secured
	}
	m, err := p.open(t, conn)
	if err != nil {
		return err
	}
	defer m.close()
	return converse(t, m, p.Conversation)
}

// open upgrades conn to a WebSocket.
func (p *webSocketProbe) open(t *Trace, conn net.Conn) (*messages, error) {
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce) // never fails
	req := p.request(base64.StdEncoding.EncodeToString(nonce))
	if err := req.Write(conn); err != nil {
		return nil, exchangeError("ask for a WebSocket", err)
	}
	limited := &io.LimitedReader{R: conn, N: maxHeader}
	reader := bufio.NewReader(limited)
	resp, err := http.ReadResponse(reader, req)
	if err != nil && limited.N <= 0 {
		return nil, Failf(status.Protocol, "the header of the answer has more than %d bytes", maxHeader)
	}
	if err != nil {
		return nil, exchangeError("ask for a WebSocket", err)
	}
	limited.N = 0         // so that closing the body waits for nothing
	_ = resp.Body.Close() // conn is closed instead
	t.WebSocket.Code = resp.StatusCode
	if err := checkUpgrade(resp, req.Header.Get("Sec-Websocket-Key")); err != nil {
		return nil, err
	}
	t.WebSocket.Upgraded = true
	t.Event(eventOpen, resp.Header.Get("Sec-Websocket-Protocol"))
	limited.N = maxSaid
	return &messages{conn: conn, reader: reader, limited: limited}, nil
}

func (p *webSocketProbe) request(key string) *http.Request {
	target := *p.URL
	target.User = nil
	req := &http.Request{Method: http.MethodGet, URL: &target, Host: target.Host, Header: http.Header{}}
	req.Header.Set("User-Agent", p.UserAgent)
	if user := p.URL.User; user != nil {
		password, _ := user.Password()
		req.SetBasicAuth(user.Username(), password)
	}
	maps.Copy(req.Header, p.Headers)
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
	}
	req.Header.Set("Upgrade", "websocket")
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Sec-Websocket-Version", "13")
	req.Header.Set("Sec-Websocket-Key", key)
	return req
}

// checkUpgrade tells whether an answer opens a WebSocket.
func checkUpgrade(resp *http.Response, key string) error {
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return Failf(status.HTTPStatus, "HTTP status %d, want 101", resp.StatusCode)
	}
	if !hasToken(resp.Header["Upgrade"], "websocket") || !hasToken(resp.Header["Connection"], "upgrade") {
		return Failf(status.Protocol, "the server switches, but not to a WebSocket")
	}
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // the protocol has it
	if resp.Header.Get("Sec-Websocket-Accept") != base64.StdEncoding.EncodeToString(sum[:]) {
		return Failf(status.Protocol, "the server has not answered the key of the WebSocket")
	}
	return nil
}

// hasToken tells whether a header that is a list has the token.
func hasToken(values []string, token string) bool {
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}
