// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// Dial connects as the probers do, and returns what they note.
func Dial(ctx context.Context, o DialOptions, network, addr string) (net.Conn, *Trace, error) {
	r := begin()
	conn, err := o.dial(ctx, &r.Trace, network, addr)
	return conn, &r.Trace, err
}

// A Memory of the address of a name.
type Memory struct{ memory }

// Dial connects, and returns whether the name was looked up.
func (m *Memory) Dial(ctx context.Context, addr string) (net.Conn, bool, error) {
	r := begin()
	conn, err := m.dial(ctx, &r.Trace, DialOptions{}, addr)
	return conn, r.Lookup > 0, err
}

// Remembered is how long an address is used again.
const Remembered = remembered

// Age lets time pass for a memory.
func (m *Memory) Age(by time.Duration) {
	last := *m.last.Load()
	last.at = last.at.Add(-by)
	m.last.Store(&last)
}

// Choose returns which of a name's addresses is taken.
func Choose(o DialOptions, all ...netip.Addr) netip.Addr { return o.choose(all) }
