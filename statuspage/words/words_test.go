// SPDX-License-Identifier: Apache-2.0

package words_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/words"
)

func catalogue(t *testing.T, tag string) map[string]string {
	t.Helper()
	text, err := os.ReadFile("catalogue/" + tag + ".json")
	require.NoError(t, err)
	var messages map[string]string
	require.NoError(t, json.Unmarshal(text, &messages))
	return messages
}

var placeholder = regexp.MustCompile(`\{\d\}`)

func placeholders(message string) []string {
	all := placeholder.FindAllString(message, -1)
	slices.Sort(all)
	return slices.Compact(all)
}

// TestCatalogues: every language has every message, with the same arguments, and
// none of its own. Languages without a form for one have none.
func TestCatalogues(t *testing.T) {
	t.Parallel()
	english := catalogue(t, "en")
	for _, tag := range words.Languages() {
		messages := catalogue(t, tag)
		for key, want := range english {
			got, known := messages[key]
			if !known && strings.HasSuffix(key, ".one") && (tag == "ja" || tag == "zh") {
				continue
			}
			require.Truef(t, known, "%s lacks %s (%q)", tag, key, want)
			require.NotEmptyf(t, strings.TrimSpace(got), "%s: %s is empty", tag, key)
			require.Equalf(t, placeholders(want), placeholders(got), "%s: %s", tag, key)
		}
		for key := range messages {
			require.Containsf(t, english, key, "%s has a message that nobody wants", tag)
		}
	}
	files, err := os.ReadDir("catalogue")
	require.NoError(t, err)
	require.Len(t, files, len(words.Languages()))
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"": "en", "*": "en", "de": "de", "de-CH, fr;q=0.5": "de", "fr-CA,en;q=0.8": "fr", "pt-BR": "pt", "zh-Hans-CN,zh;q=0.9": "zh", "zh-TW": "zh",
		"ja;q=0.1, nl;q=0.9": "nl", "sv, es;q=0.3": "es", "tlh": "en", ";;;": "en", strings.Repeat("de,", 200): "en",
	} {
		require.Equal(t, want, words.Match(header), header)
	}
	require.Equal(t, "en", words.In("sv").Tag)
}

func FuzzMatch(f *testing.F) {
	f.Add("de-CH, fr;q=0.5")
	f.Add("x-y;q=1e9,*;q=-1")
	f.Fuzz(func(t *testing.T, header string) {
		require.Contains(t, words.Languages(), words.Match(header))
	})
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	en, de, fr, ja := words.In("en"), words.In("de"), words.In("fr"), words.In("ja")
	at := time.Date(2026, 11, 3, 14, 5, 9, 0, time.FixedZone("", 3600))
	require.Equal(t, "3 November 2026, 13:05 UTC", en.Time(at))
	require.Equal(t, "3. November 2026, 13:05:09 UTC", de.Seconds(at))
	require.Equal(t, "2026年11月3日", ja.Date(at))
	require.Equal(t, "3 nov.", fr.ShortDate(at))
	require.Equal(t, "novembre 2026", fr.Month(at))

	for d, want := range map[time.Duration]string{
		0: "0 seconds", time.Second: "1 second", 59 * time.Second: "59 seconds", 61 * time.Second: "1 minute", time.Hour: "1 hour",
		time.Hour + 59*time.Second: "1 hour", 2*time.Hour + 5*time.Minute: "2 hours 5 minutes", 49 * time.Hour: "2 days 1 hour", 48*time.Hour + 5*time.Minute: "2 days",
	} {
		require.Equal(t, want, en.Duration(d))
	}
	require.Equal(t, "0 jour", fr.Plural("duration.days", 0), "French has one for nothing too")
	require.Equal(t, "2時間5分", ja.Duration(2*time.Hour+5*time.Minute))

	for ratio, want := range map[float64]string{1: "100%", 0.99999: "99.99%", 0.9998: "99.98%", 0: "0%", 0.000001: "0.01%", 0.5: "50.00%"} {
		require.Equal(t, want, en.Percent(ratio, 2))
	}
	require.Equal(t, "99,98\u00a0%", de.Percent(0.9998, 2))
	require.Equal(t, "1,4\u00a0s", fr.Latency(1440*time.Millisecond))
	require.Equal(t, "32\u00a0ms", en.Latency(32*time.Millisecond))
	require.Equal(t, "<\u00a01\u00a0ms", en.Latency(time.Microsecond))
}

func TestText(t *testing.T) {
	t.Parallel()
	en := words.In("en")
	require.Equal(t, "no.such.key", en.Text("no.such.key", "x"))
	require.Equal(t, "{1} is down", en.Text("sentence.dead.named", "{1}"), "an argument is no pattern")
	require.Equal(t, "In maintenance", en.State(statuspage.InMaintenance))
	require.Equal(t, "Dead", en.State(int(status.Dead)))
	require.Equal(t, "Post-mortem", en.Phase(statuspage.Postmortem))
	require.Empty(t, en.Reason(status.None))
	for _, tag := range words.Languages() {
		w := words.In(tag)
		for _, p := range append(statuspage.IncidentPhases(), statuspage.MaintenancePhases()...) {
			require.True(t, w.Has("phase."+string(p)), p)
		}
		for _, i := range statuspage.Impacts() {
			require.True(t, w.Has("impact."+string(i)), i)
		}
		for s := range status.All() {
			require.True(t, w.Has("status."+s.String()), s)
		}
	}
}

