// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package probe

import (
	"context"
	"net"
	"net/netip"
)

// connect makes a TCP connection that ends with ctx.
func (o DialOptions) connect(ctx context.Context, addr netip.AddrPort) (net.Conn, error) {
	d := net.Dialer{KeepAlive: -1, LocalAddr: o.local("tcp")}
	conn, err := d.DialContext(ctx, "tcp", addr.String())
	if err != nil {
		return nil, err
	}
	return &bound{conn, endWith(ctx, conn)}, nil
}
