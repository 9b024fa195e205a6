// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// A cell is a field of a table.
type cell struct {
	text   string // printable
	colour string // of the text on a terminal; empty: as it is
}

func plain(texts ...string) []cell {
	row := make([]cell, len(texts))
	for i, text := range texts {
		row[i] = cell{text: printable(text)}
	}
	return row
}

// gap is what is between two columns.
const gap = "  "

// writeTable writes rows with their columns aligned. Where they are wider than so many
// places of a terminal, the first column is cut, and what has no room at the end is
// left out. No columns: nothing is cut.
func writeTable(w io.Writer, rows [][]cell, columns int) error {
	widths := widthsOf(rows)
	if total := sum(widths) + len(gap)*(len(widths)-1); columns > 0 && len(widths) > 0 && total > columns {
		const least = 16
		widths[0] = min(widths[0], max(least, widths[0]-(total-columns)))
	}
	var out strings.Builder
	for _, row := range rows {
		writeRow(&out, row, widths, columns)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func writeRow(out *strings.Builder, row []cell, widths []int, columns int) {
	const least = 6 // places that are of use for what is cut
	at, spaces := 0, 0
	for i, c := range row {
		room := widths[i]
		if columns > 0 && columns-at < room {
			if room = columns - at; room < least && i > 0 {
				break
			}
		}
		if text := cut(c.text, room); text != "" {
			out.WriteString(strings.Repeat(" ", spaces) + painted(text, c.colour))
			spaces = -cells(text)
		}
		spaces += widths[i] + len(gap)
		at += widths[i] + len(gap)
	}
	out.WriteByte('\n')
}

func widthsOf(rows [][]cell) []int {
	var widths []int
	for _, row := range rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], cells(c.text))
		}
	}
	return widths
}

func sum(all []int) (total int) {
	for _, n := range all {
		total += n
	}
	return total
}

func painted(text, colour string) string {
	if colour == "" || text == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// cells is how many places of a terminal a text takes.
func cells(text string) (n int) {
	for _, r := range text {
		n += cellsOf(r)
	}
	return n
}

func cellsOf(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	case width.Neutral, width.EastAsianAmbiguous, width.EastAsianNarrow, width.EastAsianHalfwidth:
	}
	return 1
}

// cut returns a text, cut so that it takes at most so many places.
func cut(text string, most int) string {
	if cells(text) <= most {
		return text
	}
	n := 0
	for at, r := range text {
		if n += cellsOf(r); n > most-1 {
			return text[:at] + "…"
		}
	}
	return text
}