func page(statuses ...status.Status) statuspage.Page {
	p := statuspage.Page{Built: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), Status: status.Healthy}
	s := statuspage.Service{ID: "web", Label: "Web"}
	for i, st := range statuses {
		s.Nodes = append(s.Nodes, statuspage.Node{ID: string(rune('a' + i)), Label: "Node " + string(rune('A'+i)), Status: st})
		if st.Severity() > p.Status.Severity() {
			p.Status = st
		}
	}
	s.Status = p.Status
	p.Services = []statuspage.Service{s}
	return p
}

func declared(impact statuspage.Impact, ago time.Duration) func(p *statuspage.Page) {
	return func(p *statuspage.Page) {
		p.Incidents = []statuspage.Incident{{Title: "Payments fail", Impact: impact, Started: p.Built.Add(-ago)}}
	}
}

func TestSentence(t *testing.T) {
	t.Parallel()
	const healthy, sick, dead, unknown = status.Healthy, status.Sick, status.Dead, status.Unknown
	cases := map[string]struct {
		page   statuspage.Page
		change func(p *statuspage.Page)
		want   string
	}{
		"healthy":      {page(healthy, healthy), nil, "All systems operational"},
		"one dead":     {page(healthy, dead), nil, "Node B is down"},
		"for how long": {page(healthy, dead), func(p *statuspage.Page) { p.Services[0].Nodes[1].Since = p.Built.Add(-65 * time.Minute) }, "Node B is down, for 1 hour 5 minutes"},
		"just now":     {page(healthy, dead), func(p *statuspage.Page) { p.Services[0].Nodes[1].Since = p.Built.Add(-50 * time.Second) }, "Node B is down"},
		"two dead": {page(healthy, dead, dead), func(p *statuspage.Page) {
			p.Services[0].Nodes[1].Since, p.Services[0].Nodes[2].Since = p.Built.Add(-time.Hour), p.Built.Add(-2*time.Hour)
		}, "2 of 3 systems are down, for 2 hours"},
		"all dead":          {page(dead, dead), nil, "All systems are down"},
		"the only one":      {page(dead), nil, "All systems are down"},
		"sick and dead":     {page(sick, dead, healthy), nil, "Node B is down"},
		"sick":              {page(sick, sick, healthy), nil, "2 of 3 systems are slow or under load"},
		"unknown":           {page(unknown, healthy, healthy), nil, "Status of Node A unknown"},
		"all unknown":       {page(unknown, unknown), nil, "Status unknown"},
		"stale":             {page(healthy), func(p *statuspage.Page) { p.Stale, p.Status = true, unknown }, "Status unknown"},
		"nothing":           {statuspage.Page{}, nil, "Status unknown"},
		"more than shown":   {page(healthy), func(p *statuspage.Page) { p.Status = dead }, "Some systems are down"},
		"maintenance":       {page(healthy, dead), func(p *statuspage.Page) { p.Services[0].Nodes[1].InMaintenance = true }, "Maintenance under way, all else operational"},
		"beside it":         {page(sick, dead, healthy), func(p *statuspage.Page) { p.Services[0].Nodes[1].InMaintenance = true }, "Node A is slow or under load"},
		"all of it":         {page(dead), func(p *statuspage.Page) { p.Services[0].Nodes[0].InMaintenance = true }, "Maintenance under way, all else operational"},
		"declared":          {page(healthy, healthy), declared(statuspage.ImpactCritical, 3*time.Minute), "Critical incident: Payments fail, for 3 minutes"},
		"declared, sick":    {page(sick, healthy), declared(statuspage.ImpactMajor, 0), "Major incident: Payments fail"},
		"measured is worse": {page(dead, healthy), declared(statuspage.ImpactMajor, 0), "Node A is down"},
		"only a notice":     {page(healthy, healthy), declared(statuspage.ImpactNone, 0), "All systems operational"},
		"declared, and over": {page(healthy, healthy), func(p *statuspage.Page) {
			declared(statuspage.ImpactCritical, time.Hour)(p)
			p.Incidents[0].Resolved = p.Built
		}, "All systems operational"},
		"declared, stale": {page(healthy), func(p *statuspage.Page) {
			declared(statuspage.ImpactMinor, 0)(p)
			p.Stale, p.Status = true, unknown
		}, "Minor incident: Payments fail"},
		"healthy, worked on": {page(healthy, healthy), func(p *statuspage.Page) { p.Services[0].Nodes[0].InMaintenance = true }, "Maintenance under way, all else operational"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.change != nil {
				c.change(&c.page)
			}
			require.Equal(t, c.want, words.In("en").Sentence(c.page))
			for _, tag := range words.Languages() {
				require.NotContains(t, words.In(tag).Sentence(c.page), "sentence.")
			}
		})
	}
}

func TestProblem(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 11, 21, 9, 4, 20, 0, time.UTC)
	en := words.In("en")
	require.Empty(t, en.Problem(statuspage.Problem{}))
	require.Equal(t, "The monitoring system has not answered since 21 November 2026, 09:04:20 UTC, so the status is unknown.", en.Problem(statuspage.Problem{Kind: statuspage.NoAnswer, Since: since}))
	for _, kind := range []statuspage.ProblemKind{statuspage.NeverAnswered, statuspage.NoAnswer, statuspage.NoData, statuspage.NoNewData} {
		require.True(t, en.Has("problem."+string(kind)), kind)
	}
}
