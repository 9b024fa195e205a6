// SPDX-License-Identifier: Apache-2.0

package configfile_test

import (
	"math"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/testkit"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	m := configfile.Map{
		{Key: "poll", Above: "how\noften", Value: configfile.Map{
			{Key: "interval", Value: 2 * time.Minute, After: "as it was"},
			{Key: "limit", Value: 0.9, After: "a comment\nof two lines"},
			{Key: "whole", Value: 1.0},
		}},
		{Key: "words", Value: []any{"on", "1e3", "null", "*name", "- x", "", "a b", "0x1f", "12:30", "~", "2001-01-01", "ok", "y", "%", "@", "#no", "a: b", "$HOME", "\u2028", "\u00e9\u0001"}},
		{Key: "on", Value: true, After: "a key that looks like a value"},
		{Key: "list", Value: []configfile.Map{{{Key: "id", Value: "web"}, {Key: "url", Value: "https://a.example.com/?a=b#c"}}, {{Key: "id", Value: "db"}}}},
		{Key: "flow", Value: configfile.Flow{Value: configfile.Map{{Key: "a", Value: 1}, {Key: "b", Value: []any{"x", "y z"}}}}, After: "on one line"},
		{Key: "script", Value: "if true; then\n  exit 1\nfi\n", After: "of several lines"},
		{Key: "ends_bare", Value: "a\nb"},
		{Key: "indented", Value: "  a\nb\n"},
		{Key: "indented_items", Value: []configfile.Map{{{Key: "id", Value: "x"}, {Key: "script", Value: "    a\n\tb\n\n      c\n"}}}},
		{Key: "trailing", Value: "a \nb\n"},
		{Key: "blank_lines", Value: "a\n\n\nb\n\n"},
		{Key: "empty", Value: configfile.Map{}},
		{Key: "none", Value: []any{}},
	}
	out, err := configfile.Write("Written by a test.\n\nTwice.", m)
	require.NoError(t, err)
	require.NoError(t, m.Verify(out))
	testkit.Golden(t, "write.yml", out)
}

func TestWriteRefuses(t *testing.T) {
	t.Parallel()
	for _, v := range []any{"\xff", struct{}{}, math.Inf(1)} {
		_, err := configfile.Write("", configfile.Map{{Key: "a", Value: []any{v}}})
		require.Error(t, err, "%v", v)
	}
}

// FuzzWrite holds Write to what it promises of strings.
func FuzzWrite(f *testing.F) {
	f.Add("on", "a comment", "key")
	f.Add("a\n b\n", "x\r\ny", "*")
	f.Add("\t\n x", "#", "")
	f.Add("  a\n\tb\n", "#", "a")
	f.Fuzz(func(t *testing.T, text, comment, key string) {
		m := configfile.Map{
			{Key: key, Value: text, Above: comment, After: comment},
			{Key: key + "x", Value: []any{text, configfile.Map{{Key: "a", Value: text, After: comment, Above: comment}}}, After: comment},
			{Key: key + "z", Value: []configfile.Map{{{Key: key, Value: text, Above: comment, After: comment}}, {{Key: "b", Value: text}}}, Above: comment, After: comment},
			{Key: key + "y", Value: configfile.Flow{Value: []any{text, key}}, After: comment},
		}
		out, err := configfile.Write(comment, m)
		if !utf8.ValidString(text) || !utf8.ValidString(key) {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
		require.NoError(t, m.Verify(out), "%q", out)
	})
}
