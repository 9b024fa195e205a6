// SPDX-License-Identifier: Apache-2.0

package probe

import "regexp"

// An Exchange is one turn of a conversation with a target. Its parts are done
// in the order of its fields.
type Exchange struct {
	// Expect must match a line that the target says; lines before that one are
	// passed over. In a WebSocket it must match the next message.
	Expect *regexp.Regexp

	// ExpectBytes must be the next bytes that the target says; empty: nothing is
	// expected. It stands beside no Expect.
	ExpectBytes []byte

	// Labels are kept for [ConversationFacts]. Their values may hold what Expect
	// has matched, as ${1} or ${name}.
	Labels []ExchangeLabel

	// Send is what the target is told, followed by a line feed; in a WebSocket it
	// is a message without one. It may hold what Expect has matched, as ${1} or
	// ${name}. Empty: nothing is said.
	Send string

	// StartTLS makes the connection one of TLS then. WebSockets can't.
	StartTLS bool
}

// An ExchangeLabel is a name and its value.
type ExchangeLabel struct{ Name, Value string }

// ConversationFacts are what was seen in a conversation.
type ConversationFacts struct {
	Labels       []ExchangeLabel // of the exchanges that matched, a name once; values of at most 200 bytes
	FailedRegexp bool            // an Expect matched nothing that the target said before it hung up
	FailedBytes  bool            // the target said other bytes than ExpectBytes
}
