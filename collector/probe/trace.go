// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"net/netip"
	"time"
)

// maxEvents bounds the log of one probe.
const maxEvents = 64

// A Trace is what a probe saw on its way, whatever became of it. A prober
// writes to it from one goroutine at a time; once the probe has ended, nobody does.
type Trace struct {
	Events []Event       // its log, in order; bounded
	Lookup time.Duration // how long it took to find the address of the target; 0 if it was known
	Addr   netip.Addr    // the address that was asked; the zero Addr if none was

	// NotAfter is when the earliest certificate that the target showed expires;
	// zero without TLS.
	NotAfter time.Time

	Conversation *ConversationFacts // nil without a conversation
	DNS          *DNSFacts          // nil without a query, and so on
	GRPC         *GRPCFacts
	SSH          *SSHFacts
	WebSocket    *WebSocketFacts

	TLS  *TLSFacts  // nil if no certificate was shown
	HTTP *HTTPFacts // of a probe of HTTP

	Perfdata []Perfdatum // of a script
	Steps    []Step      // of a script

	ICMP *ICMPFacts // of a ping

	start time.Time
}

// An Event is a line in the log of a probe.
type Event struct {
	After  time.Duration // since the probe began
	What   string        // what happened: a constant, such as "connected"
	Detail string        // to what, or how; may name the target, so it is not for the public
}

// Event adds a line to the log. It is cheap, so that every probe keeps one:
// what is a constant, and detail mostly a string that is there anyway.
func (t *Trace) Event(what, detail string) {
	if t.Events == nil {
		t.Events = make([]Event, 0, 4) // as many as most probes write
	}
	if len(t.Events) < maxEvents {
		t.Events = append(t.Events, Event{time.Since(t.start), what, detail})
	}
}

// A Perfdatum is a figure in the output of a monitoring plugin, in base units
// where its unit has one.
type Perfdatum struct {
	Label string
	Unit  string // of Value: seconds, bytes, ratio, counter, or as the plugin has it; may be empty
	Value float64
}

// A Step is a part of a round trip that a script has made.
type Step struct {
	Name string
	Took time.Duration
}
