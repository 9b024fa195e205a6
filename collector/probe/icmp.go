// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/pharos-status/pharos/internal/status"
)

const (
	maxPings     = 1024 // addresses pinged at a time
	maxAddresses = 64   // of one name

	// Packets leave at this pace, per second, and not more than so many at once:
	// neither the buffer for their answers nor a router on the way overflows then.
	pingPace  = 5000
	pingBurst = 50
)

// A Pinger makes ICMP probes, which share sockets and limits: at most 1024
// addresses are pinged at a time, by at most 5000 packets a second. A process
// should have only one. It holds nothing while no probe is under way.
type Pinger struct {
	slots   chan struct{}
	pace    *rate.Limiter
	sockets sockets
}

// NewPinger returns a Pinger.
func NewPinger() *Pinger {
	return &Pinger{
		slots:   make(chan struct{}, maxPings),
		pace:    rate.NewLimiter(pingPace, pingBurst),
		sockets: sockets{open: map[socketOptions]*sharedSocket{}},
	}
}

// Check tells whether this process may ping. The error says what to do about it.
func (p *Pinger) Check() error {
	for _, o := range []socketOptions{{}, {v6: true}} {
		if _, err := p.sockets.use(o); err == nil {
			p.sockets.release(o)
		} else if got := noSocket(err); !got.nowhere { // a machine need not have both families
			return got.err
		}
	}
	return nil
}

// ICMP returns a Prober that sends up to three echo requests to an address, over
// the time that it may take, and two at least before it calls the address dead.
// An ICMP error in answer to two of them ends that sooner (reason connect).
// Result.Took is the round trip to the slowest address.
//
// What this machine keeps from being asked is unknown: it may not let the program
// ping (reason permission), or have no route to any of the addresses (reason
// connect). An address of a family that the machine has no route for, such
// as IPv6 on a machine without it, is left out as long as another one can be asked.
func (p *Pinger) ICMP(o ICMPOptions) Prober {
	o.Patience = cmp.Or(o.Patience, maxPatience)
	o.PayloadSize = min(cmp.Or(o.PayloadSize, defaultPayload), MaxICMPPayload)
	o.Dial.Source = o.Dial.Source.Unmap()
	return &icmp{p, o}
}

type icmp struct {
	*Pinger
	ICMPOptions
}

// Probe implements [Prober].
func (p *icmp) Probe(ctx context.Context) Result {
	r := begin()
	addrs, err := p.addresses(ctx, &r.Trace)
	if err != nil {
		r.Took, r.Err = time.Since(r.At), err
		return r
	}
	got := p.pingAll(ctx, &r.Trace, addrs)
	r.Addr, r.Took, r.Err = got.addr, got.trip, got.err
	r.ICMP = &ICMPFacts{Setup: got.setup, RTT: got.trip, HopLimit: got.hops}
	if r.Err != nil {
		r.Took = time.Since(r.At)
	}
	return r
}

// addresses returns whom to ask: one at least.
func (p *icmp) addresses(ctx context.Context, t *Trace) ([]netip.Addr, error) {
	all, err := p.resolve(ctx, t)
	if err != nil {
		return nil, err
	}
	if source := p.Dial.Source; source.IsValid() {
		all = slices.DeleteFunc(all, func(a netip.Addr) bool { return a.Is4() != source.Is4() })
		if len(all) == 0 {
			return nil, p.Dial.otherSource(p.Host)
		}
	}
	return all[:min(len(all), maxAddresses)], nil
}

// resolve returns the addresses of the host that the options want.
func (p *icmp) resolve(ctx context.Context, t *Trace) ([]netip.Addr, error) {
	if _, err := netip.ParseAddr(p.Host); err == nil || p.Dial.Family != AnyFamily {
		addr, err := p.Dial.resolve(ctx, t, p.Host)
		return []netip.Addr{addr}, err
	}
	start := time.Now()
	all, err := net.DefaultResolver.LookupNetIP(ctx, "ip", p.Host)
	t.Lookup = time.Since(start)
	if err != nil {
		return nil, dialFailure(err)
	}
	for i := range all {
		all[i] = all[i].Unmap()
		t.Event(eventResolved, all[i].String())
	}
	return all, nil
}

// pingAll asks all addresses at the same time, and returns the worst that came of it.
func (p *icmp) pingAll(ctx context.Context, t *Trace, addrs []netip.Addr) pong {
	start := time.Now()
	all := make([]pong, len(addrs))
	var wg sync.WaitGroup
	for i, addr := range addrs {
		t.Event(eventPinging, addr.String())
		if len(addrs) == 1 {
			all[0] = p.ping(ctx, addr)
			break
		}
		wg.Go(func() { all[i] = p.ping(ctx, addr) })
	}
	wg.Wait()
	for i := range all {
		got := &all[i]
		if errors.Is(got.err, errNoTurn) {
			got.err = noTurn(t.Lookup, time.Since(start))
		}
		if got.err != nil {
			t.Event(eventNoAnswer, got.err.Error())
		} else {
			t.Event(eventAnswer, got.addr.String()+" in "+got.trip.String())
		}
	}
	return slices.MaxFunc(all, worse)
}

// What the log of a ping says.
const (
	eventPinging  = "sending echo requests"
	eventAnswer   = "answered"
	eventNoAnswer = "not answered"
)

// worse compares how much two addresses matter for the whole: what the machine
// can't reach says nothing beside what it can, and an error more than any answer.
func worse(a, b pong) int {
	return cmp.Or(
		cmp.Compare(reached(a), reached(b)),
		cmp.Compare(severity(a.err), severity(b.err)),
		cmp.Compare(a.trip, b.trip),
	)
}

func reached(p pong) int {
	if p.nowhere {
		return 0
	}
	return 1
}

func severity(err error) int {
	if err == nil {
		return status.Healthy.Severity()
	}
	return judgeError(err).Status.Severity()
}

// turn takes a slot. It tells whether that left enough time for the ping; if not,
// no slot is held.
func (p *icmp) turn(ctx context.Context, patience time.Duration) bool {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < patience/2 {
		<-p.slots
		return false
	}
	return true
}
