// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
)

// The messages of ICMP that matter to a ping. What these numbers mean in one
// version they don't in the other.
const (
	echoReply4   = 0
	unreachable4 = 3
	echoRequest4 = 8
	exceeded4    = 11
	problem4     = 12

	unreachable6 = 1
	exceeded6    = 3
	problem6     = 4
	echoRequest6 = 128
	echoReply6   = 129
)

const (
	protocolICMP4 = 1
	protocolICMP6 = 58
	header4       = 20 // bytes of an IPv4 header without options
	header6       = 40 // bytes of an IPv6 header
	echoHeader    = 8  // bytes of an ICMP header, and of that of an echo
	tokenSize     = 8  // bytes at the start of a payload that tell whose it is
)

// A message is what came back to an echo request: the answer, or an error that
// the request met on its way.
type message struct {
	target  netip.Addr // whom the request was sent to, without its zone
	id, seq uint16     // of the request
	payload []byte     // the beginning of the request's; an error may bring little of it, or nothing
	hops    int        // of the answer; 0 if not told
	err     *icmpError // nil: an answer
}

// belongs tells whether the message brings the token of a request back. An
// error may have been cut short.
func (m *message) belongs(token []byte) bool {
	if m.err != nil && len(m.payload) < len(token) {
		token = token[:len(m.payload)]
	}
	return bytes.HasPrefix(m.payload, token)
}

// An icmpError is what a router, or the target, says to an echo request that it
// could not bring further.
type icmpError struct {
	v6         bool
	kind, code byte
	from       netip.Addr
}

// Error says what happened, in words where they are known.
func (e *icmpError) Error() string {
	return fmt.Sprintf("%s, says %v", e.words(), e.from)
}

func (e *icmpError) words() string {
	type place struct{ kind, code byte }
	words := map[place]string{
		{unreachable4, 0}:  "network unreachable",
		{unreachable4, 1}:  "host unreachable",
		{unreachable4, 2}:  "protocol unreachable",
		{unreachable4, 4}:  "packet too big, and not to be fragmented",
		{unreachable4, 9}:  "network prohibited",
		{unreachable4, 10}: "host prohibited",
		{unreachable4, 13}: "communication prohibited",
		{exceeded4, 0}:     "hop limit exceeded",
	}
	if e.v6 {
		words = map[place]string{
			{unreachable6, 0}: "no route to the address",
			{unreachable6, 1}: "communication prohibited",
			{unreachable6, 3}: "address unreachable",
			{unreachable6, 5}: "source address refused",
			{unreachable6, 6}: "route refused",
			{exceeded6, 0}:    "hop limit exceeded",
		}
	}
	if w, ok := words[place{e.kind, e.code}]; ok {
		return w
	}
	return fmt.Sprintf("ICMP error of type %d, code %d", e.kind, e.code)
}

// fatal tells whether err keeps requests like this one from their target. A
// packet that is too big is sent in pieces from then on, unless that is forbidden.
func fatal(v6 bool, kind byte) bool {
	if v6 {
		return kind == unreachable6 || kind == exceeded6 || kind == problem6
	}
	return kind == unreachable4 || kind == exceeded4 || kind == problem4
}

// request writes an echo request into b, whose length is that of the whole. What
// follows the token is the same in every packet.
func request(b []byte, v6 bool, id, seq uint16, token []byte) {
	b[0] = echoRequest4
	if v6 {
		b[0] = echoRequest6
	}
	b[1], b[2], b[3] = 0, 0, 0
	binary.BigEndian.PutUint16(b[4:], id)
	binary.BigEndian.PutUint16(b[6:], seq)
	n := copy(b[echoHeader:], token)
	for i := echoHeader + n; i < len(b); i++ {
		b[i] = byte(i)
	}
	if !v6 { // in IPv6 it covers the addresses too, so the kernel makes it
		binary.BigEndian.PutUint16(b[2:], checksum(b))
	}
}

// checksum returns the Internet checksum of b.
func checksum(b []byte) uint16 {
	var sum uint32
	for ; len(b) >= 2; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum) //nolint:gosec // it has 16 bits by now
}

// parseIPv4 reads a packet with its IPv4 header, as a raw socket gives it. The
// end of the packet may be missing.
func parseIPv4(b []byte) (m message, ok bool) {
	h, rest, ok := cutIPv4(b)
	if !ok {
		return message{}, false
	}
	return parseICMP(rest, false, h.from, h.hops)
}

// parseICMP reads an ICMP message that came from an address.
func parseICMP(b []byte, v6 bool, from netip.Addr, hops int) (m message, ok bool) {
	if len(b) < echoHeader {
		return message{}, false
	}
	kind, code := b[0], b[1]
	if kind == echoReply4 && !v6 || kind == echoReply6 && v6 {
		m = echo(b)
		m.target, m.hops = from, hops
		return m, true
	}
	if !fatal(v6, kind) {
		return message{}, false
	}
	cut := cutIPv4
	if v6 {
		cut = cutIPv6
	}
	h, quoted, ok := cut(b[echoHeader:])
	if !ok {
		return message{}, false
	}
	return parseQuoted(quoted, h.to, &icmpError{v6: v6, kind: kind, code: code, from: from})
}

// parseQuoted reads the echo request to target that an error quotes.
func parseQuoted(b []byte, target netip.Addr, err *icmpError) (m message, ok bool) {
	want := byte(echoRequest4)
	if err.v6 {
		want = echoRequest6
	}
	if len(b) < echoHeader || b[0] != want || !fatal(err.v6, err.kind) {
		return message{}, false
	}
	m = echo(b)
	m.target, m.err = target, err
	return m, true
}

// echo reads what requests and answers have in common.
func echo(b []byte) message {
	return message{
		id:      binary.BigEndian.Uint16(b[4:]),
		seq:     binary.BigEndian.Uint16(b[6:]),
		payload: b[echoHeader:],
	}
}

// An ipHeader is what matters of the header of an IP packet.
type ipHeader struct {
	from, to netip.Addr
	hops     int // that are left
}

// cutIPv4 splits an IPv4 packet that carries ICMP.
func cutIPv4(b []byte) (h ipHeader, rest []byte, ok bool) {
	if len(b) < header4 || b[0]>>4 != 4 || b[9] != protocolICMP4 {
		return h, nil, false
	}
	length := int(b[0]&0x0f) * 4
	if length < header4 || length > len(b) {
		return h, nil, false
	}
	h = ipHeader{netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20])), int(b[8])}
	return h, b[length:], true
}

// cutIPv6 splits an IPv6 packet that carries ICMP and has no extension headers,
// since echo requests go out without.
func cutIPv6(b []byte) (h ipHeader, rest []byte, ok bool) {
	if len(b) < header6 || b[0]>>4 != 6 || b[6] != protocolICMP6 {
		return h, nil, false
	}
	h = ipHeader{netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40])), int(b[7])}
	return h, b[header6:], true
}
