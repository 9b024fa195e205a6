// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"crypto/tls"
)

// UnixOptions say which socket to connect to, and what is said over it.
type UnixOptions struct {
	Path         string      // of the socket; @name: one of Linux' abstract sockets
	Conversation []Exchange  // empty: connect and hang up
	UseTLS       bool        // speak TLS from the start
	TLS          *tls.Config // for UseTLS and StartTLS, must name the server to verify it; nil: the machine's certificate authorities; not changed
}

// Unix returns a Prober that connects to a Unix domain socket of this machine,
// and hangs up after the conversation, if there is one. A socket that this
// program may not open makes its target unknown, for want of permission.
func Unix(o UnixOptions) Prober {
	config := withServerName(o.TLS, "")
	return Func(func(ctx context.Context, t *Trace) error {
		conn, err := DialOptions{}.dial(ctx, t, "unix", o.Path)
		if err != nil {
			return err
		}
		return talk(ctx, t, conn, o.UseTLS, config, o.Conversation)
	})
}
