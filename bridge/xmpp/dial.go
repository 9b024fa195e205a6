// SPDX-License-Identifier: Apache-2.0

package xmpp

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxTargets bounds how many servers are tried, whatever DNS says.
const maxTargets = 8

// A target is where a server may be reached.
type target struct {
	address          string // host:port
	direct           bool   // it speaks TLS from the first byte on
	priority, weight uint16
}

// targets returns where to connect to, in the order in which to try.
func (c *Client) targets(ctx context.Context) ([]target, error) {
	if c.o.Server != "" {
		return []target{{address: c.o.Server, direct: c.o.DirectTLS}}, nil
	}
	var all []target
	var none bool // DNS says that there is no server
	for _, service := range []string{"xmpps-client", "xmpp-client"} {
		// A look-up that fails counts as one that finds nothing: the domain itself is
		// left, and whoever answers there has to show its certificate.
		_, records, _ := c.o.Resolver.LookupSRV(ctx, service, "tcp", c.o.JID.host())
		for _, r := range records {
			host := strings.TrimSuffix(r.Target, ".")
			if host == "" {
				// Of xmpps-client it says no more than that nobody speaks TLS directly.
				none = none || service == "xmpp-client"
				continue
			}
			all = append(all, target{net.JoinHostPort(host, strconv.Itoa(int(r.Port))), service == "xmpps-client", r.Priority, r.Weight})
		}
	}
	switch {
	case len(all) > 0:
		all = ordered(all, rand.IntN)
		return all[:min(len(all), maxTargets)], nil
	case none:
		return nil, fmt.Errorf("%s says by DNS that it has no XMPP server", c.o.JID.Domain)
	}
	return []target{{address: net.JoinHostPort(c.o.JID.host(), "5222")}}, nil
}

// ordered returns the targets by priority, and among equal ones by chance, in
// proportion to the weight (RFC 2782), which pick draws. Those that speak TLS
// directly count like the others (XEP-0368).
func ordered(all []target, pick func(n int) int) []target {
	slices.SortStableFunc(all, func(a, b target) int {
		return cmp.Or(cmp.Compare(a.priority, b.priority), cmp.Compare(a.weight, b.weight))
	})
	for i := range all {
		same, sum := 0, 0
		for _, t := range all[i:] {
			if t.priority != all[i].priority {
				break
			}
			same++
			sum += int(t.weight)
		}
		chosen, drawn := i, pick(sum+1)
		for j := i; j < i+same; j++ {
			if drawn -= int(all[j].weight); drawn <= 0 {
				chosen = j
				break
			}
		}
		t := all[chosen]
		all = slices.Insert(slices.Delete(all, chosen, chosen+1), i, t)
	}
	return all
}

// connect opens a stream on which we are logged in.
func (c *Client) connect(ctx context.Context) (*stream, error) {
	targets, err := c.targets(ctx)
	if err != nil {
		return nil, err
	}
	var errs []error
	for i, t := range targets {
		s, err := c.attempt(ctx, t, len(targets)-i)
		if err == nil {
			return s, nil
		}
		err = fmt.Errorf("connect to %s: %w", t.address, err)
		if of, ok := errors.AsType[*Error](err); ok {
			return nil, &Error{Err: err, Refused: of.Refused} // another server of the domain would say the same
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// attempt connects to one of so many targets that are left, within its share of the time.
func (c *Client) attempt(ctx context.Context, t target, left int) (*stream, error) {
	if deadline, ok := ctx.Deadline(); ok && left > 1 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/time.Duration(left))
		defer cancel()
	}
	d := net.Dialer{Resolver: c.o.Resolver}
	conn, err := d.DialContext(ctx, "tcp", t.address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	s, err := c.negotiate(ctx, conn, t.direct)
	if !stop() && err == nil {
		err = context.Cause(ctx) // the deadline is in force, or about to be
	}
	if err != nil {
		conn.Close()
		if ctx.Err() != nil {
			err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
		return nil, err
	}
	return s, nil
}

// secure makes TLS of a connection, and verifies the server's certificate.
func (c *Client) secure(ctx context.Context, conn net.Conn, direct bool) (*tls.Conn, error) {
	settings := c.o.TLS.Clone()
	if direct {
		settings.NextProtos = []string{"xmpp-client"}
	}
	secured := tls.Client(conn, settings)
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("TLS with the server of %s: %w", c.o.JID.Domain, err)
	}
	return secured, nil
}
