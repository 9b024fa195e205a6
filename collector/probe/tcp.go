// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/pharos-status/pharos/internal/status"
)

// TCP returns a Prober that connects to addr, host:port, and hangs up.
func TCP(addr string) Prober {
	return Func(func(ctx context.Context, _ *Trace) error {
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

// dialFailure says what an error of dialling or of looking up a name makes of the target: nothing, if this
// machine did not even let the program try.
func dialFailure(err error) error {
	if errors.Is(err, os.ErrPermission) || exhausted(err) {
		return &Failure{status.Unknown, status.Permission, fmt.Errorf("this machine did not let the exporter connect: %w", err)}
	}
	return Failf(reasonOf(err), "%w", err)
}

// exhausted tells whether err says that this machine has no more to give: file
// descriptors, processes or memory. The resolver keeps the text of its cause alone.
func exhausted(err error) bool {
	var dns *net.DNSError
	resolving := errors.As(err, &dns)
	for _, cause := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.EAGAIN, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, cause) || (resolving && strings.Contains(dns.Err, cause.Error())) {
			return true
		}
	}
	return false
}
