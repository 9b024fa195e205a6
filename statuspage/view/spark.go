// SPDX-License-Identifier: Apache-2.0

package view

import (
	"math"

	"github.com/pharos-status/pharos/statuspage"
)

// The line beside a component is sparkPoints wide, one point for each hour of the
// last day.
const (
	sparkPoints = 24
	sparkStep   = 3
	sparkHeight = 20
)

// spark appends the course of a latency as a line, and returns its last value in
// seconds; NaN if there is none, and then there is no line.
func (m *markup) spark(s statuspage.Series) float64 {
	values := thin(s.Values, sparkPoints)
	top, last := 0.0, math.NaN()
	for _, v := range values {
		if v == v {
			top, last = max(top, v), v
		}
	}
	if top == 0 {
		return math.NaN()
	}
	m.raw(`<svg class="spark" viewBox="-1 -1 71 22" aria-hidden="true"><path d="`)
	m.line(values, sparkStep, func(v float64) int { return sparkHeight - int(math.Round(v/top*(sparkHeight-2))) })
	m.raw(`"/></svg>`)
	return last
}

// line appends the data of a path through the values: broken where there is none.
func (m *markup) line(values []float64, step int, y func(float64) int) {
	pen, before := false, 0
	for i, v := range values {
		if v != v {
			pen = false
			continue
		}
		at := y(v)
		if pen {
			m.raw("l")
			m.int(step)
			if at >= before {
				m.raw(" ")
			}
			m.int(at - before)
		} else {
			m.raw("M")
			m.int(i * step)
			m.raw(" ")
			m.int(at)
			if i+1 == len(values) || values[i+1] != values[i+1] {
				m.raw("h0") // a dot, by its round ends
			}
		}
		pen, before = true, at
	}
}

// thin returns n values that stand for all: the means of equal parts, NaN for one
// in which there is none.
func thin(values []float32, n int) []float64 {
	n = min(n, len(values))
	out := make([]float64, n)
	for i := range out {
		sum, count := 0.0, 0
		for _, v := range values[i*len(values)/n : (i+1)*len(values)/n] {
			if v == v && !math.IsInf(float64(v), 0) {
				sum += float64(v)
				count++
			}
		}
		out[i] = sum / float64(count)
	}
	return out
}
