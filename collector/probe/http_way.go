// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"github.com/pharos-status/pharos/internal/status"
)

// A way is the transport of one probe: each request goes over a connection of
// its own, in HTTP/1.1, HTTP/2 or HTTP/3.
type way struct {
	o    *HTTPOptions
	l    *ledger
	home string      // the host that is asked first: the server name in tls is its
	tls  *tls.Config // nil: the machine's certificate authorities
	dial func(ctx context.Context, network, addr string) (net.Conn, error)

	mu     sync.Mutex // guards closers
	closes []func()
}

// RoundTrip implements [http.RoundTripper].
func (w *way) RoundTrip(req *http.Request) (*http.Response, error) {
	config := w.tls.Clone()
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if req.URL.Host != w.home {
		config.ServerName = "" // net/http asks for the host's own
	}
	if w.o.HTTP3 {
		return w.quic(config).RoundTrip(req)
	}
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(w.o.Client.http2())
	door := &doorman{dial: w.dial}
	transport := &http.Transport{
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
		Protocols:              &protocols,
		TLSClientConfig:        config,
		DialContext:            door.connect,
		Proxy:                  w.o.Client.proxyFor,
	}
	if w.o.Client != nil {
		transport.ProxyConnectHeader = w.o.Client.config.GetProxyConnectHeader()
	}
	w.atEnd(transport.CloseIdleConnections)
	return transport.RoundTrip(door.attend(req))
}

// atEnd has something closed when the probe ends.
func (w *way) atEnd(do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closes = append(w.closes, do)
}

func (w *way) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, do := range w.closes {
		do()
	}
	w.closes = nil
}

// Bounds on what a target may send over QUIC before somebody reads it, in bytes.
const (
	quicStream     = 256 << 10
	quicConnection = 512 << 10
)

// quic returns a transport of HTTP/3.
func (w *way) quic(config *tls.Config) http.RoundTripper {
	transport := &http3.Transport{
		TLSClientConfig:        config,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
		QUICConfig: &quic.Config{
			MaxStreamReceiveWindow:     quicStream,
			MaxConnectionReceiveWindow: quicConnection,
		},
		Dial: w.dialQUIC,
	}
	w.atEnd(func() { _ = transport.Close() })
	return transport
}

// dialQUIC shakes hands with addr over a socket of its own.
func (w *way) dialQUIC(ctx context.Context, addr string, config *tls.Config, q *quic.Config) (*quic.Conn, error) {
	remote, err := w.resolve(ctx, addr)
	if err != nil {
		return nil, err
	}
	socket, err := net.ListenUDP("udp", w.from(remote))
	if err != nil {
		return nil, dialFailure(err)
	}
	began := time.Now()
	conn, err := quic.Dial(ctx, socket, remote, config, q)
	w.l.note(func(t *Trace) {
		w.l.addr = remote.String()
		t.HTTP.Phases.TLS += time.Since(began)
		var state tls.ConnectionState
		if conn != nil {
			t.Event(eventConnected, remote.String())
			state = conn.ConnectionState().TLS
		}
		w.l.shook(t, &state, err)
	})
	if err != nil {
		_ = socket.Close()
		if lost := route(w.from(remote), remote); unreachable(lost) { // of what was sent, the text alone is told
			return nil, noWay(lost)
		}
		return nil, quicFailure(remote.String(), err)
	}
	w.atEnd(func() { _ = socket.Close() })
	return conn, nil
}

// resolve finds the address of a target of QUIC.
func (w *way) resolve(ctx context.Context, addr string) (*net.UDPAddr, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, Failf(status.Protocol, "dial %q: %w", addr, err)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, Failf(status.Protocol, "dial %q: %w", addr, err)
	}
	ip, err := w.l.resolve(ctx, w.l.toward(w.o.Dial), host)
	if err != nil {
		return nil, err
	}
	return net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, uint16(number))), nil
}

// from returns where to send from to reach remote.
func (w *way) from(remote *net.UDPAddr) *net.UDPAddr {
	switch {
	case w.o.Dial.Source.IsValid():
		return &net.UDPAddr{IP: w.o.Dial.Source.AsSlice()}
	case remote.IP.To4() != nil:
		return &net.UDPAddr{IP: net.IPv4zero}
	}
	return &net.UDPAddr{IP: net.IPv6unspecified}
}

// quicFailure says what an error of a QUIC handshake makes of the target.
func quicFailure(addr string, err error) error {
	var transport *quic.TransportError
	var idle *quic.IdleTimeoutError
	var stuck *quic.HandshakeTimeoutError
	switch {
	case errors.As(err, &idle), errors.As(err, &stuck):
		return Failf(status.Timeout, "QUIC handshake with %s: %w", addr, err)
	case errors.As(err, &transport) && transport.ErrorCode.IsCryptoError():
		return tlsFailure(addr, err)
	case reasonOf(err) == status.Timeout:
		return Failf(status.Timeout, "QUIC handshake with %s: %w", addr, err)
	}
	return Failf(status.Connect, "QUIC handshake with %s: %w", addr, err)
}
