// SPDX-License-Identifier: Apache-2.0

package state

import (
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

// A Message is a report, or a flush, among several that come together.
type Message struct {
	ID     status.ID
	Report Report
	Flush  bool // instead of the report
}

// Take does what Report and Flush do, in order, for messages that come together,
// and returns their errors in the same order. They share one write to the disk.
func (s *Store) Take(messages []Message) []error {
	t := taking{Store: s, now: time.Now(), errs: make([]error, len(messages))}
	for i, m := range messages {
		if !m.Flush {
			t.errs[i] = m.Report.check(m.ID)
		}
	}
	s.mu.Lock()
	for i, m := range messages {
		if t.errs[i] == nil {
			t.errs[i] = t.takeLocked(i, m)
		}
	}
	s.mu.Unlock()
	if t.urgent == nil {
		return t.errs
	}
	if err := s.write(t.generation); err != nil {
		for _, i := range t.urgent {
			t.errs[i] = err
		}
		s.mu.Lock()
		for _, e := range t.flushed {
			s.putBackLocked(e, t.now)
		}
		s.mu.Unlock()
	}
	return t.errs
}

// A taking is one call of Take.
type taking struct {
	*Store
	now        time.Time
	errs       []error
	urgent     []int // the messages that must be on disk before they are acknowledged
	generation uint64
	flushed    []*entry
}

func (t *taking) takeLocked(i int, m Message) error {
	if m.Flush {
		e, err := t.flushedLocked(m.ID)
		if err != nil {
			return err
		}
		t.removeLocked(e, t.now)
		t.flushed = append(t.flushed, e)
		t.urgent, t.generation = append(t.urgent, i), t.Store.generation
		return nil
	}
	generation, urgent, err := t.reportLocked(m.ID, m.Report, t.now)
	if urgent {
		t.urgent, t.generation = append(t.urgent, i), generation
	}
	return err
}
