// SPDX-License-Identifier: Apache-2.0

package discovery_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/discovery"
)

func TestParse(t *testing.T) {
	t.Parallel()
	shop := map[string]string{"__service": "shop"}
	tests := map[string]struct {
		text string
		want []discovery.Target
	}{
		"nothing":        {"[]", nil},
		"targets":        {`[{"targets": ["http://a", "tcp://b:1"], "labels": {"__service": "shop"}}]`, []discovery.Target{{"http://a", shop}, {"tcp://b:1", shop}}},
		"groups":         {` [{"targets": ["http://a"]}, {"targets": []}, {}, {"labels": {}, "targets": ["http://b"]}] ` + "\n", []discovery.Target{{"http://a", nil}, {"http://b", map[string]string{}}}},
		"twice the same": {`[{"targets": ["http://a", "http://a"]}]`, []discovery.Target{{"http://a", nil}, {"http://a", nil}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, leftOut, err := discovery.Parse(iotest.OneByteReader(strings.NewReader(test.text)))
			require.NoError(t, err)
			require.Equal(t, test.want, got)
			require.Zero(t, leftOut)
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want string }{
		"nothing":             {"", "decode the answer: EOF"},
		"no JSON":             {"<html>", "decode the answer: invalid character '<'"},
		"an object":           {"{}", "the answer is no JSON array, want ["},
		"null":                {"null", "the answer is no JSON array"},
		"a null group":        {`[{"targets": []}, null]`, "group 2 is null, want {"},
		"an unknown key":      {`[{"target": []}]`, `decode group 1: json: unknown field "target"`},
		"a number for a URL":  {`[{"targets": [1]}]`, "decode group 1: json: cannot unmarshal number"},
		"a number in a label": {`[{"targets": [], "labels": {"a": 1}}]`, "decode group 1: json: cannot unmarshal number"},
		"no end":              {`[{"targets": []}`, "decode the answer: EOF"},
		"more than an array":  {"[] []", "something follows the JSON array"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := discovery.Parse(strings.NewReader(test.text))
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestParseBounds(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return strings.Repeat("x", n) }
	var labels strings.Builder
	for i := range discovery.MaxLabels + 1 {
		fmt.Fprintf(&labels, `"l%d": "", `, i)
	}
	text := fmt.Sprintf(`[{"targets": ["good", %q, %q]}, {"targets": ["a", "b"], "labels": {%q: ""}},
		{"targets": ["c"], "labels": {"x": %q}}, {"targets": ["d"], "labels": {%s "z": ""}},
		{"targets": ["too"], "labels": {%q: %q}}]`,
		long(discovery.MaxURL), long(discovery.MaxURL+1), long(discovery.MaxLabelName+1),
		long(discovery.MaxLabelValue+1), labels.String(), long(discovery.MaxLabelName), long(discovery.MaxLabelValue))
	got, leftOut, err := discovery.Parse(strings.NewReader(text))
	require.NoError(t, err)
	require.Equal(t, 5, leftOut)
	require.Len(t, got, 3)
	require.Equal(t, "too", got[2].URL)
}

func TestParseManyTargets(t *testing.T) {
	t.Parallel()
	group := `{"targets": ["` + strings.Repeat(`a", "`, discovery.MaxTargets/10-1) + `a"]}`
	full := "[" + strings.Repeat(group+",", 9) + group
	got, _, err := discovery.Parse(strings.NewReader(full + "]"))
	require.NoError(t, err)
	require.Len(t, got, discovery.MaxTargets)
	_, _, err = discovery.Parse(strings.NewReader(full + `, {"targets": ["b"]}]`))
	require.ErrorContains(t, err, "more than 100000 targets; spread them")
}

func TestParseLongAnswer(t *testing.T) {
	t.Parallel()
	full := "[" + strings.Repeat(" ", discovery.MaxBody-2) + "]"
	_, _, err := discovery.Parse(strings.NewReader(full))
	require.NoError(t, err)
	_, _, err = discovery.Parse(strings.NewReader(full + " "))
	require.Error(t, err)
	_, _, err = discovery.Parse(io.MultiReader(strings.NewReader("["), endless{}))
	require.ErrorContains(t, err, "the answer is longer than 10 MiB; spread")
}

// endless has spaces for ever.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func FuzzParse(f *testing.F) {
	f.Add(`[{"targets": ["http://a", "tcp://b:1"], "labels": {"__service": "shop"}}, {}]`)
	f.Add(`[null]`)
	f.Fuzz(func(t *testing.T, text string) {
		targets, leftOut, err := discovery.Parse(strings.NewReader(text))
		require.GreaterOrEqual(t, leftOut, 0)
		if err != nil {
			return
		}
		for _, target := range targets {
			require.LessOrEqual(t, len(target.URL), discovery.MaxURL)
			require.LessOrEqual(t, len(target.Labels), discovery.MaxLabels)
		}
	})
}
