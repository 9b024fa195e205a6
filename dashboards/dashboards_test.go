// SPDX-License-Identifier: Apache-2.0

package dashboards_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/dashboards"
	"github.com/pharos-status/pharos/internal/testkit"
)

// TestFormat holds the files to the form in which Grafana exports dashboards, so
// that an export shows what was changed and nothing else.
func TestFormat(t *testing.T) {
	t.Parallel()
	for _, d := range testkit.Dashboards(t) {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		require.NoError(t, e.Encode(d.Raw))
		testkit.Golden(t, filepath.Join("..", d.File), b.Bytes())
		embedded, err := dashboards.FS.ReadFile(d.File)
		require.NoError(t, err)
		require.Equal(t, string(d.Text), string(embedded))
	}
}

// TestAddresses holds the dashboards to the addresses that alerts lead to. Grafana
// makes the second part from the title.
func TestAddresses(t *testing.T) {
	t.Parallel()
	have := map[string]string{}
	for _, d := range testkit.Dashboards(t) {
		have[d.UID] = strings.ReplaceAll(strings.ToLower(d.Title), " ", "-")
	}
	require.Equal(t, map[string]string{
		"pharos-overview": "overview", "pharos-service": "service", "pharos-reports": "reports",
		"pharos-objectives": "objectives", "pharos-self": "pharos-itself",
	}, have)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for _, d := range testkit.Dashboards(t) {
		require.Equal(t, 42, d.SchemaVersion, d.File)
		require.NotNil(t, d.Editable, d.File)
		require.False(t, *d.Editable, d.File)
		require.Equal(t, 1, d.GraphTooltip, "%s: the crosshair is shared", d.File)
		require.Empty(t, d.Timezone, "%s: the user's own", d.File)
		require.Contains(t, d.Tags, "pharos", d.File)
		require.Regexp(t, `^[A-Z].*\.$`, d.Description, d.File)
		require.NotEmpty(t, d.Refresh, d.File)
		require.NotContains(t, d.Raw, "id", "%s: the id is the server's", d.File)
		require.NotContains(t, d.Raw, "__inputs", "%s: the data source is a variable", d.File)
		require.True(t, slices.ContainsFunc(d.Links, func(l testkit.DashboardLink) bool {
			return l.Type == "dashboards" && slices.Equal(l.Tags, []string{"pharos"}) && l.KeepTime && l.IncludeVars
		}), "%s has no links to the other dashboards", d.File)
	}
}

func TestVariables(t *testing.T) {
	t.Parallel()
	for _, d := range testkit.Dashboards(t) {
		require.Equal(t, "datasource", d.Templating.List[0].Name, d.File)
		for _, v := range d.Templating.List {
			where := d.File + ": " + v.Name
			require.Regexp(t, `^[A-Z].*\.$`, v.Description, where)
			require.Equal(t, v.Multi, v.IncludeAll, where)
			if v.Multi {
				require.Equal(t, ".+", v.AllValue, where)
			}
			switch v.Name {
			case "datasource":
				require.Equal(t, "datasource", v.Type, where)
				require.Equal(t, "Data source", v.Label, where)
				require.JSONEq(t, `"prometheus"`, string(v.Query), where)
				continue
			case "job", "instance":
				require.True(t, v.Multi, where)
			}
			require.Equal(t, "query", v.Type, where)
			require.Equal(t, strings.ToUpper(v.Name[:1])+v.Name[1:], v.Label, where)
			require.Equal(t, source, v.Datasource, where)
			require.Equal(t, 2, v.Refresh, "%s: read again when the range of time changes", where)
		}
		for _, a := range d.Annotations.List {
			require.Equal(t, source, a.Datasource, "%s: %s", d.File, a.Name)
		}
	}
}

// source is the data source that the person who looks has chosen.
var source = testkit.Source{Type: "prometheus", UID: "${datasource}"}

// Units that Grafana knows, of those that there is a use for.
var units = []string{"none", "short", "s", "percentunit", "bytes", "ops", "reqps", "dateTimeFromNow"}

func TestPanels(t *testing.T) {
	t.Parallel()
	for _, d := range testkit.Dashboards(t) {
		titles := map[string]bool{}
		for _, p := range d.Shown() {
			where := d.Title + ": " + p.Title
			require.NotEmpty(t, p.Title, d.File)
			require.False(t, titles[p.Title], "%s: twice", where)
			titles[p.Title] = true
			require.Regexp(t, `^[A-Z].*\.$`, p.Description, where)
			require.Contains(t, []string{"stat", "state-timeline", "table", "timeseries"}, p.Type, where)
			require.Equal(t, source, p.Datasource, where)
			require.Contains(t, units, p.FieldConfig.Defaults.Unit, where)
			requireBase(t, where, p.FieldConfig.Defaults.Thresholds)
			for _, o := range p.FieldConfig.Overrides {
				for _, property := range o.Properties {
					requireProperty(t, where+": "+o.Matcher.Options, property.ID, property.Value)
				}
			}
			requireTargets(t, where, p)
		}
	}
}

