// SPDX-License-Identifier: Apache-2.0

package view

import (
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// The bars of the days are one picture of shownDays columns. A day is as high as
// the picture; what was not healthy lies above its green, each state with its own
// share of the height, width and texture, so that it can be told without color.
// Days of which nothing is known are stubs.
const (
	shownDays = 90
	barHeight = 32
	barStep   = 4 // from one bar to the next
	leastPart = 6 // the height of a state that a day had at all
)

// stack is the order of the states within a bar, from its top.
var stack = [...]int{int(status.Dead), int(status.Sick), int(status.Unknown), statuspage.InMaintenance} //nolint:gochecknoglobals // constant

// A span is some days in a row.
type span struct {
	days    []statuspage.Day
	first   time.Time // the day of the first one
	columns int       // how many days there is room for
	before  int       // the columns before the first day, of which nothing is known
	notes   []note    // on the days that differ, oldest first
	trouble int       // how many of the days were sick or dead for a while
	unknown int       // how many of the others were unknown for a while
}

// A note is what there is to say of a day.
type note struct {
	index int // among the days
	words string
}

// recent returns the last days, as many as the page shows.
func (d *document) recent(all []statuspage.Day) *span {
	days := all[max(0, len(all)-shownDays):]
	return d.span(days, d.p.Today.AddDate(0, 0, 1-len(days)), shownDays-len(days), shownDays)
}

func (d *document) span(days []statuspage.Day, first time.Time, before, columns int) *span {
	s := &span{days: days, first: first, before: before, columns: columns}
	for i := range days {
		day := &days[i]
		if m := &day.Minutes; m[status.Dead] > 0 || m[status.Sick] > 0 {
			s.trouble++
		} else if m[status.Unknown] > 0 {
			s.unknown++
		}
		if finished := s.date(i).Before(d.p.Today); differs(day, finished) {
			s.notes = append(s.notes, note{i, d.dayWords(day, finished)})
		}
	}
	return s
}

func (s *span) date(i int) time.Time { return s.first.AddDate(0, 0, i) }

// label says in words what the bars show.
func (d *document) daysLabel(s *span) string {
	switch {
	case len(s.days) == 0:
		return d.T("days.none")
	case s.trouble > 0:
		return d.w.Plural("days.trouble", s.trouble)
	}
	if s.unknown > 0 {
		return d.w.Plural("days.unknown", s.unknown)
	}
	return d.T("days.well")
}

// bars appends the picture of the days.
func (d *document) bars(m *markup, s *span) {
	m.raw(`<svg class="days" viewBox="0 0 `)
	m.int(s.columns*barStep - 1)
	m.raw(` 32" preserveAspectRatio="none" role="img" aria-label="`)
	m.text(d.daysLabel(s))
	m.raw(`">`)
	m.runs("none", 30, s.before+len(s.days), func(i int) bool { return i < s.before || s.days[i-s.before].Minutes.Observed() == 0 })
	m.runs("run", barHeight/2, s.before+len(s.days), func(i int) bool { return i >= s.before && whole(&s.days[i-s.before]) })
	for _, n := range s.notes {
		if day := &s.days[n.index]; !whole(day) {
			m.raw(`<g><title>`)
			m.text(d.date(s.date(n.index)))
			m.raw(`: `)
			m.text(n.words)
			m.raw(`</title>`)
			m.day(&day.Minutes, (s.before+n.index)*barStep)
			m.raw(`</g>`)
		}
	}
	m.raw(`</svg>`)
}

// whole tells whether a day was healthy as far as it was observed.
func whole(d *statuspage.Day) bool {
	n := int(d.Minutes[status.Healthy])
	return n > 0 && n == d.Minutes.Observed()
}

// runs appends the bars of all days that are so: a line for each run of them, which
// the style sheet breaks into bars.
func (m *markup) runs(class string, y, columns int, is func(int) bool) {
	open := false
	for i := 0; i < columns; i++ {
		if !is(i) {
			continue
		}
		from := i
		for i+1 < columns && is(i+1) {
			i++
		}
		if !open {
			m.raw(`<path class="`, class, `" d="`)
			open = true
		}
		m.raw("M")
		m.int(from * barStep)
		m.raw(" ")
		m.int(y)
		m.raw("h")
		m.int((i-from+1)*barStep - 1)
	}
	if open {
		m.raw(`"/>`)
	}
}

// day appends the bar of a day that was not whole. A state that it had at all is
// high enough to be seen: the others give way.
func (m *markup) day(minutes *statuspage.Minutes, x int) {
	observed, left, top := minutes.Observed(), barHeight, 0
	last := -1
	for _, state := range stack {
		if minutes[state] > 0 {
			last = state
		}
	}
	for _, state := range stack {
		if minutes[state] == 0 {
			continue
		}
		height := max(leastPart, int(minutes[state])*barHeight/observed)
		if state == last && minutes[status.Healthy] == 0 {
			height = left
		}
		height = min(height, left)
		m.part(state, x, top, height)
		top, left = top+height, left-height
	}
	if minutes[status.Healthy] > 0 && left > 0 {
		m.part(int(status.Healthy), x, top, left)
	}
}

// part appends a state's part of a bar, with a gap below unless it is the lowest.
func (m *markup) part(state, x, top, height int) {
	if top+height < barHeight {
		height--
	}
	m.raw(`<path class="`, stateClass(state), `" d="M`)
	m.int(x)
	width := "3"
	switch state {
	case int(status.Sick):
		m.raw(".5")
		width = "2"
	case int(status.Unknown):
		m.raw(".9")
		width = "1.2"
	}
	m.raw(" ")
	m.int(top)
	m.raw("h", width, "v")
	m.int(height)
	m.raw("h-", width, `z"/>`)
}

// overlooked is how many minutes of a day may be without data before it is told.
const overlooked = 60

// differs tells whether there is more to say of a day than that it was healthy.
func differs(d *statuspage.Day, finished bool) bool {
	observed := d.Minutes.Observed()
	return observed > 0 && (d.Corrected || int(d.Minutes[status.Healthy]) < observed || finished && observed < 24*60-overlooked)
}

// dayTable appends a table of the days that differ, newest first, if there are any.
// The script of the page takes its tooltips from it.
func (d *document) dayTable(m *markup, s *span) {
	if len(s.notes) == 0 {
		return
	}
	m.raw(`<table class="table"><caption>`)
	m.text(d.T("days.table"))
	m.raw(`</caption><tbody>`)
	for i := len(s.notes) - 1; i >= 0; i-- {
		n := &s.notes[i]
		m.raw(`<tr><th scope="row">`, d.day(s.date(n.index)), `</th><td>`)
		m.text(n.words)
		m.raw("</td></tr>\n")
	}
	m.raw(`</tbody></table>`)
}

// dayWords says how much of a day was not healthy.
func (d *document) dayWords(day *statuspage.Day, finished bool) string {
	var text string
	add := func(s string) {
		if text != "" {
			text += ", "
		}
		text += s
	}
	for _, state := range stack {
		if n := int(day.Minutes[state]); n > 0 {
			add(d.spentOn(state, n))
		}
	}
	if text == "" {
		add(d.w.Status(status.Healthy))
	}
	if missing := 24*60 - day.Minutes.Observed(); finished && missing >= overlooked {
		add(d.spentOn(unobserved, missing))
	}
	if day.Corrected {
		add(d.T("days.corrected"))
	}
	return text
}

// unobserved stands for no state in the words on days.
const unobserved = -1

// spentOn says how long something was in a state.
func (d *document) spentOn(state, minutes int) string {
	key := [...]int{state, minutes}
	text, known := d.spent[key]
	if !known {
		name := d.T("days.unobserved")
		if state != unobserved {
			name = d.w.State(state)
		}
		text = d.T("days.spent", name, d.w.Duration(time.Duration(minutes)*time.Minute))
		d.spent[key] = text
	}
	return text
}
