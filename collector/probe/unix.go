// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"crypto/tls"
)

// UnixOptions say which socket to connect to, and what is said over it.
type UnixOptions struct {
	Path         string      // of the socket; @name: one of Linux' abstract sockets
	Conversation []Exchange  // empty: connect and hang up
	UseTLS       bool        // speak TLS from the start
	TLS          *tls.Config // for UseTLS and StartTLS; nil: the machine's certificate authorities; not changed
}
