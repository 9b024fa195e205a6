// SPDX-License-Identifier: Apache-2.0

package words

import (
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestCut(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text       string
		characters int
		want       string
	}{
		"short":           {"abc", 3, "abc"},
		"long":            {"abcd", 3, "ab…"},
		"a space":         {"ab cd", 4, "ab…"},
		"nothing":         {"abc", 0, ""},
		"less":            {"abc", -1, ""},
		"one":             {"abc", 1, "…"},
		"many bytes":      {"äöüß", 4, "äöüß"},
		"an accent":       {"abe\u0301d", 4, "ab…"},
		"a skin":          {"ab👍🏽cd", 4, "ab…"},
		"a family":        {"a👨‍👩‍👧bcd", 5, "a…"},
		"a flag":          {"a🇨🇭bcd", 3, "a…"},
		"after a flag":    {"a🇨🇭🇩🇪b", 4, "a🇨🇭…"},
		"only marks":      {strings.Repeat("\u0301", 100), 50, strings.Repeat("\u0301", 49) + "…"},
		"a style of text": {"ab❤️c", 4, "ab…"},
		"a line":          {"a\r\nbcd", 3, "a…"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.want, Cut(tc.text, tc.characters))
		})
	}
}

func FuzzCut(f *testing.F) {
	f.Add("a👨‍👩‍👧bcd", 5)
	f.Add("\xff\xff", 1)
	f.Fuzz(func(t *testing.T, text string, characters int) {
		got := Cut(text, characters)
		require.LessOrEqual(t, utf8.RuneCountInString(got), max(characters, 0))
		if got != text && characters > 0 {
			require.True(t, strings.HasSuffix(got, "…"))
			if utf8.ValidString(text) {
				require.True(t, strings.HasPrefix(text, strings.TrimSuffix(got, "…")))
			}
		}
	})
}

func TestCutSMS(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text  string
		units int
		want  string
	}{
		"short":          {"abc", 3, "abc"},
		"long":           {"abcdef", 5, "ab..."},
		"many bytes":     {"äöüß", 4, "äöüß"},
		"two units each": {"🔥🔥🔥", 6, "🔥🔥🔥"},
		"half of one":    {"🔥🔥🔥", 5, "🔥..."},
		"a skin":         {"ab👍🏽cde", 8, "ab..."},
		"a space":        {"ab cdef", 6, "ab..."},
		"one":            {"abc", 1, ""},
		"less":           {"abc", -1, ""},
		"nothing":        {"", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.want, CutSMS(tc.text, tc.units))
		})
	}
}

func FuzzCutSMS(f *testing.F) {
	f.Add("a👨‍👩‍👧bcd", 5)
	f.Add("🔥🔥🔥\xff", 5)
	f.Fuzz(func(t *testing.T, text string, units int) {
		got := CutSMS(text, units)
		require.LessOrEqual(t, len(utf16.Encode([]rune(got))), max(units, 0))
		if got != text && got != "" {
			require.True(t, strings.HasSuffix(got, "..."))
			if utf8.ValidString(text) {
				require.True(t, strings.HasPrefix(text, strings.TrimSuffix(got, "...")))
			}
		}
	})
}
