// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
)

// TCPOptions say where to connect to, and what is said over the connection.
type TCPOptions struct {
	Addr         string // host:port
	Dial         DialOptions
	Conversation []Exchange  // empty: connect and hang up
	UseTLS       bool        // speak TLS from the start
	TLS          *tls.Config // for UseTLS and StartTLS; nil: the machine's certificate authorities; not changed
}

type tcpProbe struct {
	TCPOptions
	tls *tls.Config

	// addr is that of a probe that needs nothing but to connect to it; invalid
	// for any other, and where there is a name to look up.
	addr netip.AddrPort
}

// TCP returns a Prober that connects, and hangs up after the conversation, if
// there is one.
func TCP(o TCPOptions) Prober {
	p := &tcpProbe{TCPOptions: o}
	host, _, _ := net.SplitHostPort(o.Addr) // dialling refuses what doesn't split
	p.tls = withServerName(o.TLS, host)
	if addr, err := netip.ParseAddrPort(o.Addr); err == nil && addr.Addr().Zone() == "" {
		if !o.UseTLS && len(o.Conversation) == 0 && !o.Dial.Source.IsValid() && o.Dial.admits(addr.Addr()) {
			p.addr = addr
		}
	}
	return Func(p.probe)
}

func (p *tcpProbe) probe(ctx context.Context, t *Trace) error {
	if p.addr.IsValid() {
		return touch(ctx, t, p.addr, p.Addr)
	}
	conn, err := p.Dial.dial(ctx, t, "tcp", p.Addr)
	if err != nil {
		return err
	}
	return talk(ctx, t, conn, p.UseTLS, p.tls, p.Conversation)
}
