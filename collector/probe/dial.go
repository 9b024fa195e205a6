// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http/httptrace"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

// A Family is a version of the Internet protocol.
type Family uint8

// The families. AnyFamily takes what answers first, where a name has addresses
// of both.
const (
	AnyFamily Family = iota
	IPv4
	IPv6
)

// DialOptions say how to reach a target. The zero value takes any of its
// addresses, as the machine prefers them, and another one if that doesn't answer.
type DialOptions struct {
	// Family is the only one that is used; or the preferred one, with Fallback.
	// If it is set, one address is chosen and only that is tried, because a probe
	// is to find out whether each of them works.
	Family   Family
	Fallback bool       // take an address of the other family if there is none of Family
	Source   netip.Addr // the address of this machine to send from; the zero Addr: the machine chooses
}

// What the log of a probe says of its way to the target.
const (
	eventResolved  = "address found"
	eventConnected = "connected"
)

// Connected tells whether a connection to the target stood, be it without TLS.
func (t *Trace) Connected() bool {
	return slices.ContainsFunc(t.Events, func(e Event) bool { return e.What == eventConnected })
}

// dial connects to addr, host:port, or to a path if network is unix. It notes the
// address that it took and how long it looked for it. A stream ends with ctx: from
// then on its reads and writes fail with the error of a timeout; with a network of
// packets the caller sees to that. The error is a [*Failure].
func (o DialOptions) dial(ctx context.Context, t *Trace, network, addr string) (net.Conn, error) {
	if strings.HasPrefix(network, "unix") {
		return o.machine(ctx, t, network, addr)
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, Failf(status.Protocol, "dial %q: %w", addr, err)
	}
	ip, err := netip.ParseAddr(host)
	switch {
	case err == nil:
		if err := o.accept(ip, host); err != nil {
			return nil, err
		}
	case o.Family == AnyFamily:
		return o.machine(ctx, t, network, addr)
	default:
		if ip, err = o.resolve(ctx, t, host); err != nil {
			return nil, err
		}
		addr = net.JoinHostPort(ip.String(), port)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || ip.Zone() != "" || network != "tcp" {
		return o.machine(ctx, t, network, addr)
	}
	t.Addr = ip.Unmap()
	conn, err := o.connect(ctx, netip.AddrPortFrom(t.Addr, uint16(number)))
	if err != nil {
		return nil, dialFailure(err)
	}
	t.Event(eventConnected, addr)
	return conn, nil
}

// resolve returns the one address of host to use, and notes it and how long it
// took to find. The error is a [*Failure].
func (o DialOptions) resolve(ctx context.Context, t *Trace, host string) (netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		if err := o.accept(ip, host); err != nil {
			return netip.Addr{}, err
		}
		t.Addr = ip.Unmap()
		return t.Addr, nil
	}
	start := time.Now()
	all, err := net.DefaultResolver.LookupNetIP(ctx, o.lookupNetwork(), host)
	t.Lookup += time.Since(start)
	if err != nil {
		return netip.Addr{}, dialFailure(err)
	}
	t.Addr = o.choose(all)
	t.Event(eventResolved, t.Addr.String())
	return t.Addr, o.acceptSource(t.Addr, host)
}

// admits tells whether an address may be asked that is the target itself.
func (o DialOptions) admits(ip netip.Addr) bool {
	return o.Fallback || o.Family == AnyFamily || (o.Family == IPv4) == ip.Unmap().Is4()
}

// accept returns why an address is not asked that is the target itself.
func (o DialOptions) accept(ip netip.Addr, host string) error {
	if o.admits(ip) {
		return o.acceptSource(ip, host)
	}
	want := "IPv6"
	if o.Family == IPv4 {
		want = "IPv4"
	}
	return Failf(status.DNS, "%s is no address of %s, and no other is to be asked", host, want)
}

// acceptSource returns why the address to send from, if one is set, doesn't lead to ip.
func (o DialOptions) acceptSource(ip netip.Addr, host string) error {
	if !o.Source.IsValid() || o.Source.Unmap().Is4() == ip.Unmap().Is4() {
		return nil
	}
	return o.otherSource(host)
}

// otherSource is what is made of a target to which the address to send from doesn't
// lead: that says nothing of it.
func (o DialOptions) otherSource(host string) error {
	return noWay(fmt.Errorf("%s has no address of the family of %v, from which to send", host, o.Source))
}

// lookupNetwork returns what kind of addresses to ask the resolver for.
func (o DialOptions) lookupNetwork() string {
	switch {
	case o.Fallback || o.Family == AnyFamily:
		return "ip"
	case o.Family == IPv4:
		return "ip4"
	}
	return "ip6"
}

// choose returns the first of the preferred family, or else the first at all.
func (o DialOptions) choose(all []netip.Addr) netip.Addr {
	for _, ip := range all {
		ip = ip.Unmap()
		if o.Family == AnyFamily || (o.Family == IPv4) == ip.Is4() {
			return ip
		}
	}
	return all[0].Unmap()
}

// machine lets the standard library look up a name and try its addresses.
func (o DialOptions) machine(ctx context.Context, t *Trace, network, addr string) (net.Conn, error) {
	var start time.Time
	var looked atomic.Int64 // the resolver may still be at work when the time is up
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart: func(httptrace.DNSStartInfo) { start = time.Now() },
		DNSDone:  func(httptrace.DNSDoneInfo) { looked.Store(int64(time.Since(start))) },
	})
	d := net.Dialer{KeepAlive: -1, LocalAddr: o.local(network)}
	conn, err := d.DialContext(traced, network, addr)
	t.Lookup += time.Duration(looked.Load())
	if _, none := errors.AsType[*net.AddrError](err); none && o.Source.IsValid() {
		host, _, _ := net.SplitHostPort(addr)
		return nil, o.otherSource(host)
	}
	if err != nil {
		return nil, dialFailure(err)
	}
	switch remote := conn.RemoteAddr().(type) {
	case *net.TCPAddr:
		t.Addr = remote.AddrPort().Addr().Unmap()
	case *net.UDPAddr:
		t.Addr = remote.AddrPort().Addr().Unmap()
		return conn, nil // packets know of no connection
	}
	t.Event(eventConnected, conn.RemoteAddr().String())
	return &bound{conn, endWith(ctx, conn)}, nil
}

// local returns the address to send from as package net wants it; nil: any.
func (o DialOptions) local(network string) net.Addr {
	switch from := netip.AddrPortFrom(o.Source, 0); {
	case !o.Source.IsValid() || strings.HasPrefix(network, "unix"):
		return nil
	case strings.HasPrefix(network, "udp"):
		return net.UDPAddrFromAddrPort(from)
	default:
		return net.TCPAddrFromAddrPort(from)
	}
}

// A bound is a connection that ends with a context.
type bound struct {
	net.Conn
	free func() bool
}

// Close implements [net.Conn].
func (b *bound) Close() error {
	b.free()
	return b.Conn.Close()
}

// endWith makes all reads and writes of conn fail with the error of a timeout once
// ctx is done, until free is called. Unlike a deadline it heeds a cancellation too,
// and unlike a goroutine it costs nothing to wait.
func endWith(ctx context.Context, conn interface{ SetDeadline(at time.Time) error }) (free func() bool) {
	return context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
}
