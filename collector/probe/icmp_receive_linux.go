// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"encoding/binary"
	"errors"
	"net/netip"

	"golang.org/x/sys/unix"
)

// maxErrors is how many errors in a row are read over.
const maxErrors = 100

// receive hands over what comes in, until the socket is closed.
func (c *icmpConn) receive(deliver func(message)) {
	_ = c.raw.Read(func(fd uintptr) bool {
		c.take(int(fd), deliver)
		return false // wait for more
	})
}

// drain hands over what is there, without waiting.
func (c *icmpConn) drain(deliver func(message)) {
	_ = c.raw.Control(func(fd uintptr) { c.take(int(fd), deliver) })
}

func (c *icmpConn) take(fd int, deliver func(message)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.takeAll(fd, 0, c.parse, deliver)
	if !c.kind.privileged {
		c.takeAll(fd, unix.MSG_ERRQUEUE, c.parseError, deliver)
	}
}

// takeAll reads until nothing is left. An error is a signal that came between, or
// word of what waits in the error queue; it is the socket's own if it does not go away.
func (c *icmpConn) takeAll(fd, flags int, parse parser, deliver func(message)) {
	for errs := 0; errs < maxErrors; {
		n, extra, _, from, err := unix.Recvmsg(fd, c.buffer[:], c.extra[:], flags|unix.MSG_DONTWAIT)
		switch {
		case errors.Is(err, unix.EAGAIN):
			return
		case err != nil:
			errs++
			continue
		}
		errs = 0
		if m, ok := parse(c.buffer[:n], c.extra[:extra], addrPort(from).Addr()); ok {
			deliver(m)
		}
	}
}

// A parser reads a message, what the kernel says besides, and the address of both.
type parser func(b, extra []byte, from netip.Addr) (message, bool)

func (c *icmpConn) parse(b, extra []byte, from netip.Addr) (message, bool) {
	if c.kind == (socketKind{privileged: true}) {
		return parseIPv4(b)
	}
	return parseICMP(b, c.kind.v6, from, receivedHops(extra))
}

// parseError reads an entry of the error queue: the request, and whom it was for.
func (c *icmpConn) parseError(b, extra []byte, target netip.Addr) (message, bool) {
	for len(extra) > 0 {
		header, data, rest, err := unix.ParseOneSocketControlMessage(extra)
		if err != nil {
			break
		}
		if header.Level == unix.SOL_IP && header.Type == unix.IP_RECVERR ||
			header.Level == unix.SOL_IPV6 && header.Type == unix.IPV6_RECVERR {
			if e, ok := extendedError(data); ok {
				return parseQuoted(b, target, e)
			}
		}
		extra = rest
	}
	return message{}, false
}

// receivedHops returns the hop limit with which a packet arrived, 0 if the kernel
// did not tell.
func receivedHops(extra []byte) int {
	for len(extra) > 0 {
		header, data, rest, err := unix.ParseOneSocketControlMessage(extra)
		if err != nil {
			return 0
		}
		if len(data) >= 4 && (header.Level == unix.SOL_IP && header.Type == unix.IP_TTL ||
			header.Level == unix.SOL_IPV6 && header.Type == unix.IPV6_HOPLIMIT) {
			return int(int32(binary.NativeEndian.Uint32(data)))
		}
		extra = rest
	}
	return 0
}

// extendedError reads the kernel's word of an error that ICMP told it: struct
// sock_extended_err, and the address of who sent it.
func extendedError(b []byte) (*icmpError, bool) {
	const size, family4, family6 = 16, 8, 24 // of the struct, and of the addresses up to their end
	if len(b) < size+family4 {
		return nil, false
	}
	origin, from := b[4], b[size:]
	e := &icmpError{kind: b[5], code: b[6]}
	switch {
	case origin == unix.SO_EE_ORIGIN_ICMP:
		e.from = netip.AddrFrom4([4]byte(from[4:8]))
	case origin == unix.SO_EE_ORIGIN_ICMP6 && len(from) >= family6:
		e.v6, e.from = true, netip.AddrFrom16([16]byte(from[8:24]))
	default:
		return nil, false
	}
	return e, true
}
