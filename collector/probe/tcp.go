// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"github.com/pharos-status/pharos/internal/status"
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
		return nil, dialFailure(err)
	}
	return conn, nil
}

// dialFailure says what an error of dialling makes of the target: nothing, if this
// machine did not even let the program try.
func dialFailure(err error) error {
	if errors.Is(err, os.ErrPermission) || exhausted(err) {
		return &Failure{status.Unknown, status.Permission, fmt.Errorf("this machine did not let the exporter connect: %w", err)}
	}
	return Failf(reasonOf(err), "%w", err)
}

// exhausted tells whether err says that this machine has no more to give: file
// descriptors, processes or memory.
func exhausted(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) ||
		errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.ENOMEM)
}
