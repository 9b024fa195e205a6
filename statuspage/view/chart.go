// SPDX-License-Identifier: Apache-2.0

package view

import (
	"html/template"
	"math"
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

// A chart is drawn on a field of 320 × 124: the values in the part that begins at
// (44, plotY), one point each plotStep.
const (
	plotY         = 8
	plotStep      = 3
	plotPoints    = 92
	plotWidth     = (plotPoints - 1) * plotStep
	plotHeight    = 96
	chartRows     = 12 // of its table
	unfoldedNodes = 4  // whose charts are seen at once
)

// What the template of a service shows of a latency.
type chart struct {
	Heading  string
	Summary  string
	Picture  template.HTML
	Rows     []chartRow
	NoTable  bool
	TableOf  string
	Captions [3]string // of the columns
}

type chartRow struct {
	Time        template.HTML
	Median, P95 string
}

// chartDays are the lengths of the windows.
var chartDays = [statuspage.Windows]int{1, 7, 30, 90} //nolint:gochecknoglobals // constant

// chart returns the course of a latency over a window, if anything is known of it.
func (d *document) chart(l *statuspage.Latency, window statuspage.Window, label string) (c chart, some bool) {
	median, p95 := thin(l.Median.Values, plotPoints), peaks(l.P95.Values, plotPoints)
	highest, typical := peak(median), mean(l.Median.Values)
	highest = max(highest, peak(p95))
	if highest == 0 || typical != typical {
		return c, false
	}
	span := d.w.Plural("duration.days", chartDays[window])
	if window == statuspage.LastDay {
		span = d.w.Plural("duration.hours", 24)
	}
	c.Heading = d.T("chart.heading", span)
	c.Summary = d.T("chart.summary", d.w.Latency(seconds(typical)), d.w.Latency(seconds(peak(p95))))
	if peak(p95) == 0 {
		c.Summary = d.T("chart.summary.median", d.w.Latency(seconds(typical)))
	}
	c.Picture = d.plot(median, p95, highest, label+", "+c.Heading+": "+c.Summary, d.T("chart.ago", span))
	c.Captions = [3]string{d.T("chart.time"), d.T("chart.median"), d.T("chart.p95")}
	c.TableOf = d.T("chart.table")
	c.Rows = d.chartRows(l)
	return c, true
}

func (d *document) chartRows(l *statuspage.Latency) []chartRow {
	values, highs := thin(l.Median.Values, chartRows), peaks(l.P95.Values, chartRows)
	var rows []chartRow
	for i, v := range values {
		row := chartRow{Time: d.Time(l.Median.Start.Add(time.Duration(i*len(l.Median.Values)/len(values)) * l.Median.Step)), Median: "–", P95: "–"}
		if v == v {
			row.Median = d.w.Latency(seconds(v))
		}
		if i < len(highs) && highs[i] == highs[i] {
			row.P95 = d.w.Latency(seconds(highs[i]))
		}
		rows = append(rows, row)
	}
	return rows
}

// plot draws the 95th percentile as an area, and the median as a line before it.
func (d *document) plot(median, p95 []float64, highest float64, label, begin string) template.HTML {
	top := ceiling(highest)
	y := func(v float64) int { return plotHeight - int(math.Round(v/top*plotHeight)) }
	var m markup
	m.raw(`<svg class="chart" viewBox="0 0 320 124" role="img" aria-label="`)
	m.text(label)
	m.raw(`">`)
	for _, part := range [...]float64{0, 0.5, 1} {
		at := plotY + y(part*top)
		m.raw(`<path class="grid" d="M44 `)
		m.int(at)
		m.raw(`h`)
		m.int(plotWidth)
		m.raw(`"/><text x="40" y="`)
		m.int(at + 3)
		m.raw(`" text-anchor="end">`)
		if part == 0 {
			m.raw(`0`)
		} else {
			m.text(d.axisLabel(part * top))
		}
		m.raw(`</text>`)
	}
	m.raw(`<g transform="translate(44 8)"><path class="area" d="`)
	m.area(p95, plotStep, y)
	m.raw(`"/><path class="median" d="`)
	m.line(median, plotStep, y)
	m.raw(`"/></g><text x="44" y="120">`)
	m.text(begin)
	m.raw(`</text><text x="317" y="120" text-anchor="end">`)
	m.text(d.T("chart.now"))
	m.raw(`</text></svg>`)
	return m.html()
}

// axisLabel writes a latency in little room.
func (d *document) axisLabel(s float64) string {
	switch {
	case s < 0.001:
		return d.w.Number(s*1e6, 0) + "\u00a0µs"
	case s < 0.01 && s*1000 != math.Trunc(s*1000):
		return d.w.Number(s*1000, 1) + "\u00a0ms"
	case s < 1:
		return d.w.Number(s*1000, 0) + "\u00a0ms"
	case s == math.Trunc(s):
		return d.w.Number(s, 0) + "\u00a0s"
	}
	return d.w.Number(s, 1) + "\u00a0s"
}

// area appends the data of a path around what lies between the values and the base.
func (m *markup) area(values []float64, step int, y func(float64) int) {
	pen := false
	end := func() {
		if pen {
			m.raw("V")
			m.int(plotHeight)
			m.raw("z")
		}
		pen = false
	}
	for i, v := range values {
		if v != v {
			end()
			continue
		}
		if pen {
			m.raw("L")
		} else {
			m.raw("M")
			m.int(i * step)
			m.raw(" ")
			m.int(plotHeight)
			m.raw("V")
			m.int(y(v))
			m.raw("L")
		}
		m.int(i * step)
		m.raw(" ")
		m.int(y(v))
		pen = true
	}
	end()
}

// ceiling returns a round number that is not below v, which is above 0.
func ceiling(v float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(v)))
	for _, times := range [...]float64{1, 2, 4, 6, 8} {
		if times*unit >= v {
			return times * unit
		}
	}
	return 10 * unit
}

// peak returns the highest of the values; 0 if there is none.
func peak(values []float64) (highest float64) {
	for _, v := range values {
		if v > highest {
			highest = v
		}
	}
	return highest
}

// peaks returns the highest values of n equal parts; NaN for one in which there is none.
func peaks(values []float32, n int) []float64 {
	n = min(n, len(values))
	out := make([]float64, n)
	for i := range out {
		out[i] = math.NaN()
		for _, v := range values[i*len(values)/n : (i+1)*len(values)/n] {
			if v := float64(v); v == v && !math.IsInf(v, 0) && !(v <= out[i]) {
				out[i] = v
			}
		}
	}
	return out
}

// mean returns the mean of the values; NaN if there is none.
func mean(values []float32) float64 {
	all := thin(values, 1)
	if len(all) == 0 {
		return math.NaN()
	}
	return all[0]
}
