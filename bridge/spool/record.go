// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pharos-status/pharos/bridge/webhook"
)

// Times are in nanoseconds since 1970, in the file and in the index: they are small,
// and what an entry tells is the same before and after a restart.

// moment returns the time of such a number.
func moment(nanoseconds int64) time.Time { return time.Unix(0, nanoseconds).UTC() }

// maxID is so far away that a larger one is damage.
const maxID = 1 << 62

// A submissionRecord is what the file has of a submission, besides its payload.
type submissionRecord struct {
	id   uint64
	size int64 // of the payload

	Channel   string   `json:"channel"`
	Digest    []byte   `json:"digest"`
	Accepted  int64    `json:"accepted"`
	Group     string   `json:"group,omitempty"`
	Topics    []string `json:"topics,omitempty"`
	Outages   []string `json:"outages,omitempty"`   // those that are not void
	Newer     bool     `json:"newer,omitempty"`     // newer word of the group was accepted
	Pointless bool     `json:"pointless,omitempty"` // overtaken: its dead letters are not to be sent again
}

// An entryRecord is what the file has of an entry.
type entryRecord struct {
	id uint64

	Submission uint64 `json:"submission"`
	Recipient  string `json:"recipient"`
	Since      int64  `json:"since"`
	Attempts   int    `json:"attempts,omitempty"`
	Unsure     bool   `json:"unsure,omitempty"`
	Void       bool   `json:"void,omitempty"`
	Death      *death `json:"death,omitempty"` // of dead letters
}

// A death is how an entry became a dead letter.
type death struct {
	At      int64  `json:"at"`
	Outcome string `json:"outcome"`
	Reason  string `json:"reason,omitempty"`
}

func encodeID(id uint64) []byte { return binary.BigEndian.AppendUint64(nil, id) }

func decodeID(key []byte) (uint64, error) {
	if len(key) != 8 {
		return 0, fmt.Errorf("key %q", key)
	}
	id := binary.BigEndian.Uint64(key)
	if id > maxID {
		return 0, fmt.Errorf("key %q", key)
	}
	return id, nil
}

func decodeSubmission(key, value, payload []byte) (submissionRecord, error) {
	r := submissionRecord{size: int64(len(payload))}
	var err error
	if r.id, err = decodeID(key); err != nil {
		return r, err
	}
	switch err := json.Unmarshal(value, &r); {
	case err != nil:
		return r, fmt.Errorf("submission %d: %w", r.id, err)
	case len(r.Digest) != len(webhook.Digest{}):
		return r, fmt.Errorf("submission %d: digest of %d bytes", r.id, len(r.Digest))
	case payload == nil:
		return r, fmt.Errorf("submission %d: no payload", r.id)
	}
	return r, nil
}

func decodeEntry(key, value []byte) (entryRecord, error) {
	var r entryRecord
	var err error
	if r.id, err = decodeID(key); err != nil {
		return r, err
	}
	switch err := json.Unmarshal(value, &r); {
	case err != nil:
		return r, fmt.Errorf("entry %d: %w", r.id, err)
	case r.Attempts < 0:
		return r, fmt.Errorf("entry %d: attempts %d", r.id, r.Attempts)
	}
	return r, nil
}

func (n *submission) encode() []byte {
	r := n.submissionRecord
	r.Newer = r.Newer || n.newing
	value, _ := json.Marshal(r) // it has numbers and strings only
	return value
}

// record returns what the file is to have of an entry.
func (e *entry) record() entryRecord {
	return entryRecord{
		id: e.id, Submission: e.of.id, Recipient: e.lane.Recipient,
		Since: e.since, Attempts: e.attempts, Unsure: e.unsure || e.begun, Void: e.void || e.voiding && e.death == nil, Death: e.death,
	}
}

// entry returns the entry of a record, which is of a submission.
func (r entryRecord) entry(of *submission) *entry {
	return &entry{
		id: r.id, of: of, lane: Lane{of.Channel, r.Recipient},
		since: r.Since, attempts: r.Attempts, unsure: r.Unsure, void: r.Void, death: r.Death,
	}
}
