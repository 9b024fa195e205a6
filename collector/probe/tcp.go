// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"net"
)

// TCP returns a Prober that connects to addr, host:port, and hangs up.
func TCP(addr string) Prober {
	return Func(func(ctx context.Context) error {
		conn, err := dial(ctx, addr)
		if err != nil {
			return err
		}
		_ = conn.Close() // the target has answered; how the connection ends says nothing of it
		return nil
	})
}

// dial connects to addr. Its error is a [*Failure].
func dial(ctx context.Context, addr string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, Failf(reasonOf(err), "%w", err)
	}
	return conn, nil
}
