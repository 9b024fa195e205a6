// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
)

// corpus returns what plugins have printed, by the name of the file.
func corpus(t testing.TB) map[string]string {
	t.Helper()
	files, err := filepath.Glob("testdata/plugins/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	texts := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		texts[strings.TrimSuffix(filepath.Base(file), ".txt")] = string(text)
	}
	return texts
}

func TestPluginOutput(t *testing.T) {
	t.Parallel()
	for name, text := range corpus(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, wrong := probe.ParsePerfdata(probe.PerfdataOf(text))
			var got strings.Builder
			fmt.Fprintf(&got, "words: %s\n", probe.FirstWords(text))
			for _, d := range data {
				fmt.Fprintf(&got, "%q %v %s\n", d.Label, d.Value, d.Unit)
			}
			for _, w := range wrong {
				fmt.Fprintf(&got, "wrong: %q\n", w)
			}
			testkit.Golden(t, filepath.Join("plugins", name+".golden"), []byte(got.String()))
		})
	}
}

func TestPerfdata(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text  string
		want  []probe.Perfdatum
		wrong []string
	}{
		"nothing":             {"", nil, nil},
		"no unit":             {"users=3", []probe.Perfdatum{{"users", "", 3}}, nil},
		"limits":              {"procs=1;1:1;@~:5;0;10", []probe.Perfdatum{{"procs", "", 1}}, nil},
		"signs":               {"a=-1.5 b=+2 c=-.5", []probe.Perfdatum{{"a", "", -1.5}, {"b", "", 2}, {"c", "", -0.5}}, nil},
		"exponents":           {"a=1e3 b=2E-3s c=5EB d=1e", []probe.Perfdatum{{"a", "", 1000}, {"b", "seconds", 0.002}, {"c", "EB", 5}, {"d", "e", 1}}, nil},
		"seconds":             {"a=1s b=29ms c=7us d=7µs e=3ns", []probe.Perfdatum{{"a", "seconds", 1}, {"b", "seconds", 0.029}, {"c", "seconds", 7e-6}, {"d", "seconds", 7e-6}, {"e", "seconds", 3e-9}}, nil},
		"bytes":               {"a=1B b=1KB c=1kB d=2MB e=1GB f=1TB g=1KiB h=1PB", []probe.Perfdatum{{"a", "bytes", 1}, {"b", "bytes", 1 << 10}, {"c", "bytes", 1 << 10}, {"d", "bytes", 2 << 20}, {"e", "bytes", 1 << 30}, {"f", "bytes", 1 << 40}, {"g", "bytes", 1 << 10}, {"h", "bytes", 1 << 50}}, nil},
		"ratio, counter":      {"a=12.5% b=7c", []probe.Perfdatum{{"a", "ratio", 0.125}, {"b", "counter", 7}}, nil},
		"other units stay":    {"a=3°C b=1€ c=5Mb d=9dBm e=1m", []probe.Perfdatum{{"a", "°C", 3}, {"b", "€", 1}, {"c", "Mb", 5}, {"d", "dBm", 9}, {"e", "m", 1}}, nil},
		"not found out":       {"a=U b=U;1;2 c=1", []probe.Perfdatum{{"c", "", 1}}, nil},
		"decimal comma":       {"a=0,5s b=1,5e2", []probe.Perfdatum{{"a", "seconds", 0.5}, {"b", "", 150}}, nil},
		"commas of thousands": {"a=1,234,567 b=1,234.5 c=1", []probe.Perfdatum{{"c", "", 1}}, []string{"a=1,234,567", "b=1,234.5"}},
		"quotes":              {"'a b'=1 'it''s'=2 'a=b'=3 ''''=4 'c'''=5", []probe.Perfdatum{{"a b", "", 1}, {"it's", "", 2}, {"a=b", "", 3}, {"'", "", 4}, {"c'", "", 5}}, nil},
		"quotes not ended":    {"'a=1 b'c=2", []probe.Perfdatum{{"'a", "", 1}, {"b'c", "", 2}}, nil},
		"quotes forgotten":    {"Page file=1 x=2", []probe.Perfdatum{{"Page file", "", 1}, {"x", "", 2}}, nil},
		"spaces everywhere":   {"  a=1;;;;  \r\n\t b=2; ; c=3 ", []probe.Perfdatum{{"a", "", 1}, {"b", "", 2}, {"c", "", 3}}, nil},
		"no figures":          {"a= b=x c=NaN d=inf f=1.2.3 g==1 =5 ''=6", nil, []string{"a=", "b=x", "c=NaN", "d=inf", "f=1.2.3", "g==1", "=5", "''=6"}},
		"too big":             {"a=1e999 b=1e308TB", nil, []string{"a=1e999", "b=1e308TB"}},
		"unit that is none":   {"a=1/2 b=1:2 c=1+2 d=3" + strings.Repeat("x", probe.MaxUnit+1), nil, []string{"a=1/2", "b=1:2", "c=1+2", "d=3" + strings.Repeat("x", probe.MaxUnit+1)}},
		"twice":               {"a=1 a=2 'a'=3", []probe.Perfdatum{{"a", "", 1}}, []string{"a=2", "'a'=3"}},
		"a line of words":     {"nothing here\nb=1", []probe.Perfdatum{{"b", "", 1}}, []string{"nothing here\n"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, wrong := probe.ParsePerfdata(test.text)
			require.Equal(t, test.want, data)
			require.Equal(t, test.wrong, wrong)
		})
	}
}

