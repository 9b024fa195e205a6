// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLastLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                   "",
		"\n \n":              "",
		"one":                "one",
		"one\ntwo\n":         "two",
		"one\n\ttwo \n\n \n": "two",
		"one\ntwo":           "two",
		"one\ntwo\n  ":       "two",
		"10 %\r20 %\r":       "20 %",
		"a\r\nb\r\n":         "b",
		strings.Repeat("x", 2*maxLastLine) + "\n":      strings.Repeat("x", maxLastLine),
		strings.Repeat("x", 2*maxLastLine) + "\nshort": "short",
	} {
		for _, size := range []int{1, 3, 1 << 20} {
			var out bytes.Buffer
			l := &lastLine{to: &out}
			for rest := text; rest != ""; {
				n := min(size, len(rest))
				_, err := l.Write([]byte(rest[:n]))
				require.NoError(t, err)
				rest = rest[n:]
			}
			require.Equal(t, want, l.String(), "%q by %d", text, size)
			require.Equal(t, text, out.String())
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestLastLineGoesOnWhereNobodyReads(t *testing.T) {
	t.Parallel()
	l := &lastLine{to: broken{}}
	n, err := l.Write([]byte("one\ntwo"))
	require.NoError(t, err)
	require.Equal(t, 7, n)
	require.Equal(t, "two", l.String())
}

func FuzzLastLine(f *testing.F) {
	f.Add([]byte("one\ntwo\r\n"), 2)
	f.Add([]byte("\xff\x00\x1b[1m\r"), 1)
	f.Fuzz(func(t *testing.T, text []byte, at int) {
		at = min(max(at, 0), len(text))
		var out bytes.Buffer
		l := &lastLine{to: &out}
		for _, part := range [][]byte{text[:at], text[at:]} {
			n, err := l.Write(part)
			require.NoError(t, err)
			require.Equal(t, len(part), n)
		}
		require.Equal(t, string(text), out.String())
		require.LessOrEqual(t, len(l.String()), maxLastLine)
		require.NotContains(t, l.String(), "\n")
	})
}
