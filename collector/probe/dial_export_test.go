// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"net"
	"net/netip"
)

// Dial connects as the probers do, and returns what they note.
func Dial(ctx context.Context, o DialOptions, network, addr string) (net.Conn, *Trace, error) {
	r := begin()
	conn, err := o.dial(ctx, &r.Trace, network, addr)
	return conn, &r.Trace, err
}

// Choose returns which of a name's addresses is taken.
func Choose(o DialOptions, all ...netip.Addr) netip.Addr { return o.choose(all) }
