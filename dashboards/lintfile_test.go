// SPDX-License-Identifier: Apache-2.0

package dashboards_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/testkit"
)

// A lintFile says which rules of Grafana's linter don't hold where, and why.
type lintFile struct {
	Exclusions map[string]struct {
		Reason  string `yaml:"reason"`
		Entries []struct {
			Dashboard string `yaml:"dashboard"`
			Panel     string `yaml:"panel"`
		} `yaml:"entries"`
	} `yaml:"exclusions"`
}

// TestJobAndInstance holds every metric that is scraped to the jobs and instances
// that are chosen. What rules recorded has neither; .lint lists the panels that
// read such a series, all of them and no other ones.
func TestJobAndInstance(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for _, d := range testkit.Dashboards(t) {
		has := map[string]bool{}
		for _, v := range d.Templating.List {
			has[v.Name] = true
		}
		for _, name := range []string{schema.Job, schema.Instance} {
			if !has[name] {
				found[fmt.Sprintf("template-%s-rule %s", name, d.Title)] = true
			}
		}
		for _, e := range d.Expressions(t) {
			where := d.Title + " / " + e.Panel
			if !has[schema.Job] {
				where = d.Title
			}
			if readsOthers(t, d, e, has[schema.Job]) {
				found["target-job-rule "+where] = true
				found["target-instance-rule "+where] = true
			}
		}
	}
	require.Equal(t, excluded(t), slices.Sorted(maps.Keys(found)))
}

// readsOthers tells whether the expression reads series that have no job and
// instance, and requires the matchers of the others. What joins a scraped metric
// on job and instance need not match them again.
func readsOthers(t *testing.T, d testkit.Dashboard, e testkit.Expression, choice bool) bool {
	t.Helper()
	others := false
	if e.Panel == "" { // variables and annotations choose among what there is
		return false
	}
	for _, s := range selectors(t, d, e) {
		matched := 0
		for _, m := range s.matchers {
			if m.Name == schema.Job || m.Name == schema.Instance {
				require.Equal(t, ".+", m.Value, e.Where)
				matched++
			}
		}
		if matched == 2 {
			continue
		}
		others = true
		recorded := !scraped(s.name)
		maintenance := s.name == schema.MaintenanceActive && !choice // the status page's, whatever exporters are chosen
		require.True(t, recorded || maintenance, "%s: %s without $job and $instance", e.Where, s.name)
	}
	return others
}

// excluded returns what .lint excludes, a line each, sorted.
func excluded(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(".lint")
	require.NoError(t, err)
	parsed, err := configfile.Parse(".lint", text)
	require.NoError(t, err)
	var lint lintFile
	require.NoError(t, parsed.Decode(&lint))
	var all []string
	for rule, exclusion := range lint.Exclusions {
		require.NotEmpty(t, exclusion.Reason, rule)
		for _, e := range exclusion.Entries {
			line := rule + " " + e.Dashboard
			if e.Panel != "" {
				line += " / " + e.Panel
			}
			all = append(all, line)
		}
	}
	slices.Sort(all)
	return all
}
