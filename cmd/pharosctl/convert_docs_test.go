// SPDX-License-Identifier: Apache-2.0

package main

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/vigil"
)

// TestDocumentedSettingsOfVigil holds the table of the moving guide to what the converter
// makes of a configuration with every setting.
func TestDocumentedSettingsOfVigil(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../convert/vigil/testdata/full.cfg")
	require.NoError(t, err)
	r, err := vigil.Convert("full.cfg", data, convert.Options{
		Dir: "/etc/pharos", Lookup: func(name string) (string, bool) { return "value-of-" + name, true },
	})
	require.NoError(t, err)
	want, differ := map[string]string{}, map[string]bool{}
	variables := regexp.MustCompile(` ?What [A-Z_, and]+ held at the time of conversion is in it\.`)
	for _, n := range r.Notes {
		key := regexp.MustCompile(`\[\d+\]`).ReplaceAllString(n.Source.Key, "")
		to, _, _ := strings.Cut(strings.TrimPrefix(n.To, "flag "), "=")
		want[key] = strings.ReplaceAll(to, "-user-2.", "-user-N.")
		differ[key] = differ[key] || variables.ReplaceAllString(n.Text, "") != ""
	}

	guide, err := os.ReadFile("../../docs/migrate-from-vigil.md")
	require.NoError(t, err)
	_, table, _ := strings.Cut(string(guide), "| `config.cfg` | now | what differs |\n")
	got := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_.]+)` \\| (?:`([^`]+)`|–) \\| (.*)\\|$").FindAllStringSubmatch(table, -1) {
		require.NotContains(t, got, row[1])
		got[row[1]] = row[2]
		require.Equal(t, differ[row[1]], strings.TrimSpace(row[3]) != "", "what differs of %s", row[1])
	}
	require.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)))
	require.Equal(t, want, got)
}
