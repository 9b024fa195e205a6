// SPDX-License-Identifier: Apache-2.0

package state

import (
	"time"
	"unicode/utf8"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// maxDetailBytes bounds what is kept of a probe's words.
const maxDetailBytes = 1 << 10

// Record keeps the result of a probe and what was made of it. A replica that is
// not configured (any more) is ignored. It never waits for the disk.
func (s *Store) Record(id status.ID, v probe.Verdict, r probe.Result) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.replicas[id]
	if e == nil || e.node.Mode.reports() {
		return
	}
	delay := e.probed.repeats()
	if v.Status != e.savedStatus {
		delay = writeNow
	}
	e.since = now
	e.rec = record{
		Mode: e.node.Mode, At: r.At, Took: r.Took,
		Status: v.Status, Reason: v.Reason, Detail: clip(v.Detail),
	}
	s.heardLocked(e, now, delay)
}

// clip bounds a text of a probe.
func clip(text string) string { return clipTo(text, maxDetailBytes) }

// clipTo cuts a text that has more than limit bytes at a character.
func clipTo(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}
