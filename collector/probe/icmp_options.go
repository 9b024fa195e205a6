// SPDX-License-Identifier: Apache-2.0

package probe

import "time"

// MaxICMPPayload is the largest payload of an echo request, in bytes: what an
// IPv4 packet has room for beside its headers.
const MaxICMPPayload = 65507

// defaultPayload is what the program ping sends, in bytes, so that nothing on the
// way finds it odd.
const defaultPayload = 56

// ICMPOptions say whom to ping, and how. All but Host may be left zero.
type ICMPOptions struct {
	Host string // a name or an address, of IPv6 with or without a zone

	// Dial says from where, and which of the addresses. With AnyFamily every
	// address that Host resolves to is pinged: all must answer, and the slowest
	// counts. With Source, addresses of the other family than that are left out.
	Dial DialOptions

	// Patience is how long an address may take to answer; 0: a second. It ends
	// with the time limit of the probe in any case.
	Patience time.Duration

	PayloadSize  int  // bytes after the ICMP header, up to MaxICMPPayload; 0: 56
	HopLimit     int  // the hop limit, in IPv4 the TTL, of what is sent, up to 255; 0: the machine's
	DontFragment bool // forbids routers to take an IPv4 packet apart; in IPv6 none does
}

// ICMPFacts are what a ping saw of the slowest address that answered. How long
// the name took and which address it was stand in the [Trace].
type ICMPFacts struct {
	Setup    time.Duration // how long it took to get hold of a socket, and a turn
	RTT      time.Duration // the round trip; 0 if nothing answered
	HopLimit int           // of the answer as it arrived, in IPv4 the TTL; 0 if nothing answered or none was told
}
