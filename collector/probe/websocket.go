// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"crypto/tls"
	"net/http"
	"net/url"
)

// WebSocketOptions say where to open a WebSocket, and what is said over it.
type WebSocketOptions struct {
	URL          *url.URL    // ws or wss; user information becomes Basic authentication
	Headers      http.Header // in canonical form; Host, Origin, User-Agent and Sec-WebSocket-Protocol among them are honoured; not changed
	UserAgent    string      // unless Headers have one
	Conversation []Exchange  // a message each; empty: open and close
	TLS          *tls.Config // nil: the machine's certificate authorities; not changed
	Dial         DialOptions
}

// WebSocketFacts are what was seen of the opening.
type WebSocketFacts struct {
	Code     int  // the HTTP status; 0 without an answer
	Upgraded bool // the WebSocket was open
}
