// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package probe

import (
	"context"
	"net/netip"
)

func canTouch(netip.AddrPort) bool { return false }

func touch(ctx context.Context, t *Trace, _ netip.AddrPort, text string) error {
	conn, err := DialOptions{}.dial(ctx, t, "tcp", text)
	if err != nil {
		return err
	}
	_ = conn.Close()
	return nil
}
