// SPDX-License-Identifier: Apache-2.0

package view

import (
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// The bars of the days are one picture of shownDays columns. A day is as high as
// the picture; what was not healthy lies on its green from the top, each state with
// its own share of the height, width and texture, so that it can be told without
// color. Days of which nothing is known are stubs.
const (
	shownDays = 90
	barHeight = 32
	barStep   = 4 // from one bar to the next
	barWidth  = 3
	leastPart = 6  // the height of a state that a day had at all
	stub      = 29 // where a day without data begins
)

// stack is the order of the states within a bar, from its top.
var stack = [...]int{int(status.Dead), int(status.Sick), int(status.Unknown), statuspage.InMaintenance} //nolint:gochecknoglobals // constant

// lastDays returns up to n of the days, and how many are missing to n.
func lastDays(days []statuspage.Day, n int) (known []statuspage.Day, missing int) {
	if len(days) >= n {
		return days[len(days)-n:], 0
	}
	return days, n - len(days)
}

// bars appends the picture of up to n days; label says in words what is on it.
func (m *markup) bars(days []statuspage.Day, n int, label string) {
	known, missing := lastDays(days, n)
	m.raw(`<svg class="days" viewBox="0 0 `)
	m.int(n*barStep - 1)
	m.raw(` 32" preserveAspectRatio="none" role="img" aria-label="`)
	m.text(label)
	m.raw(`">`)
	m.runs("none", known, missing, func(d *statuspage.Day) bool { return d.Minutes.Observed() == 0 })
	m.runs("healthy", known, missing, func(d *statuspage.Day) bool { return d.Minutes[status.Healthy] > 0 })
	for _, state := range stack {
		m.parts(known, missing, state)
	}
	m.raw(`</svg>`)
}

// runs appends the whole bars of the days that are so: a line for each run of them,
// which the style sheet breaks into bars.
func (m *markup) runs(class string, days []statuspage.Day, missing int, is func(*statuspage.Day) bool) {
	total, y := missing+len(days), barHeight/2
	if class == "none" {
		y = (stub + barHeight) / 2
	}
	open := false
	for i := 0; i < total; {
		so := func(i int) bool { return i < missing && class == "none" || i >= missing && is(&days[i-missing]) }
		if !so(i) {
			i++
			continue
		}
		from := i
		for i < total && so(i) {
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
		m.int((i-from)*barStep - 1)
	}
	if open {
		m.raw(`"/>`)
	}
}

// parts appends what the days have of one state that is not healthy.
func (m *markup) parts(days []statuspage.Day, missing, state int) {
	open := false
	for i := range days {
		if days[i].Minutes[state] == 0 {
			continue
		}
		if !open {
			m.raw(`<path class="`, stateClass(state), `" d="`)
			open = true
		}
		top, height := part(days[i].Minutes, state)
		m.raw("M")
		m.int((missing + i) * barStep)
		m.raw(" ")
		m.int(top)
		m.raw("h3v")
		m.int(height)
		m.raw("h-3z")
	}
	if open {
		m.raw(`"/>`)
	}
}

// part returns where in its bar a state lies: each part has its share, but is high
// enough to be seen; what is healthy gives way.
func part(minutes statuspage.Minutes, state int) (top, height int) {
	observed := minutes.Observed()
	if int(minutes[state]) == observed {
		return 0, barHeight
	}
	for _, s := range stack {
		height = 0
		if minutes[s] > 0 {
			height = max(leastPart, int(minutes[s])*barHeight/observed)
		}
		if s == state {
			break
		}
		top += height
	}
	if top+height > barHeight {
		height = max(1, barHeight-top)
	}
	return top, height
}

// overlooked is how many minutes of a day may be without data before it is told.
const overlooked = 60

// differs tells whether there is more to say of a day than that it was healthy.
func differs(d *statuspage.Day, finished bool) bool {
	observed := d.Minutes.Observed()
	return observed > 0 && (d.Corrected || int(d.Minutes[status.Healthy]) < observed || finished && observed < 24*60-overlooked)
}

// trouble returns how many of the days were not healthy throughout.
func trouble(days []statuspage.Day) (n int) {
	for i := range days {
		if m := &days[i].Minutes; m[status.Dead] > 0 || m[status.Sick] > 0 {
			n++
		}
	}
	return n
}

// daysLabel says in words what the bars show.
func (d *document) daysLabel(days []statuspage.Day) string {
	known, _ := lastDays(days, shownDays)
	if len(known) == 0 {
		return d.T("days.none")
	}
	if n := trouble(known); n > 0 {
		return d.w.Plural("days.trouble", n)
	}
	return d.T("days.well")
}

// dayTable appends a table of the days that differ, of which last is the last. The
// script of the page takes its tooltips from it.
func (d *document) dayTable(m *markup, days []statuspage.Day, last time.Time) {
	some := false
	for i := len(days) - 1; i >= 0; i-- {
		date := last.AddDate(0, 0, i-len(days)+1)
		if !differs(&days[i], date.Before(d.p.Today)) {
			continue
		}
		if !some {
			m.raw(`<table class="table"><caption>`)
			m.text(d.T("days.table"))
			m.raw(`</caption><tbody>`)
			some = true
		}
		m.raw(`<tr><th scope="row">`, d.day(date), `</th><td>`)
		m.text(d.dayWords(&days[i], date.Before(d.p.Today)))
		m.raw("</td></tr>\n")
	}
	if some {
		m.raw(`</tbody></table>`)
	}
}

// dayWords says how much of a day was not healthy.
func (d *document) dayWords(day *statuspage.Day, finished bool) string {
	var text []byte
	add := func(s string) {
		if len(text) > 0 {
			text = append(text, ", "...)
		}
		text = append(text, s...)
	}
	minutes := func(n int) string { return d.w.Duration(time.Duration(n) * time.Minute) }
	for _, state := range stack {
		if n := day.Minutes[state]; n > 0 {
			add(d.T("days.spent", d.w.State(state), minutes(int(n))))
		}
	}
	if len(text) == 0 {
		add(d.w.Status(status.Healthy))
	}
	if missing := 24*60 - day.Minutes.Observed(); finished && missing >= overlooked {
		add(d.T("days.spent", d.T("days.unobserved"), minutes(missing)))
	}
	if day.Corrected {
		add(d.T("days.corrected"))
	}
	return string(text)
}
