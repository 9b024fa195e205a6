// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"net/netip"
	"slices"
	"time"
)

// Occupy takes all slots of p until release is called.
func Occupy(p *Pinger) (release func()) {
	for range cap(p.slots) {
		p.slots <- struct{}{}
	}
	return func() {
		for range cap(p.slots) {
			<-p.slots
		}
	}
}

// NoTurn is what is made of a ping that came too late.
var NoTurn = noTurn

// Idle tells whether p holds no socket.
func Idle(p *Pinger) bool { return len(p.sockets.open) == 0 }

// Pong is what came of asking one address.
type Pong struct {
	Trip    time.Duration
	Err     error
	Nowhere bool
}

// Worst returns what counts of all.
func Worst(all ...Pong) Pong {
	return slices.MaxFunc(all, func(a, b Pong) int {
		return worse(pong{trip: a.Trip, err: a.Err, nowhere: a.Nowhere}, pong{trip: b.Trip, err: b.Err, nowhere: b.Nowhere})
	})
}

// Message is what came back to an echo request.
type Message struct {
	Target  netip.Addr
	ID, Seq uint16
	Payload []byte
	Hops    int
	Err     string
}

// ParseICMP reads a message that came from an address, or one with its IPv4 header.
func ParseICMP(b []byte, v6, header bool, from netip.Addr, hops int) (out Message, ok bool) {
	m, ok := parseICMP(b, v6, from, hops)
	if header {
		m, ok = parseIPv4(b)
	}
	out = Message{Target: m.target, ID: m.id, Seq: m.seq, Payload: m.payload, Hops: m.hops}
	if m.err != nil {
		out.Err = m.err.Error()
	}
	return out, ok
}

// ICMPRequest returns an echo request.
func ICMPRequest(v6 bool, id, seq uint16, token []byte, payload int) []byte {
	b := make([]byte, echoHeader+payload)
	request(b, v6, id, seq, token)
	return b
}

// BelongsTo tells whether a message brings a token back.
func BelongsTo(token, payload []byte, isError bool) bool {
	m := message{payload: payload}
	if isError {
		m.err = &icmpError{}
	}
	return m.belongs(token)
}
