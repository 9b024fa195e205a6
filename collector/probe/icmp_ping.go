// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"time"

	"golang.org/x/time/rate"

	"github.com/pharos-status/pharos/internal/status"
)

const (
	packets     = 3           // sent to an address that does not answer
	minPackets  = 2           // that must be lost, or met with an error, before an address is dead
	maxPatience = time.Second // for an answer, unless the options say otherwise
)

// A pong is what came of asking one address.
type pong struct {
	addr    netip.Addr
	setup   time.Duration // the wait for a turn and a socket
	trip    time.Duration
	hops    int
	err     error // a [*Failure] if no answer came, or errNoTurn
	nowhere bool  // this machine has no way to the address
}

// ping waits for its turn, and asks one address.
func (p *icmp) ping(ctx context.Context, addr netip.Addr) pong {
	start := time.Now()
	patience := p.patience(ctx)
	if !p.turn(ctx, patience) {
		return pong{addr: addr, err: errNoTurn}
	}
	defer func() { <-p.slots }()
	o := p.socketOptions(addr)
	socket, err := p.sockets.use(o)
	setup := time.Since(start)
	if err != nil {
		got := noSocket(err)
		got.addr, got.setup = addr, setup
		return got
	}
	defer p.sockets.release(o)
	f := newFlight(p.pace, socket, addr, p.PayloadSize)
	defer f.land()
	got := f.fly(ctx, min(patience, p.patience(ctx)))
	got.addr, got.setup = addr, setup
	return got
}

// patience returns how long an address may take from now on.
func (p *icmp) patience(ctx context.Context) time.Duration {
	patience := p.Patience
	if deadline, ok := ctx.Deadline(); ok {
		patience = min(patience, time.Until(deadline))
	}
	return patience
}

func (p *icmp) socketOptions(addr netip.Addr) socketOptions {
	return socketOptions{
		v6: addr.Is6(), source: p.Dial.Source, hopLimit: p.HopLimit,
		dontFragment: p.DontFragment && addr.Is4(), // in IPv6 that goes without saying
	}
}

// A flight is the packets on their way to one address.
type flight struct {
	pace    *rate.Limiter
	socket  *sharedSocket
	to      netip.Addr
	packet  []byte
	token   []byte
	seqs    []uint16 // whose answers are awaited
	sent    int      // packets
	met     error    // the last error of sending, or that a packet met
	answers chan answer
}

func newFlight(pace *rate.Limiter, socket *sharedSocket, to netip.Addr, payload int) *flight {
	token := binary.NativeEndian.AppendUint64(nil, rand.Uint64())
	return &flight{
		pace: pace, socket: socket, to: to,
		packet: make([]byte, echoHeader+payload), token: token[:min(tokenSize, payload)],
		seqs: make([]uint16, 0, packets), answers: make(chan answer, packets),
	}
}

// land ends the wait for answers.
func (f *flight) land() { f.socket.forget(f.seqs) }

// fly sends packets until one is answered, and spreads them over the patience. An
// error on the way may pass, so the next packet follows it at once.
func (f *flight) fly(ctx context.Context, patience time.Duration) pong {
	for errs := 0; errs < minPackets && len(f.seqs) < packets; {
		if f.pace.Wait(ctx) != nil {
			break // no time is left
		}
		if err := f.send(); err != nil && !transient(err) {
			return unsent(f.to, err)
		}
		switch a, ok := f.wait(ctx, patience/packets); {
		case ok && a.err == nil:
			return pong{trip: a.trip, hops: a.hops}
		case ok:
			errs++
		}
	}
	return f.end(patience)
}

// send sends the next packet.
func (f *flight) send() error {
	seq := f.socket.await(awaited{target: f.to.WithZone(""), token: f.token, sent: time.Now(), answers: f.answers})
	f.seqs = append(f.seqs, seq)
	request(f.packet, f.to.Is6(), f.socket.id, seq, f.token)
	if err := f.socket.send(f.packet, f.to); err != nil {
		f.met = err
		return err
	}
	f.sent++
	return nil
}

// wait waits for an answer to any of the packets, and tells whether there was one.
func (f *flight) wait(ctx context.Context, d time.Duration) (answer, bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case a := <-f.answers:
		if a.err != nil {
			f.met = a.err
		}
		return a, true
	case <-timer.C:
	case <-ctx.Done():
	}
	return answer{}, false
}

// end says what is made of an address that did not answer in time. A machine that is
// short of time may have got the answer, and not come to read it yet.
func (f *flight) end(patience time.Duration) pong {
	f.socket.drain(f.socket.deliver)
	for len(f.answers) > 0 {
		a := <-f.answers
		if a.err == nil {
			return pong{trip: a.trip, hops: a.hops}
		}
		f.met = a.err
	}
	switch {
	case f.sent < minPackets && transient(f.met):
		return pong{err: dialFailure(f.met)}
	case f.sent < minPackets:
		return pong{err: errNoTurn}
	case f.met != nil && !transient(f.met):
		return pong{err: Failf(status.Connect, "ping %v: %w", f.to, f.met)}
	}
	return pong{err: Failf(status.Timeout, "ping %v: no answer to %d packets within %v", f.to, f.sent, patience)}
}
