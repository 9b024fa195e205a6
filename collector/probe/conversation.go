// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pharos-status/pharos/internal/status"
)

// Bounds on what a target may say.
const (
	maxLine = 64 << 10 // bytes of a line or of a message
	maxSaid = 1 << 20  // bytes of all that it says in one conversation

	maxPassedOver = 8 // lines that are in the log although they did not match
)

// An Exchange is one turn of a conversation with a target. Its parts are done
// in the order of its fields.
type Exchange struct {
	// Expect must match a line that the target says; lines before that one are
	// passed over. In a WebSocket it must match a message.
	Expect *regexp.Regexp

	// ExpectBytes must be the next bytes that the target says, in a WebSocket its
	// next message; empty: nothing is expected.
	ExpectBytes []byte

	// Labels are kept for [ConversationFacts]. Their values may hold what Expect
	// has matched, as ${1} or ${name}; without an Expect they are not kept.
	Labels []ExchangeLabel

	// Send is what the target is told, followed by a line feed; in a WebSocket it
	// is a message without one. It may hold what Expect has matched, as ${1} or
	// ${name}. Empty: nothing is said.
	Send string

	// StartTLS makes the connection one of TLS then. WebSockets pass it over.
	StartTLS bool
}

// An ExchangeLabel is a name and its value.
type ExchangeLabel struct{ Name, Value string }

// ConversationFacts are what was seen in a conversation.
type ConversationFacts struct {
	Labels       []ExchangeLabel // of the exchanges that matched, a name once; values of at most 200 bytes
	FailedRegexp bool            // an Expect matched nothing that the target said
	FailedBytes  bool            // the target said other bytes than ExpectBytes
}

// A speaker is the way to talk to a target. Its errors are [*Failure]s, besides
// the [io.EOF] of a target that has hung up.
type speaker interface {
	hear() ([]byte, error) // the next line or message, valid until the next call
	// hearBytes returns the next bytes, as many as want has, but stops at the
	// first that differs; or the next message.
	hearBytes(want []byte) ([]byte, error)
	say(text []byte) error
	startTLS() error
}

// What the log of a probe says of a conversation.
const (
	eventHeard   = "heard"
	eventMatched = "heard what was expected"
	eventSaid    = "said a line"
)

// A conversation is one that is under way.
type conversation struct {
	speaker
	trace      *Trace
	facts      *ConversationFacts
	last       []byte // the start of what was heard last
	passedOver int
}

// converse has the conversation, if there is one, and notes what it learns.
func converse(t *Trace, s speaker, turns []Exchange) error {
	if len(turns) == 0 {
		return nil
	}
	t.Conversation = &ConversationFacts{}
	c := conversation{speaker: s, trace: t, facts: t.Conversation}
	for i := range turns {
		if err := c.turn(&turns[i]); err != nil {
			return err
		}
	}
	return nil
}

func (c *conversation) turn(e *Exchange) error {
	text := []byte(e.Send)
	if e.Expect != nil {
		line, match, err := c.expect(e.Expect)
		if err != nil {
			return err
		}
		text = e.Expect.Expand(nil, text, line, match)
		c.label(e, line, match)
	}
	if len(e.ExpectBytes) > 0 {
		if err := c.expectBytes(e.ExpectBytes); err != nil {
			return err
		}
	}
	if len(text) > 0 {
		if err := c.say(text); err != nil {
			return err
		}
		c.trace.Event(eventSaid, strconv.Itoa(len(text))+" bytes") // not the text: it may be a password
	}
	if e.StartTLS {
		return c.startTLS()
	}
	return nil
}

// expect passes over what does not match, up to the bounds and the patience of
// the speaker.
func (c *conversation) expect(want *regexp.Regexp) (line []byte, match []int, err error) {
	for {
		line, err := c.hear()
		if err != nil {
			return nil, nil, c.unheard(want, err)
		}
		if match := want.FindSubmatchIndex(line); match != nil {
			c.trace.Event(eventMatched, printable(line))
			return line, match, nil
		}
		c.last = append(c.last[:0], clip(line)...)
		if c.passedOver++; c.passedOver <= maxPassedOver {
			c.trace.Event(eventHeard, printable(line))
		}
	}
}

// unheard says why nothing matched.
func (c *conversation) unheard(want *regexp.Regexp, err error) error {
	if errors.Is(err, io.EOF) {
		c.facts.FailedRegexp = true
		return Failf(status.Body, "the target hung up before a line matched %q; the last one was %q", want, c.last)
	}
	if failure, ok := errors.AsType[*Failure](err); ok && failure.Reason == status.Body {
		c.facts.FailedRegexp = true
	}
	if c.passedOver == 0 {
		return err
	}
	return rephrase(err, "no line matched %q; the last one was %q: %w", want, c.last, err)
}

func (c *conversation) expectBytes(want []byte) error {
	got, err := c.hearBytes(want)
	if errors.Is(err, io.EOF) {
		return Failf(status.Connect, "the target hung up before it had said the %d bytes that were expected", len(want))
	}
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		c.facts.FailedBytes = true
		return Failf(status.Body, "the target said %q, want %q", clip(got), clip(want))
	}
	c.trace.Event(eventMatched, strconv.Itoa(len(want))+" bytes")
	return nil
}

// label keeps the labels of an exchange. A name that comes again replaces the one before.
func (c *conversation) label(e *Exchange, line []byte, match []int) {
	for _, l := range e.Labels {
		value := printable(e.Expect.ExpandString(nil, l.Value, string(line), match))
		named := func(old ExchangeLabel) bool { return old.Name == l.Name }
		if at := slices.IndexFunc(c.facts.Labels, named); at >= 0 {
			c.facts.Labels[at].Value = value
		} else {
			c.facts.Labels = append(c.facts.Labels, ExchangeLabel{l.Name, value})
		}
	}
}

// printable makes a short text that is valid UTF-8 of what a target said.
func printable(text []byte) string {
	return status.Shorten(strings.ToValidUTF8(string(text), "\uFFFD"))
}

// clip returns as much of text as an error is to show.
func clip(text []byte) []byte { return text[:min(len(text), 100)] }

// rephrase says an error in other words, which make the same of the target.
func rephrase(err error, format string, args ...any) error {
	worded := fmt.Errorf(format, args...)
	if failure, ok := errors.AsType[*Failure](err); ok {
		return &Failure{failure.Status, failure.Reason, worded}
	}
	return worded
}
