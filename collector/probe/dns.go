// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"crypto/tls"
	"regexp"
	"time"
)

// DNSOptions say which server to ask for what, and what to expect.
type DNSOptions struct {
	Server string // host or host:port; the port is else 53, and 853 with OverTLS
	Name   string // to ask for; the final dot may be missing

	Type        string // such as AAAA; empty: A
	Class       string // empty: IN
	NoRecursion bool   // don't ask the server to ask others

	// Transport is udp, tcp or empty: udp, and tcp again if the answer was
	// truncated. With udp a truncated answer is taken as it is.
	Transport string
	OverTLS   bool        // DNS over TLS; Transport is then tcp or empty
	TLS       *tls.Config // nil: the machine's certificate authorities; not changed
	Dial      DialOptions

	Rcodes  []string // the healthy ones, such as NXDOMAIN; empty: NOERROR
	EmptyOK bool     // a NOERROR without a record in its answer is healthy

	Answer, Authority, Additional RecordRules
}

// RecordRules say what the records in a section of an answer must be. Expressions
// are matched against a record as a zone file has it, with tabs between
// its name, time to live, class, type and data.
type RecordRules struct {
	Never         []*regexp.Regexp // no record matches one of them
	Always        []*regexp.Regexp // there are records, and each matches each of them
	AlwaysOrEmpty []*regexp.Regexp // each record, if there are any, matches each of them
	Once          []*regexp.Regexp // some record matches one of them
}

// DNSFacts are what was seen of an answer.
type DNSFacts struct {
	Connect time.Duration // until the connection stood, TLS included
	Request time.Duration // from there to the answer; 0 if none came

	Answered  bool   // the server answered, whatever it said
	Rcode     string // such as NOERROR
	Truncated bool   // the answer that was judged did not fit
	Transport string // over which it came: udp, tcp or tls

	// How many records there are in each section.
	Answer, Authority, Additional int

	SOA    bool   // an answer to a query for SOA
	Serial uint32 // of the zone, if SOA
}
