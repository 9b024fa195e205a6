// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	// receiveBuffer is what a socket asks of the kernel, in bytes: room for more than
	// a thousand answers of the default size. What it gets by the kernel's default
	// of net.core.rmem_max still holds those that the pace allows in a tenth of a second.
	receiveBuffer = 1 << 20

	// maxMessage is how much of a message is read, in bytes: the longest IPv4
	// header, an ICMP error, and the beginning of the packet it quotes.
	maxMessage = 256

	// sendTries bounds how often a packet is tried again because an error of
	// another one came in between.
	sendTries = 4
)

// An icmpConn is an ICMP socket of one family.
type icmpConn struct {
	file *os.File
	raw  syscall.RawConn
	kind socketKind
	id   uint16 // that its echo requests bear

	mu     sync.Mutex // guards the buffers
	buffer [maxMessage]byte
	extra  [maxMessage]byte
}

type socketKind struct{ v6, privileged bool }

// openICMP opens a socket that anyone may use, where the kernel allows it, and
// otherwise one for which a capability is needed.
func openICMP(o socketOptions) (*icmpConn, error) {
	family, protocol := unix.AF_INET, protocolICMP4
	if o.v6 {
		family, protocol = unix.AF_INET6, protocolICMP6
	}
	const flags = unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC
	kind := socketKind{v6: o.v6}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|flags, protocol)
	if err != nil {
		kind.privileged = true
		fd, err = unix.Socket(family, unix.SOCK_RAW|flags, protocol)
	}
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	id, err := prepare(fd, kind, o)
	if err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	c := &icmpConn{file: os.NewFile(uintptr(fd), "icmp"), kind: kind, id: id}
	if c.raw, err = c.file.SyscallConn(); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *icmpConn) close() { _ = c.file.Close() }

// prepare sets what a socket is to do, and returns the ID that it has.
func prepare(fd int, kind socketKind, o socketOptions) (id uint16, err error) {
	for _, option := range optionsOf(kind, o) {
		if err := unix.SetsockoptInt(fd, option.level, option.name, option.value); err != nil {
			return 0, fmt.Errorf("set %s of an ICMP socket: %w", option.what, err)
		}
	}
	if kind == (socketKind{v6: true, privileged: true}) {
		if err := unix.SetsockoptICMPv6Filter(fd, unix.SOL_ICMPV6, unix.ICMPV6_FILTER, filter6()); err != nil {
			return 0, fmt.Errorf("set the filter of an ICMP socket: %w", err)
		}
	}
	source := o.source
	if !source.IsValid() {
		source = netip.IPv4Unspecified()
		if o.v6 {
			source = netip.IPv6Unspecified()
		}
	}
	address, err := icmpSockaddr(source)
	if err == nil {
		err = unix.Bind(fd, address)
	}
	if err != nil {
		return 0, fmt.Errorf("send from %v: %w", source, err)
	}
	if kind.privileged {
		return randomID(), nil
	}
	address, err = unix.Getsockname(fd)
	return addrPort(address).Port(), os.NewSyscallError("getsockname", err) // the kernel keeps the ID in its place
}

type socketOption struct {
	level, name, value int
	what               string
}

// optionsOf returns the options of a socket.
func optionsOf(kind socketKind, o socketOptions) []socketOption {
	options := []socketOption{{unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer, "receive buffer"}}
	add := func(level, name, value int, what string) {
		options = append(options, socketOption{level, name, value, what})
	}
	level, hops, errs := unix.IPPROTO_IP, unix.IP_TTL, unix.IP_RECVERR
	if kind.v6 {
		level, hops, errs = unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS, unix.IPV6_RECVERR
		add(level, unix.IPV6_RECVHOPLIMIT, 1, "received hop limit")
	} else {
		add(level, unix.IP_RECVTTL, 1, "received hop limit")
		// Without these, the kernel would set the bit as it likes.
		fragment := unix.IP_PMTUDISC_DONT
		if o.dontFragment {
			fragment = unix.IP_PMTUDISC_PROBE
		}
		add(level, unix.IP_MTU_DISCOVER, fragment, "don't fragment")
	}
	if o.hopLimit > 0 {
		add(level, hops, o.hopLimit, "hop limit")
	}
	switch {
	case !kind.privileged: // errors come by the error queue alone
		add(level, errs, 1, "received errors")
	case !kind.v6:
		const wanted = 1<<echoReply4 | 1<<unreachable4 | 1<<exceeded4 | 1<<problem4
		const all = 1<<32 - 1
		add(unix.SOL_RAW, unix.ICMP_FILTER, all&^wanted, "filter")
	}
	return options
}

// filter6 lets pass what matters to a ping. A bit that is set keeps its type out.
func filter6() *unix.ICMPv6Filter {
	var f unix.ICMPv6Filter
	for i := range f.Data {
		f.Data[i] = 1<<32 - 1
	}
	for _, kind := range []int{echoReply6, unreachable6, exceeded6, problem6} {
		f.Data[kind/32] &^= 1 << (kind % 32)
	}
	return &f
}

// send sends a packet, and does not wait for room if there is none.
func (c *icmpConn) send(packet []byte, to netip.Addr) error {
	address, err := icmpSockaddr(to)
	if err != nil {
		return err
	}
	closed := c.raw.Control(func(fd uintptr) {
		for range sendTries {
			err = unix.Sendto(int(fd), packet, unix.MSG_DONTWAIT, address)
			// The kernel tells the next who comes of an error that waits in the
			// queue, whoever it is for. A true one comes again.
			if err == nil || c.kind.privileged {
				return
			}
		}
	})
	if closed != nil {
		return closed
	}
	return os.NewSyscallError("send", err)
}

// icmpSockaddr returns the kernel's form of an address.
func icmpSockaddr(addr netip.Addr) (unix.Sockaddr, error) {
	_, sa := sockaddr(netip.AddrPortFrom(addr, 0))
	if addr.Zone() != "" {
		i, err := net.InterfaceByName(addr.Zone())
		if err != nil {
			return nil, fmt.Errorf("interface %q: %w", addr.Zone(), err)
		}
		sa.(*unix.SockaddrInet6).ZoneId = uint32(i.Index)
	}
	return sa, nil
}
