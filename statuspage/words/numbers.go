// SPDX-License-Identifier: Apache-2.0

package words

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Date names a day in UTC: 3 November 2026.
func (w *Words) Date(t time.Time) string {
	t = t.UTC()
	return w.Text("date.long", strconv.Itoa(t.Day()), w.monthName(t.Month()), strconv.Itoa(t.Year()))
}

// Month names a month: November 2026.
func (w *Words) Month(t time.Time) string {
	t = t.UTC()
	return w.Text("date.month", w.monthName(t.Month()), strconv.Itoa(t.Year()))
}

// ShortDate names a day without its year: 3 Nov.
func (w *Words) ShortDate(t time.Time) string {
	t = t.UTC()
	return w.Text("date.short", strconv.Itoa(t.Day()), w.Text(fmt.Sprint("month.short.", int(t.Month()))))
}

// Time names a minute in UTC: 3 November 2026, 14:05 UTC.
func (w *Words) Time(t time.Time) string {
	return w.Text("date.time", w.Date(t), t.UTC().Format("15:04"))
}

// Seconds names a second in UTC: 3 November 2026, 14:05:59 UTC.
func (w *Words) Seconds(t time.Time) string {
	return w.Text("date.time", w.Date(t), t.UTC().Format("15:04:05"))
}

func (w *Words) monthName(m time.Month) string { return w.Text(fmt.Sprint("month.", int(m))) }

// Duration names a span of time in its two largest units, cut and not rounded: 2 hours 5 minutes.
func (w *Words) Duration(d time.Duration) string {
	units := []struct {
		key  string
		unit time.Duration
	}{{"days", 24 * time.Hour}, {"hours", time.Hour}, {"minutes", time.Minute}, {"seconds", time.Second}}
	for i, u := range units {
		if d < u.unit && i < len(units)-1 {
			continue
		}
		large := w.Plural("duration."+u.key, int(d/u.unit))
		if i < len(units)-2 { // seconds are of no use beside minutes
			next := units[i+1]
			if n := int(d % u.unit / next.unit); n > 0 {
				return w.Text("duration.join", large, w.Plural("duration."+next.key, n))
			}
		}
		return large
	}
	return ""
}

// Number writes a number with so many digits after the point.
func (w *Words) Number(v float64, digits int) string {
	return strings.Replace(strconv.FormatFloat(v, 'f', digits, 64), ".", w.Text("number.point"), 1)
}

// Percent writes a ratio from 0 to 1. It never says 100 % of what is less, nor 0 % of
// what is more than nothing; a whole number of percent has no digits after the point.
func (w *Words) Percent(ratio float64, digits int) string {
	scale := math.Pow10(digits)
	hundredths := ratio * 100 * scale
	rounded := math.Round(hundredths)
	switch {
	case rounded >= 100*scale && ratio < 1:
		rounded = 100*scale - 1
	case rounded <= 0 && ratio > 0:
		rounded = 1
	}
	if rounded == 100*scale || rounded == 0 {
		digits = 0
	}
	return w.Text("number.percent", w.Number(rounded/scale, digits))
}

// Latency writes a time that a request took: 32 ms, 1.4 s.
func (w *Words) Latency(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "<\u00a01\u00a0ms"
	case d < time.Second:
		return fmt.Sprintf("%d\u00a0ms", d.Milliseconds())
	}
	return w.Number(d.Seconds(), 1) + "\u00a0s"
}