func TestPerfdataBounds(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range 3 * probe.MaxPerfdata {
		fmt.Fprintf(&text, "label%d=%d ", i, i)
	}
	data, wrong := probe.ParsePerfdata(text.String())
	require.Len(t, data, probe.MaxPerfdata)
	require.Equal(t, []string{"more than 100 figures: label100=100"}, wrong)

	long := strings.Repeat("é", status.MaxIDLength)
	data, _ = probe.ParsePerfdata("'" + long + "'=1 '" + long + "x'=2")
	require.Len(t, data, 2, "cut labels stay apart")
	for _, d := range data {
		require.LessOrEqual(t, len(d.Label), status.MaxIDLength)
	}
}

func TestWhereThePerfdataIs(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, words, data string }{
		"none":                     {"OK\nmore\n", "OK", ""},
		"first line":               {"\n OK | a=1 | b\nmore", "OK", "a=1 | b\n"},
		"below":                    {"OK\nmore | a=1\nb=2 | c=3\n", "OK", "a=1\nb=2 | c=3\n"},
		"first line and below":     {"OK | a=1\nmore\nmore | b=2\nc=3", "OK", "a=1\nb=2\nc=3\n"},
		"no words":                 {"|a=1", "", "a=1\n"},
		"lines for Pharos between": {"pharos: step=a seconds=1\nOK | a=1\n x | b=2\npharos: step=b seconds=2 | c=3\nd=4", "OK", "a=1\nb=2\nd=4\n"},
		"carriage returns":         {"OK|a=1\r\nmore|b=2\r\n", "OK", "a=1\nb=2\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.words, probe.FirstWords(test.text))
			data := strings.ReplaceAll(probe.PerfdataOf(test.text), "\n ", "\n")
			require.Equal(t, test.data, strings.TrimLeft(data, " "))
		})
	}
}

// Whatever the label, a plugin that quotes it as the guidelines say is understood.
func TestPerfdataLabelsRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		label := rapid.StringOfN(rapid.RuneFrom([]rune("ab='|;,% é°/\\")), 1, 60, -1).Draw(t, "label")
		value := rapid.Float64().Draw(t, "value")
		unit := rapid.SampledFrom([]string{"", "s", "ms", "B", "KB", "%", "c", "W"}).Draw(t, "unit")
		text := fmt.Sprintf("'%s'=%s%s;1:2;;", strings.ReplaceAll(label, "'", "''"), strconv.FormatFloat(value, 'g', -1, 64), unit)
		data, wrong := probe.ParsePerfdata("x=1 " + text + " y=2")
		require.LessOrEqual(t, len(data)+len(wrong), 3)
		label = strings.TrimSpace(label)
		if label == "" || label == "x" || label == "y" || math.IsInf(value*1024, 0) {
			return
		}
		require.Empty(t, wrong)
		require.Len(t, data, 3)
		require.Equal(t, label, data[1].Label)
		if unit == "" || unit == "W" {
			require.Equal(t, value, data[1].Value) //nolint:testifylint // the very same bits
		}
	})
}

func FuzzPluginOutput(f *testing.F) {
	for _, text := range corpus(f) {
		f.Add(text)
	}
	f.Add("OK|'a''b'=1;;; 'c=2 =3 'd'=4ms;")
	f.Fuzz(func(t *testing.T, text string) {
		requireClean(t, probe.FirstWords(text), status.MaxIDLength)
		data, _ := probe.ParsePerfdata(probe.PerfdataOf(text))
		require.LessOrEqual(t, len(data), probe.MaxPerfdata)
		seen := map[string]bool{}
		for _, d := range data {
			requireClean(t, d.Label, status.MaxIDLength)
			requireClean(t, d.Unit, probe.MaxUnit)
			require.NotEmpty(t, d.Label)
			require.False(t, seen[d.Label], d.Label)
			seen[d.Label] = true
			require.False(t, math.IsNaN(d.Value) || math.IsInf(d.Value, 0), d)
		}
		var trace probe.Trace
		probe.ReadSteps(&trace, text)
		requireSteps(t, trace)
	})
}

func requireClean(t *testing.T, text string, longest int) {
	t.Helper()
	require.True(t, utf8.ValidString(text), "%q", text)
	require.LessOrEqual(t, len(text), longest)
	require.NotContains(t, text, "\n")
	require.False(t, strings.ContainsFunc(text, unicode.IsControl), "%q", text)
}
