// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
)

func TestLanding(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	replica := func(name string) status.ID { return status.ID{Service: "web", Node: "api", Replica: name} }
	l := newLanding([]state.Replica{
		{ID: replica("tcp://a:80"), Status: status.Healthy, At: now.Add(-90 * time.Second), Took: 1500 * time.Microsecond},
		{ID: replica("tcp://b:80"), Status: status.Dead, Reason: status.Connect, Detail: "dial <tcp> refused", At: now.Add(-time.Second), Took: time.Second},
		{ID: replica("tcp://new:80")},
	}, now)
	l.Title, l.Version = "Pharos exporter", "1.2.3"
	l.Links = []Link{{"prometheus/api/v1/status/buildinfo", "Prometheus <API>"}}
	page, err := renderLanding(l)
	require.NoError(t, err)
	testkit.Golden(t, "landing.html", page)

	page, err = renderLanding(newLanding(nil, now))
	require.NoError(t, err)
	require.Contains(t, string(page), "Nothing is watched yet")
}

// TestLandingShowsWhatIsAskedFor follows the links of dashboards.
func TestLandingShowsWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	e := newExporter(t, `services:
  - {id: web, nodes: [{id: api, mode: poll, replicas: ["tcp://127.0.0.1:1", "http://127.0.0.1:1/a?b"]}, {id: "a&b <i>", mode: poll, replicas: ["tcp://127.0.0.1:2"]}]}
  - {id: host, nodes: [{id: api, mode: script, scripts: ["exit 0"]}]}
`)
	web, odd, host := "<small>web › api</small>", "<small>web › a&amp;b &lt;i&gt;</small>", "<small>host › api</small>"
	for query, want := range map[string][]string{
		"":                                   {web, web, odd, host},
		"?service=":                          {web, web, odd, host},
		"?service=web":                       {web, web, odd},
		"?node=api":                          {web, web, host},
		"?service=web&node=a%26b+%3Ci%3E":    {odd},
		"?replica=tcp%3A%2F%2F127.0.0.1%3A1": {web},
		"?service=host&node=api&replica=1":   {host},
		"?service=host&replica=tcp%3A%2F%2F127.0.0.1%3A1": {},
		"?service=WEB":                  {},
		"?replica=%3Cscript%3E%ff%00":   {},
		"?service=web&service=host&x=y": {web, web, odd},
		"?service=%zz":                  {web, web, odd, host}, // which is no query at all
	} {
		_, page := ask(t, e.Handler(), http.MethodGet, "/"+query, "")
		var got []string
		for _, of := range []string{web, odd, host} {
			got = append(got, slices.Repeat([]string{of}, strings.Count(page, of))...)
		}
		require.ElementsMatch(t, want, got, query)
		filtered := len(want) < 4
		require.Equal(t, filtered, strings.Contains(page, `<a href="./">Show all</a>`), query)
		require.Equal(t, len(want) == 0, strings.Contains(page, "Nothing like that is watched here."), query)
		require.NotContains(t, page, "<script>")
		require.NotContains(t, page, "<i>")
		require.True(t, utf8.ValidString(page), query)
	}
	script := strings.Repeat("true; ", 100) // as a relay may call a replica
	require.Equal(t, status.Shorten(script), filterOf(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?replica="+url.QueryEscape(script), http.NoBody)).Replica)
}

func TestLandingIsBounded(t *testing.T) {
	t.Parallel()
	var many []state.Replica
	for i := range 2 * maxRows {
		many = append(many, state.Replica{ID: status.ID{Replica: strconv.Itoa(i)}, Status: status.Healthy})
	}
	many[len(many)-1].Status = status.Dead
	l := newLanding(many, time.Now())
	require.Len(t, l.Replicas, maxRows)
	require.Equal(t, maxRows, l.Hidden)
	require.Equal(t, status.Dead, l.Replicas[0].Status, "trouble comes first")
}
