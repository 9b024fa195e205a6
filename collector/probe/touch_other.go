// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package probe

import (
	"context"
	"net/netip"
)

// touch connects to addr, which text is, and hangs up. The error is a [*Failure].
func touch(ctx context.Context, t *Trace, _ netip.AddrPort, text string) error {
	conn, err := DialOptions{}.dial(ctx, t, "tcp", text)
	if err != nil {
		return err
	}
	_ = conn.Close()
	return nil
}
