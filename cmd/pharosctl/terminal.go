// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// A screen is where something is printed for people.
type screen struct {
	io.Writer
	terminal bool
	colours  bool
	size     func() (columns, lines int) // of a terminal, as it is now; 0: not known
}

// screenOf finds out what is printed to. Colours are for terminals alone, and for
// those who have not said NO_COLOR.
func screenOf(w io.Writer) screen {
	none := screen{Writer: w, size: func() (int, int) { return 0, 0 }}
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return none
	}
	return screen{
		Writer: w, terminal: true,
		colours: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
		size: func() (columns, lines int) {
			columns, lines, err := term.GetSize(int(f.Fd()))
			if err != nil {
				return 0, 0
			}
			return columns, lines
		},
	}
}

// in returns a colour where there are colours.
func (s screen) in(colour string) string {
	if !s.colours {
		return ""
	}
	return colour
}
