// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"
)

// maxNotes is how many notes a memory has.
const maxNotes = 1 << 16

// A memory has notes of what happened a moment ago. The file has them, too.
type memory struct {
	bucket string
	keep   time.Duration
	size   int // of the values, in bytes
	notes  map[noteKey]note
	queue  []noteRecord         // about the oldest first; a note that was replaced is still in it
	differ map[noteKey]struct{} // what differs from the file
}

// A noteKey says what a note is about: it is the hash of that, which may be long.
type noteKey [sha256.Size]byte

// A note is a value, and when it was noted.
type note struct {
	at    int64
	value string
}

// A noteRecord is a note as it is in the file and in the queue.
type noteRecord struct {
	key noteKey
	note
}

func newMemory(bucket string, keep time.Duration, size int) *memory {
	return &memory{bucket: bucket, keep: keep, size: size, notes: map[noteKey]note{}, differ: map[noteKey]struct{}{}}
}

func keyOf(about ...string) noteKey { return sha256.Sum256(fmt.Appendf(nil, "%q", about)) }

// find returns the value of a note that is remembered still, "" if there is none. The
// clock may have been set since it was made.
func (m *memory) find(key noteKey, now int64) string {
	return m.recent(key, now, m.keep)
}

// recent is find for what was noted a shorter while ago.
func (m *memory) recent(key noteKey, now int64, within time.Duration) string {
	if n := m.notes[key]; near(n.at, now, within) {
		return n.value
	}
	return ""
}

func near(a, b int64, within time.Duration) bool { return max(a, b)-min(a, b) < int64(within) }

// put makes a note. What it returns takes back the last note that was made.
func (m *memory) put(key noteKey, n note) (undo func()) {
	before, had := m.notes[key]
	m.notes[key] = n
	m.queue = append(m.queue, noteRecord{key, n})
	m.differ[key] = struct{}{}
	return func() {
		m.queue = m.queue[:len(m.queue)-1]
		if delete(m.notes, key); had {
			m.notes[key] = before
		}
	}
}

// forget drops what is remembered no more, or one time too many. The file is told with
// the next write. Nothing can be taken back that was put before. A time of 0 is not known.
func (m *memory) forget(now int64) {
	for now != 0 && len(m.queue) > 0 && (len(m.queue) > maxNotes || !near(m.queue[0].at, now, m.keep)) {
		r := m.queue[0]
		m.queue = m.queue[1:]
		if m.notes[r.key] == r.note {
			delete(m.notes, r.key)
			m.differ[r.key] = struct{}{}
		}
	}
}

// writes returns how the file is told of some keys.
func (m *memory) writes(keys map[noteKey]struct{}) []write {
	var all []write
	for key := range keys {
		var value []byte
		if n, there := m.notes[key]; there {
			value = append(binary.BigEndian.AppendUint64(nil, uint64(n.at)), n.value...)
		}
		all = append(all, write{m.bucket, key[:], value})
	}
	return all
}

// decode returns the note that the file has.
func (m *memory) decode(key, value []byte) (noteRecord, error) {
	var r noteRecord
	if len(key) != len(r.key) || len(value) != 8+m.size {
		return r, fmt.Errorf("note %q in %s", key, m.bucket)
	}
	copy(r.key[:], key)
	r.at, r.value = int64(binary.BigEndian.Uint64(value)), string(value[8:])
	return r, nil
}
