// SPDX-License-Identifier: Apache-2.0

package view

import (
	"html/template"
	"strings"
	"time"
)

// Times are written in UTC; the script puts them in the visitor's zone and keeps
// UTC to hand. Those marked as "ago" it tells as the time that has passed.

// Time returns a time to the minute as an element.
func (d *document) Time(t time.Time) template.HTML {
	if t.IsZero() {
		return ""
	}
	return template.HTML(timeElement(t, "", d.w.Time(t))) //nolint:gosec // a time holds nothing to escape
}

// Ago returns a time to the second as an element.
func (d *document) Ago(t time.Time) template.HTML {
	return template.HTML(d.ago(t)) //nolint:gosec // likewise
}

func (d *document) ago(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.UTC().Truncate(time.Second)
	text, known := d.times[t]
	if !known {
		text = timeElement(t, " data-ago", d.w.Seconds(t))
		d.times[t] = text
	}
	return text
}

// date names a day.
func (d *document) date(t time.Time) string {
	text, known := d.dates[t]
	if !known {
		text = d.w.Date(t)
		d.dates[t] = text
	}
	return text
}

// day returns a day as an element. It is one of UTC in every zone.
func (d *document) day(t time.Time) string {
	return "<time datetime=\"" + t.UTC().Format(time.DateOnly) + "\">" + d.date(t) + "</time>"
}

// Range returns a span of time.
func (d *document) Range(from, to time.Time) template.HTML {
	end := d.w.Time(to)
	if from, to := from.UTC(), to.UTC(); from.Format(time.DateOnly) == to.Format(time.DateOnly) {
		end = to.Format("15:04 UTC")
		text := strings.TrimSuffix(d.w.Time(from), " UTC")
		return template.HTML(timeElement(from, " data-from", text) + " – " + timeElement(to, " data-to", end)) //nolint:gosec // likewise
	}
	return template.HTML(timeElement(from, "", d.w.Time(from)) + " – " + timeElement(to, "", end)) //nolint:gosec // likewise
}

func timeElement(t time.Time, mark, text string) string {
	return `<time datetime="` + t.UTC().Format(time.RFC3339) + `"` + mark + `>` + text + `</time>`
}
