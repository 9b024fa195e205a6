// SPDX-License-Identifier: Apache-2.0

// Package channel sends notifications to people, a file for each kind of channel.
// It sends once and says what came of it: keeping, ordering and repeating are left
// to those who call it.
package channel

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/pharos-status/pharos/bridge/webhook"
	"github.com/pharos-status/pharos/bridge/words"
	"github.com/pharos-status/pharos/internal/configfile"
)

// A Channel reaches some people in one way. Its methods are safe for concurrent
// use; Send is called for one message to a recipient at a time.
type Channel interface {
	// Recipients returns who is told, in the order of the configuration, without
	// doubles: phone numbers, rooms, addresses. They are shown to operators, and
	// hold no secret. A channel with a single recipient that has no name returns
	// its kind.
	Recipients() []string
	// Send tells one recipient, and returns nil once the service has acknowledged
	// it. Any other error than an [*Error] is one that may pass. Nothing of it is secret.
	Send(ctx context.Context, recipient string, m Message) error
	// Keyed tells whether the service itself suppresses a message that it gets
	// again with the same [Message.Key].
	Keyed() bool
	// Close ends what a channel keeps open between messages. Send is not called
	// after it.
	Close() error
}

// A Message is a notification on its way to one recipient.
type Message struct {
	*webhook.Notification

	// Key is the same at every attempt to tell this recipient of this notification,
	// and differs from any other: 32 hexadecimal digits.
	Key string
	// Accepted is when the notification was accepted; zero: just now.
	Accepted time.Time
	// Note is a sentence about the message, to be put after its text: that it comes
	// late, for example. It may be empty.
	Note string
	// Over tells that newer word of the same group was accepted after this message, so
	// that it should wake nobody.
	Over bool
}

// Noted returns the text of the message with its note, if it has one and the text
// does not say it already.
func (m Message) Noted(text string) string {
	if m.Note == "" || strings.Contains(text, m.Note) {
		return text
	}
	return text + "\n" + m.Note
}

// What Send returns of messages that it does not send.
var (
	// ErrSkipped is returned of a message that is not for this recipient.
	ErrSkipped = errors.New("not meant for this recipient")
	// ErrOvertaken is returned of a message that newer word has made pointless, where
	// it could not help waking somebody.
	ErrOvertaken = errors.New("overtaken by newer word of the same group")
)

// An Error tells what to do about a message that was not acknowledged.
type Error struct {
	Err     error
	Refused bool          // for good: it would be refused again
	After   time.Duration // the channel asks not to be called before; 0: it did not say
	Unsure  bool          // the service may have taken the message nevertheless
	Odd     bool          // the service answered, but not as it does; after three attempts it is refused
}

// Error implements error.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// refuse returns an error of what would be refused again.
func refuse(format string, args ...any) *Error {
	return &Error{Err: fmt.Errorf(format, args...), Refused: true}
}

// Settings are those of one kind of channel, as bridge.yml has them.
type Settings interface {
	// Check tells what is wrong with the settings, which stand in f at p, and
	// completes them: it fills in what is not set and reads secret files. Templates
	// are tried with w.
	Check(f *configfile.File, p configfile.Path, w *words.Words) configfile.Errors
	// Open makes the channel of settings that were checked. It uses no network.
	Open(o Options) (Channel, error)
}

// Options are what channels get besides their settings.
type Options struct {
	Name   string       // of the channel
	Words  *words.Words // required
	Logger *slog.Logger // required
}

// An Urgency is how much a message should disturb.
type Urgency int

// The urgencies.
const (
	Quiet  Urgency = iota // it is over, or only informs
	Normal                // to be seen soon
	Urgent                // to wake somebody
)

// UrgencyFor returns how urgent the message is to the recipient at a place of the
// list, from 0. With escalate, a reminder is urgent to as many from the top of the
// list as its number says, and normal to the others.
func (m Message) UrgencyFor(place int, escalate bool) Urgency {
	switch {
	case m.Over || !m.Firing():
		return Quiet
	case m.Kind() == webhook.Reminder && escalate && place >= m.Number():
		return Normal
	case m.Kind() == webhook.Reminder:
		return Urgent
	}
	switch m.Severity() {
	case "critical":
		return Urgent
	case "warning":
		return Normal
	}
	return Quiet
}
