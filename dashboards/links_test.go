// SPDX-License-Identifier: Apache-2.0

package dashboards_test

import (
	"encoding/json"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
)

const repository = "https://github.com/pharos-status/pharos/"

// macro is what Grafana fills in when a link is followed, with its format.
var macro = regexp.MustCompile(`\$\{([^}:]+)(?::([^}]+))?\}`)

// TestLinks follows every link: to runbooks and documents that are there, to
// dashboards with variables that they have, and to an exporter's page.
func TestLinks(t *testing.T) {
	t.Parallel()
	all := testkit.Dashboards(t)
	runbooks, exporters := 0, 0
	for _, d := range all {
		for where, links := range linksOf(t, d) {
			for _, l := range links {
				require.NotEmpty(t, l.Title, where)
				switch {
				case l.Type == "dashboards":
				case strings.HasPrefix(l.URL, repository):
					requireDocument(t, where, l.URL)
					runbooks++
				case strings.HasPrefix(l.URL, "http://${__data.fields.instance}/?"):
					exporters++
					require.Equal(t, "http://${__data.fields.instance}/?service=${__data.fields.service:percentencode}"+
						"&node=${__data.fields.node:percentencode}&replica=${__data.fields.replica:percentencode}", l.URL, where)
				default:
					requireDashboard(t, where, l.URL, all)
				}
				requireEncoded(t, where, l.URL)
			}
		}
	}
	require.Greater(t, runbooks, 30)
	require.Greater(t, exporters, 3)
}

// linksOf returns the links of a dashboard by where they are.
func linksOf(t *testing.T, d testkit.Dashboard) map[string][]testkit.DashboardLink {
	t.Helper()
	all := map[string][]testkit.DashboardLink{d.Title: d.Links}
	for _, p := range d.Shown() {
		where := d.Title + ": " + p.Title
		all[where] = slices.Concat(p.Links, p.FieldConfig.Defaults.Links)
		for _, o := range p.FieldConfig.Overrides {
			for _, property := range o.Properties {
				if property.ID == "links" {
					var links []testkit.DashboardLink
					require.NoError(t, json.Unmarshal(property.Value, &links), where)
					all[where] = append(all[where], links...)
				}
			}
		}
	}
	return all
}

func requireDocument(t *testing.T, where, link string) {
	t.Helper()
	path := regexp.MustCompile(`^(blob|tree)/main/`).ReplaceAllString(strings.TrimPrefix(link, repository), "")
	if strings.Contains(path, "$") {
		require.Equal(t, "docs/runbooks/${__data.fields.alertname}.md", path, where)
		return
	}
	_, err := os.Stat("../" + path)
	require.NoError(t, err, where)
}

func requireDashboard(t *testing.T, where, link string, all []testkit.Dashboard) {
	t.Helper()
	path, query, _ := strings.Cut(link, "?")
	i := slices.IndexFunc(all, func(d testkit.Dashboard) bool {
		return path == "/d/"+d.UID+"/"+strings.ReplaceAll(strings.ToLower(d.Title), " ", "-")
	})
	require.GreaterOrEqual(t, i, 0, "%s: %s leads nowhere", where, link)
	query = strings.NewReplacer("${datasource:queryparam}", "var-datasource=x", "${__url_time_range}", "from=x").Replace(query)
	values, err := url.ParseQuery(query)
	require.NoError(t, err, where)
	require.Contains(t, values, "var-datasource", "%s: %s", where, link)
	require.Contains(t, values, "from", "%s: %s", where, link)
	for key := range values {
		if name, ok := strings.CutPrefix(key, "var-"); ok {
			require.True(t, slices.ContainsFunc(all[i].Templating.List, func(v testkit.Variable) bool { return v.Name == name }),
				"%s: %s has no variable %s", where, all[i].Title, name)
		}
	}
}

// requireEncoded holds values in addresses to an encoding: a name may have any
// character.
func requireEncoded(t *testing.T, where, link string) {
	t.Helper()
	for _, m := range macro.FindAllStringSubmatch(link, -1) {
		switch m[1] {
		case "__url_time_range", "__data.fields.instance", "__data.fields.alertname": // of which the form is known
		case "datasource":
			require.Equal(t, "queryparam", m[2], where)
		default:
			require.Equal(t, "percentencode", m[2], "%s: %s", where, link)
		}
	}
}
