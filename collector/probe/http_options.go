// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"regexp"
	"time"
)

// HTTPOptions say what to ask and what to expect.
type HTTPOptions struct {
	URL       *url.URL    // http or https; user information becomes Basic authentication
	Method    string      // empty: HEAD, or GET if the body is looked at
	Headers   http.Header // in canonical form; Host and User-Agent among them are honoured; not changed
	Body      string
	BodyFile  string // a file to send in place of Body; read at every probe
	UserAgent string // unless Headers have one

	// ExactURL sends the URL as it is. Otherwise the time is added to its query, so
	// that no cache on the way answers for the target.
	ExactURL bool

	Dial DialOptions
	TLS  *tls.Config // nil: that of Client, or else the machine's certificate authorities; not changed

	// Client adds authentication, proxies and HTTP/2 as it says. Many probers may
	// share one; nil: none of it, which is what costs least.
	Client *HTTPClient

	// ResolveForProxy finds the address of the target before a proxy is asked for it,
	// and asks for the address. Otherwise that is left to the proxy.
	ResolveForProxy bool

	FollowRedirects bool // at most 10 of them; otherwise a redirect is the answer
	HTTP3           bool // ask over QUIC, and nothing else; without proxies

	// What makes an answer a good one. All of it must hold.
	StatusFrom   int              // the lowest status that is healthy; 0: 200
	StatusBelow  int              // the lowest status above those; 0: 400
	StatusCodes  []int            // the statuses that are healthy, in place of the range; empty: the range
	Versions     []string         // that the answer may have, such as HTTP/1.1 and HTTP/2.0; empty: any
	FailIfTLS    bool             // the last answer must have come without TLS
	FailIfNotTLS bool             // the last answer must have come over TLS
	HeaderMust   []HeaderMatch    // each must match one value of its header
	HeaderNot    []HeaderMatch    // none may match any value of its header
	BodyMatch    *regexp.Regexp   // must match the first MiB of the body; nil: anything goes
	BodyMust     []*regexp.Regexp // all must match the body
	BodyNot      []*regexp.Regexp // none may match the body
	JSONMust     *CEL             // must be true of the body; nil: anything goes
	JSONNot      *CEL             // must be false of the body; nil: anything goes

	// ReadBody has the body read to its end, also where nothing looks at it.
	ReadBody bool
	// BodyLimit is how many bytes of the body, uncompressed, are read; a longer body
	// is a failure. 0: 2 MiB where JSON is looked at, else 8 MiB where BodyMust or
	// BodyNot are, else 64 MiB if it is compressed, and else 1 GiB.
	BodyLimit int64
	// Compression says how the body is compressed: gzip, br, deflate or identity.
	// Empty: nothing is asked for and the body is taken as it comes.
	Compression string
}

// A HeaderMatch looks at the values of a header.
type HeaderMatch struct {
	Header       string // its name, in any case
	Match        *regexp.Regexp
	AllowMissing bool // an answer without the header is as good; otherwise it is a failure
}

// HTTPFacts are what a probe saw of an HTTP server: of the last answer, unless
// it says otherwise.
type HTTPFacts struct {
	Status        int    // 0 if there was no answer
	Proto         string // such as HTTP/1.1 or HTTP/2.0; empty if there was no answer
	TLS           bool   // the answer came over TLS
	ContentLength int64  // as the header has it; -1 if it doesn't, 0 if there was no answer
	BodyBytes     int64  // read of the body, uncompressed
	Redirects     int    // that were met
	LastModified  time.Time
	Phases        HTTPPhases
	FailedRegexp  bool // a regular expression failed the answer
	FailedCEL     bool // a CEL expression failed the answer
}

// HTTPPhases are how long the parts of a probe took, each summed over all
// redirects. One that was not reached is zero.
type HTTPPhases struct {
	Resolve    time.Duration // finding the address
	Connect    time.Duration // until the connection stood
	TLS        time.Duration // the handshake; that of QUIC is here, and makes the connection too
	Processing time.Duration // from the connection to the first byte of the answer
	Transfer   time.Duration // from there to the end of the last answer
}
