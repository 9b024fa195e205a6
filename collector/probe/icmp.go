// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	probing "github.com/prometheus-community/pro-bing"

	"github.com/pharos-status/pharos/internal/status"
)

const (
	maxPings = 50 // addresses pinged at a time: with many more, answers get lost in the machine
)

// A Pinger makes ICMP probes that share one limit: at most 50 addresses are
// pinged at a time. A process should have only one.
type Pinger struct{ slots chan struct{} }

// NewPinger returns a Pinger.
func NewPinger() *Pinger { return &Pinger{make(chan struct{}, maxPings)} }

// ICMP returns a Prober that pings every address, IPv4 and IPv6, that host
// resolves to. All must answer, each within a second or the time limit if that
// is shorter; the slowest counts. Three packets are sent before an address is dead.
//
// What the exporter can't tell is unknown: it may lack the permission to send
// (reason permission), or its machine has no route to any of the addresses
// (reason connect). An address of a family that the machine has no route
// for, such as IPv6 on a machine without it, is left out as long as another address can be asked.
func (p *Pinger) ICMP(o ICMPOptions) Prober { return &icmp{p, o.Host} }

// Check tells whether this process may ping: an error says what to do about it.
func (p *Pinger) Check() error { return nil }

type icmp struct {
	*Pinger
	host string
}

// Probe implements [Prober]. Result.Took is the round trip to the slowest address.
func (p *icmp) Probe(ctx context.Context) Result {
	start := time.Now()
	slowest, err := p.pingAll(ctx)
	if err != nil {
		slowest = time.Since(start)
	}
	return Result{At: start, Took: slowest, Err: err}
}

func (p *icmp) pingAll(ctx context.Context) (time.Duration, error) {
	patience := maxPatience
	if deadline, ok := ctx.Deadline(); ok {
		patience = min(patience, time.Until(deadline))
	}
	all, err := net.DefaultResolver.LookupIPAddr(ctx, p.host)
	if err != nil {
		return 0, dialFailure(err)
	}
	reachable, err := routable(ctx, all[:min(len(all), maxAddresses)])
	if err != nil {
		return 0, err
	}
	trips, errs := make([]time.Duration, len(reachable)), make([]error, len(reachable))
	var wg sync.WaitGroup
	for i, addr := range reachable {
		wg.Go(func() { trips[i], errs[i] = p.ping(ctx, addr, patience) })
	}
	wg.Wait()
	return worst(trips, errs)
}

// worst returns the slowest trip, or the gravest of the errors.
func worst(trips []time.Duration, errs []error) (slowest time.Duration, gravest error) {
	for i, err := range errs {
		slowest = max(slowest, trips[i])
		if err != nil && (gravest == nil || severity(err) > severity(gravest)) {
			gravest = err
		}
	}
	return slowest, gravest
}

func severity(err error) int { return judgeError(err).Status.Severity() }

// routable leaves out the addresses to which the machine has no route. It is an
// error, of which nothing follows for the target, if none is left.
func routable(ctx context.Context, all []net.IPAddr) ([]net.IPAddr, error) {
	var some []net.IPAddr
	var last error
	for _, addr := range all {
		if err := route(ctx, addr); err != nil {
			last = err
			continue
		}
		some = append(some, addr)
	}
	switch {
	case some != nil:
		return some, nil
	case exhausted(last):
		return nil, dialFailure(last)
	}
	return nil, &Failure{status.Unknown, status.Connect, fmt.Errorf("this machine has no route to the target: %w", last)}
}

// route asks the kernel for the way to addr. Connecting a UDP socket sends nothing.
func route(ctx context.Context, addr net.IPAddr) error {
	const discard = 9 // any port does
	var d net.Dialer
	conn, err := d.DialContext(ctx, "udp", net.JoinHostPort(addr.String(), strconv.Itoa(discard)))
	if err != nil {
		return err
	}
	return conn.Close()
}

// ping waits for its turn and asks one address.
func (p *icmp) ping(ctx context.Context, addr net.IPAddr, patience time.Duration) (time.Duration, error) {
	if !p.turn(ctx, patience) {
		return 0, &Failure{status.Unknown, status.Timeout, errors.New("too many pings at a time: this one had no turn within its time limit")}
	}
	defer func() { <-p.slots }()
	trip, err := echo(ctx, addr, patience, false)
	if noSocket(err) {
		trip, err = echo(ctx, addr, patience, true)
	}
	switch {
	case noSocket(err):
		return 0, &Failure{status.Unknown, status.Permission, fmt.Errorf(
			"no permission to ping: give the program the capability CAP_NET_RAW, or put its group into net.ipv4.ping_group_range: %w", err)}
	case exhausted(err):
		return 0, dialFailure(err)
	case err != nil && ctx.Err() == nil:
		return 0, Failf(reasonOf(err), "ping %v: %w", &addr, err)
	case trip == 0:
		return 0, Failf(status.Timeout, "ping %v: no answer within %v", &addr, patience)
	}
	return trip, nil
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

// noSocket tells whether err says that the kernel denied the socket, or sending
// by it. An unprivileged socket of a family may also not exist at all.
func noSocket(err error) bool {
	return errors.Is(err, os.ErrPermission) || errors.Is(err, syscall.EPROTONOSUPPORT)
}

// echo returns the time of the first round trip, 0 if there was none.
func echo(ctx context.Context, addr net.IPAddr, patience time.Duration, privileged bool) (trip time.Duration, err error) {
	pinger := probing.New("")
	pinger.SetIPAddr(&addr)
	pinger.SetPrivileged(privileged)
	pinger.SetLogger(probing.NoopLogger{})
	pinger.RecordRtts, pinger.RecordTTLs = false, false
	pinger.Timeout = patience
	pinger.Interval = max(patience/packets, time.Millisecond)
	pinger.OnRecv = func(packet *probing.Packet) {
		if trip == 0 {
			trip = max(packet.Rtt, 1) // 0 stands for no answer
		}
		pinger.Stop()
	}
	err = pinger.RunWithContext(ctx)
	return trip, err
}
