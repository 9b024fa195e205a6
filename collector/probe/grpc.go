// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"crypto/tls"
	"time"
)

// GRPCOptions say which server to ask for the health of which service.
type GRPCOptions struct {
	Addr      string              // host or host:port; the port is else 80, and 443 with UseTLS
	Service   string              // empty: the server as a whole
	Metadata  map[string][]string // sent along; keys are made lower case; not changed
	UserAgent string
	UseTLS    bool
	TLS       *tls.Config // nil: the machine's certificate authorities; not changed
	Dial      DialOptions
}

// GRPCFacts are what was seen of a server's answer.
type GRPCFacts struct {
	Check   time.Duration // from the address to the answer
	UsedTLS bool
	Code    int    // the gRPC status code; 14, unavailable, if there was no answer, and 4 if it was late
	Serving string // UNKNOWN, SERVING, NOT_SERVING, SERVICE_UNKNOWN; empty without an answer
}
