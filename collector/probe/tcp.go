// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"crypto/tls"
)

// TCPOptions say where to connect to, and what is said over the connection.
type TCPOptions struct {
	Addr         string // host:port
	Dial         DialOptions
	Conversation []Exchange  // empty: connect and hang up
	UseTLS       bool        // speak TLS from the start
	TLS          *tls.Config // for UseTLS and StartTLS; nil: the machine's certificate authorities; not changed
}

// TCP returns a Prober that connects, and hangs up after the conversation, if
// there is one.
func TCP(o TCPOptions) Prober {
	return Func(func(ctx context.Context, t *Trace) error {
		conn, err := o.Dial.dial(ctx, t, "tcp", o.Addr)
		if err != nil {
			return err
		}
		_ = conn.Close() // the target has answered; how the connection ends says nothing of it
		return nil
	})
}
