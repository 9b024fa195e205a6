// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http/httptrace"
	"net/netip"
	"os"
	"strings"
	"syscall"
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

// dial connects to addr, host:port, or to a path if network is unix. It notes the
// address that it took, and how long it looked for it. Its error is a [*Failure].
func (o DialOptions) dial(ctx context.Context, t *Trace, network, addr string) (net.Conn, error) {
	if strings.HasPrefix(network, "unix") {
		return o.machine(ctx, t, network, addr)
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, Failf(status.Protocol, "dial %q: %w", addr, err)
	}
	if _, err := netip.ParseAddr(host); err != nil && o.Family == AnyFamily {
		return o.machine(ctx, t, network, addr)
	}
	ip, err := o.resolve(ctx, t, host)
	if err != nil {
		return nil, err
	}
	return o.machine(ctx, t, network, net.JoinHostPort(ip.String(), port))
}

// resolve returns the one address of host to use. It is a [*Failure] if there is none.
func (o DialOptions) resolve(ctx context.Context, t *Trace, host string) (netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		t.Addr = ip.Unmap()
		return t.Addr, nil
	}
	network := "ip"
	if !o.Fallback {
		network = map[Family]string{AnyFamily: "ip", IPv4: "ip4", IPv6: "ip6"}[o.Family]
	}
	start := time.Now()
	all, err := net.DefaultResolver.LookupNetIP(ctx, network, host)
	t.Lookup += time.Since(start)
	if err != nil {
		return netip.Addr{}, dialFailure(err)
	}
	t.Addr = o.choose(all)
	t.Event(eventResolved, t.Addr.String())
	return t.Addr, nil
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

// machine lets the standard library look up names and try their addresses.
func (o DialOptions) machine(ctx context.Context, t *Trace, network, addr string) (net.Conn, error) {
	var start time.Time
	var looked time.Duration
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart: func(httptrace.DNSStartInfo) { start = time.Now() },
		DNSDone:  func(httptrace.DNSDoneInfo) { looked = time.Since(start) },
	})
	d := net.Dialer{KeepAlive: -1}
	if o.Source.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(o.Source, 0))
	}
	conn, err := d.DialContext(ctx, network, addr)
	t.Lookup += looked
	if err != nil {
		return nil, dialFailure(err)
	}
	if remote, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		t.Addr = remote.AddrPort().Addr().Unmap()
	}
	t.Event(eventConnected, conn.RemoteAddr().String())
	return conn, nil
}

// What the log of a probe says of its way to the target.
const (
	eventResolved  = "found the address"
	eventConnected = "connected"
)

// dialFailure says what an error of dialling or of looking up a name makes of the target: nothing, if this
// machine did not even let the program try.
func dialFailure(err error) error {
	if errors.Is(err, os.ErrPermission) || exhausted(err) {
		return &Failure{status.Unknown, status.Permission, fmt.Errorf("this machine did not let the exporter connect: %w", err)}
	}
	return Failf(reasonOf(err), "%w", err)
}

// exhausted tells whether err says that this machine has no more to give: file
// descriptors, processes or memory. The resolver keeps the text of its cause alone.
func exhausted(err error) bool {
	var dns *net.DNSError
	resolving := errors.As(err, &dns)
	for _, cause := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.EAGAIN, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, cause) || (resolving && strings.Contains(dns.Err, cause.Error())) {
			return true
		}
	}
	return false
}
