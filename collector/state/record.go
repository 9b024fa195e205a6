// SPDX-License-Identifier: Apache-2.0

package state

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// Bounds on what is kept of a probe.
const (
	maxDetailBytes = 1 << 10 // of its words
	maxFigures     = 64      // of performance data, and of steps
)

// Record keeps the result of a probe and what was made of it. A replica that is
// not configured (any more) is ignored. It never waits for the disk.
func (s *Store) Record(id status.ID, v probe.Verdict, r probe.Result) {
	log := MakeLog(r.Events)
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.findLocked(id)
	if e == nil || e.probed == nil {
		return
	}
	delay := e.probed.repeats()
	if v.Status != e.savedStatus {
		delay = writeNow
	}
	if v.Detail != e.verdict.Detail {
		v.Detail = clip(v.Detail)
	} else {
		v.Detail = e.verdict.Detail
	}
	e.heard, e.verdict, e.log = v.Status, v, log
	e.at, e.took, e.notAfter = r.At, r.Took, 0
	if !r.NotAfter.IsZero() {
		e.notAfter = r.NotAfter.Unix()
	}
	e.figures = e.figures.with(r.Perfdata, r.Steps)
	s.heardLocked(e, now, delay)
}

// Expect tells that the next probe of a replica waits for others, and that its
// result comes within a time unless the probes have stopped. The last one holds
// until then, if it still does.
func (s *Store) Expect(id status.ID, within time.Duration) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.findLocked(id)
	if e == nil || e.probed == nil || e.expires.IsZero() || e.overdue(now) {
		return
	}
	if until := now.Add(within + slack); until.After(e.expires) {
		e.expires = until
	}
}

// figures are what a script printed besides.
type figures struct {
	perfdata []probe.Perfdatum
	steps    []probe.Step
}

// with returns figures with the new values: nil if there are none. The texts are
// copied, unless they are those of the last time, so that they don't keep all
// that the script printed in memory.
func (f *figures) with(perfdata []probe.Perfdatum, steps []probe.Step) *figures {
	if len(perfdata)+len(steps) == 0 {
		return nil
	}
	if f == nil {
		f = &figures{}
	}
	next := &figures{
		perfdata: make([]probe.Perfdatum, min(len(perfdata), maxFigures)),
		steps:    make([]probe.Step, min(len(steps), maxFigures)),
	}
	for i, p := range perfdata[:len(next.perfdata)] {
		if i < len(f.perfdata) && f.perfdata[i].Label == p.Label && f.perfdata[i].Unit == p.Unit {
			next.perfdata[i] = probe.Perfdatum{Label: f.perfdata[i].Label, Unit: f.perfdata[i].Unit, Value: p.Value}
		} else {
			next.perfdata[i] = probe.Perfdatum{Label: own(p.Label), Unit: own(p.Unit), Value: p.Value}
		}
	}
	for i, step := range steps[:len(next.steps)] {
		if i < len(f.steps) && f.steps[i].Name == step.Name {
			next.steps[i] = probe.Step{Name: f.steps[i].Name, Took: step.Took}
		} else {
			next.steps[i] = probe.Step{Name: own(step.Name), Took: step.Took}
		}
	}
	return next
}

// own returns a copy of a text that becomes a label value.
func own(text string) string { return strings.Clone(status.Shorten(text)) }

// clip returns a copy of a text of a probe, bounded.
func clip(text string) string { return strings.Clone(clipTo(text, maxDetailBytes)) }

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
