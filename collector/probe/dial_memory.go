// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

// remembered is how long the address of a name is used again. It is less than any
// usual lifetime of a name, and than most intervals: it counts for a target that
// is probed every second, where looking up the name takes more of the processor
// than all the rest of the probe.
const remembered = 5 * time.Second

// A memory knows over which address a name was last reached. It is safe for
// concurrent use; the zero value knows nothing.
type memory struct{ last atomic.Pointer[lastReached] }

type lastReached struct {
	addr string // with the port
	at   time.Time
}

// dial connects as o does, at once to the address that is remembered if there is
// one. Where that fails the name is looked up after all, so that a target that has
// moved is found.
func (m *memory) dial(ctx context.Context, t *Trace, o DialOptions, addr string) (net.Conn, error) {
	if last := m.last.Load(); last != nil && time.Since(last.at) < remembered {
		conn, err := o.dial(ctx, t, "tcp", last.addr)
		if err == nil || ctx.Err() != nil {
			return conn, err
		}
		m.forget()
	}
	conn, err := o.dial(ctx, t, "tcp", addr)
	if err == nil && t.Lookup > 0 {
		if at, err := netip.ParseAddrPort(conn.RemoteAddr().String()); err == nil {
			m.last.Store(&lastReached{at.String(), time.Now()})
		}
	}
	return conn, err
}

// forget has the name looked up the next time.
func (m *memory) forget() { m.last.Store(nil) }
