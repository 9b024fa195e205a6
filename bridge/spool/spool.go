// SPDX-License-Identifier: Apache-2.0

// Package spool keeps notifications on disk from when they are accepted until it is
// told what became of them: in order for each recipient, once each, and not longer
// than they mean something. It knows no channel and sends nothing.
package spool

import (
	"errors"
	"time"

	"github.com/pharos-status/pharos/bridge/webhook"
)

// A Lane is a recipient of a channel, both valid UTF-8. What waits in a lane leaves
// it in the order in which it was accepted.
type Lane struct {
	Channel, Recipient string
}

// A Submission is a notification to be kept for the recipients of a channel.
type Submission struct {
	Channel    string
	Recipients []string
	Digest     webhook.Digest // what was accepted for the channel a moment ago is a duplicate
	Payload    []byte         // what is delivered; not to be changed any more
	Accepted   time.Time
	Repeats    bool   // it says the same again on purpose: it is a duplicate for a shorter time
	Group      string // newer word of the same group makes older word calmer: see Spool.Newer

	// Topics are what a reminder or a repetition is about, empty of anything else:
	// once one of them is void, it is overtaken if it still waits. It is, too, once
	// all of its Outages are void, if it has any.
	Topics, Outages []string
	// Voids are topics and outages that this submission makes void on its own channel,
	// and VoidsAll those on every channel.
	Voids, VoidsAll []string
	// Began is when the last of the Outages began; zero if that is not known. Ended is
	// when the first of VoidsAll ended; zero is when this was accepted. A submission of
	// which all Outages began before their end is overtaken when it is accepted.
	Began, Ended time.Time
}

// Accepted is what became of a submission.
type Accepted struct {
	Duplicate bool   // the same was accepted for the channel a moment ago; nothing was done
	Overtaken []Lane // a lane for each entry that was removed, since it means nothing any more
}

// An Entry is a submission as it waits in one lane.
type Entry struct {
	ID       uint64
	Lane     Lane
	Key      string // 32 hexadecimal digits: the same for as long as the entry exists, a dead letter that is sent again included
	Payload  []byte
	Accepted time.Time
	Since    time.Time // when it began to wait: when it was accepted, or revived
	Attempts int       // that were begun, the one for which it was taken included
	Unsure   bool      // an attempt before that one, whichever, may have reached the recipient: its outcome is not known
}

// A DeadLetter is an entry that was given up. See [Spool.Payload] for what it says.
type DeadLetter struct {
	ID       uint64
	Lane     Lane
	Key      string
	Accepted time.Time
	Attempts int
	Died     time.Time
	Outcome  string // schema.OutcomeRefused or schema.OutcomeExpired
	Reason   string // the last error
}

// A Figure is how it stands with a channel.
type Figure struct {
	Waiting     int       // those being sent included
	Oldest      time.Time // since when the first of a lane waits, the longest of them; zero if none waits
	DeadLetters int
	Bytes       int64 // of the payloads of what waits and of the dead letters
}

// Errors that callers tell apart.
var (
	// ErrFull is in what is returned of a channel in which too much waits already.
	ErrFull = errors.New("too much waits already")
	// ErrGone is returned of an entry or dead letter that is not there.
	ErrGone = errors.New("no such entry")
	// ErrClosed is returned once the spool is closed.
	ErrClosed = errors.New("the spool is closed")
)