func requireProperty(t *testing.T, where, id string, value json.RawMessage) {
	t.Helper()
	switch id {
	case "unit":
		var unit string
		require.NoError(t, json.Unmarshal(value, &unit), where)
		require.Contains(t, units, unit, where)
	case "thresholds":
		var steps testkit.Thresholds
		require.NoError(t, json.Unmarshal(value, &steps), where)
		requireBase(t, where, &steps)
	}
}

// requireBase holds thresholds to a first step without a value: the color of what
// is below all others.
func requireBase(t *testing.T, where string, thresholds *testkit.Thresholds) {
	t.Helper()
	require.NotNil(t, thresholds, where)
	require.Equal(t, "absolute", thresholds.Mode, where)
	require.NotEmpty(t, thresholds.Steps, where)
	for i, s := range thresholds.Steps {
		require.Equal(t, i == 0, s.Value == nil, "%s: step %d", where, i)
		if i > 1 {
			require.Greater(t, *s.Value, *thresholds.Steps[i-1].Value, where)
		}
	}
}

func requireTargets(t *testing.T, where string, p testkit.Panel) {
	t.Helper()
	require.NotEmpty(t, p.Targets, where)
	for i, target := range p.Targets {
		require.Equal(t, string(rune('A'+i)), target.RefID, where)
		require.Equal(t, source, target.Datasource, where)
		require.Equal(t, p.Type == "table" || p.Type == "stat", target.Instant, "%s: a table and a number show what is now", where)
		require.NotEqual(t, target.Instant, target.Range, where)
		if p.Type == "table" {
			require.Equal(t, "table", target.Format, where)
		} else {
			require.NotEmpty(t, target.LegendFormat, where)
		}
	}
}

// TestGrid finds panels that lie over each other or outside of the 24 columns.
func TestGrid(t *testing.T) {
	t.Parallel()
	for _, d := range testkit.Dashboards(t) {
		ids, taken := map[int]bool{}, map[[2]int]string{}
		area, bottom := 0, 0
		for _, p := range d.Panels {
			where := d.Title + ": " + p.Title
			require.NotZero(t, p.ID, where)
			require.False(t, ids[p.ID], "%s: id %d is taken", where, p.ID)
			ids[p.ID] = true
			g := p.GridPos
			require.True(t, g.X >= 0 && g.W > 0 && g.X+g.W <= 24 && g.Y >= 0, where)
			if p.Type == "row" {
				require.Equal(t, []int{0, 24, 1}, []int{g.X, g.W, g.H}, where)
			} else {
				require.True(t, g.H >= 3 && g.H <= 12, where)
			}
			for x := g.X; x < g.X+g.W; x++ {
				for y := g.Y; y < g.Y+g.H; y++ {
					require.Empty(t, taken[[2]int{x, y}], where)
					taken[[2]int{x, y}] = where
				}
			}
			area, bottom = area+g.W*g.H, max(bottom, g.Y+g.H)
		}
		require.Equal(t, 24*bottom, area, "%s has holes", d.Title)
	}
}

// TestColors holds words and colors of the states to those of the status page's
// badges. A state is always a word, too.
func TestColors(t *testing.T) {
	t.Parallel()
	badge, err := os.ReadFile("../statuspage/format/badge.go")
	require.NoError(t, err)
	colors := regexp.MustCompile(`figure\{"(#[0-9a-f]{6})"`).FindAllSubmatch(badge, -1)
	require.Len(t, colors, 5, "the four states, and maintenance, which no dashboard shows")
	want := map[string]string{}
	for i, state := range []string{"healthy", "sick", "dead", "unknown"} {
		want[state] = string(colors[i][1])
	}
	mapped := 0
	for _, d := range testkit.Dashboards(t) {
		for _, p := range d.Shown() {
			all := [][]testkit.Mapping{p.FieldConfig.Defaults.Mappings}
			for _, o := range p.FieldConfig.Overrides {
				for _, property := range o.Properties {
					if property.ID == "mappings" {
						var m []testkit.Mapping
						require.NoError(t, json.Unmarshal(property.Value, &m))
						all = append(all, m)
					}
				}
			}
			for _, m := range slices.Concat(all...) {
				if m.Options["3"].Text != "" {
					mapped++
					for i, state := range []string{"healthy", "unknown", "sick", "dead"} {
						got := m.Options[string(rune('0'+i))]
						require.Equal(t, state, got.Text, p.Title)
						require.Equal(t, want[state], got.Color, p.Title)
					}
				}
			}
			require.True(t, p.Type != "state-timeline" || len(p.FieldConfig.Defaults.Mappings) > 0, "%s: colors alone", p.Title)
		}
	}
	require.Greater(t, mapped, 8)
}
