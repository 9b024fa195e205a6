// SPDX-License-Identifier: Apache-2.0

package view_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/view"
)

func parse(t testing.TB, page []byte) *html.Node {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	require.NoError(t, err)
	return root
}

func dom(t testing.TB, p statuspage.Page) *html.Node {
	t.Helper()
	return parse(t, render(t, view.Index, p))
}

// story parses a page of one thing.
func story(t testing.TB, name string, p statuspage.Page) *html.Node {
	t.Helper()
	return parse(t, render(t, stories()[name], p))
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

// find returns the elements below root of which a word of the class, the id or
// the name is what.
func find(root *html.Node, what string) []*html.Node {
	var all []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && (n.Data == what || attribute(n, "id") == what || strings.Contains(" "+attribute(n, "class")+" ", " "+what+" ")) {
			all = append(all, n)
		}
	}
	return all
}

func only(t testing.TB, root *html.Node, what string) *html.Node {
	t.Helper()
	all := find(root, what)
	require.Len(t, all, 1, what)
	return all[0]
}

// text returns what can be read below the nodes, each text of its own separated.
func text(nodes ...*html.Node) string {
	var words []string
	for _, root := range nodes {
		for n := range root.Descendants() {
			if n.Type == html.TextNode {
				words = append(words, strings.Fields(n.Data)...)
			}
		}
	}
	return strings.Join(words, " ")
}

func TestNodeTellsItsState(t *testing.T) {
	t.Parallel()
	node := only(t, dom(t, mixed()), "node__web__core")
	require.Equal(t, "Core servers", text(find(node, "h3")...))
	require.Equal(t, "Dead", text(only(t, node, "state")))
	require.Equal(t, "#dead", attribute(only(t, node, "use"), "href"), "the shape says so too")
	require.Equal(t, "98.27% uptime", text(only(t, node, "uptime")))
	require.Equal(t, "32 ms", text(only(t, node, "figure")))
	link := only(t, node, "a")
	require.Equal(t, "About the core", text(link))
	require.Equal(t, "https://example.com/core?a=1&b=2", attribute(link, "href"))
	require.Equal(t, "1 2 3 4 4 replicas: 1 dead, 1 sick, 1 unknown", text(only(t, node, "summary")))

	replicas := find(only(t, node, "ol"), "li")
	require.Len(t, replicas, 4)
	require.Equal(t, "1 Healthy tcp://edge-1.example.com:80 32 ms · 21 November 2026, 09:30:08 UTC", text(replicas[0]))
	require.Equal(t, "2 Dead : no answer in time tcp://edge-2.example.com:80 10.0 s · 21 November 2026, 09:30:08 UTC", text(replicas[1]))
	require.Equal(t, "3 Sick : slow answer tcp://edge-3.example.com:80 6.2 s · 21 November 2026, 09:30:08 UTC", text(replicas[2]))
	require.Equal(t, "4 Unknown : not seen yet tcp://edge-4.example.com:80", text(replicas[3]))
}

func TestFigures(t *testing.T) {
	t.Parallel()
	root := dom(t, mixed())
	require.Equal(t, "0.0312 %", text(only(t, only(t, root, "node__web__checkout"), "figure")))
	require.Equal(t, "1200 messages waiting", text(only(t, only(t, root, "node__socket__app"), "figure")))
	require.Equal(t, "CPU 125% · RAM 41% · 21 November 2026, 09:30:08 UTC", text(find(only(t, root, "node__socket__app"), "facts")[0]))
	require.Equal(t, "Nothing has reported yet", text(only(t, only(t, root, "node__socket__relay"), "empty")))
}

func TestMaintenanceStandsBesideTheTruth(t *testing.T) {
	t.Parallel()
	root := dom(t, inMaintenance())
	require.Equal(t, "In maintenance Dead", text(only(t, only(t, root, "node__web__balancer"), "states")))
	require.Equal(t, "Maintenance under way, all else operational", text(only(t, root, "sentence")))
	require.Contains(t, attribute(only(t, root, "banner"), "class"), "maintenance")
	require.Equal(t, "In maintenance", text(only(t, only(t, dom(t, mixed()), "node__web__balancer"), "states")))
}

// Services are open where something is wrong, or where there is little to fold.
func TestFolds(t *testing.T) {
	t.Parallel()
	root := dom(t, many(5, 50, 1))
	for i, service := range find(root, "service") {
		require.Equal(t, i == 0, has(service, "open"), "%d", i)
	}
	for _, service := range find(dom(t, healthy()), "service") {
		require.True(t, has(service, "open"))
	}
}

func TestDaysTellHowMuch(t *testing.T) {
	t.Parallel()
	node := only(t, dom(t, mixed()), "node__web__core")
	bars := only(t, node, "days")
	require.Equal(t, "Trouble on 6 days", attribute(bars, "aria-label"))
	require.Equal(t, "img", attribute(bars, "role"))
	table := map[string]string{}
	for _, row := range find(only(t, node, "tbody"), "tr") {
		table[attribute(only(t, row, "time"), "datetime")] = text(only(t, row, "td"))
	}
	require.Equal(t, map[string]string{
		"2026-11-21": "Dead 1 hour 5 minutes", "2026-11-18": "Sick 42 minutes", "2026-11-01": "Dead 5 minutes, Sick 30 minutes", "2026-10-31": "Dead 11 hours 40 minutes",
		"2026-10-23": "Healthy, corrected", "2026-10-12": "In maintenance 3 hours", "2026-09-21": "Unknown 10 hours", "2026-09-20": "Dead 1 day", "2026-09-19": "Sick 1 day",
	}, table)
	titles := find(bars, "title")
	require.Len(t, titles, len(table)-1, "each bar of its own tells its day; a corrected healthy day is like the others")
	require.Equal(t, "19 September 2026: Sick 1 day", text(titles[0]))
	require.Equal(t, "No trouble on any day", attribute(only(t, only(t, dom(t, mixed()), "node__socket__app"), "days"), "aria-label"))
}

// A bar is never higher than the picture, and every state of the day is in it.
func TestBarsFit(t *testing.T) {
	t.Parallel()
	for _, minutes := range []statuspage.Minutes{
		{1, 1, 1, 1, 1}, {1, 0, 0, 1439}, {1430, 0, 5, 5}, {0, 1, 1439}, {360, 0, 360, 360, 360}, {0, 0, 0, 0, 1440}, {0, 1439, 1},
	} {
		p := healthy()
		p.Services[0].Nodes[0].Days = []statuspage.Day{{Minutes: minutes}}
		bar := only(t, only(t, only(t, dom(t, p), "node__web__core"), "days"), "g")
		states, height := 0, 0
		for _, path := range find(bar, "path") {
			states++
			_, rest, _ := strings.Cut(attribute(path, "d"), "v")
			number, _, _ := strings.Cut(rest, "h")
			for _, digit := range number {
				require.True(t, '0' <= digit && digit <= '9', attribute(path, "d"))
			}
			height += len(number)
		}
		want := 0
		for _, n := range minutes {
			if n > 0 {
				want++
			}
		}
		require.Equal(t, want, states, "%v", minutes)
	}
}

func TestAgeOfTheData(t *testing.T) {
	t.Parallel()
	age := only(t, only(t, dom(t, healthy()), "age"), "time")
	require.Equal(t, now().Add(-2*time.Second).Format(time.RFC3339), attribute(age, "datetime"))
	require.Equal(t, "21 November 2026, 09:30:13 UTC", text(age))
	require.Contains(t, text(only(t, dom(t, stale()), "banner")), "has not answered since 21 November 2026, 09:04:15 UTC")
	require.Contains(t, text(only(t, dom(t, stale()), "banner")), "The record of incidents can’t be reached")
	require.Contains(t, text(only(t, dom(t, empty()), "banner")), "has not answered yet")
}

func TestWhatGoesOnComesFirst(t *testing.T) {
	t.Parallel()
	p := mixed()
	worse := openIncident()
	worse.ID, worse.Title, worse.Impact = "worse00000", "All is lost", statuspage.ImpactCritical
	p.Incidents = append(p.Incidents, worse)
	current := find(only(t, dom(t, p), "current"), "article")
	require.Len(t, current, 3)
	require.Equal(t, "All is lost", text(only(t, current[0], "h3")))
	require.Equal(t, "Core servers do not answer", text(only(t, current[1], "h3")))
	require.Contains(t, text(current[1]), "A router of our provider drops packets", "its latest update")
	require.NotContains(t, text(current[1]), "We are looking into it")
	require.Equal(t, "/incidents/inc1dent01", attribute(find(current[1], "a")[0], "href"))
	require.Equal(t, "Move of the database to faster machines", text(only(t, current[2], "h3")))

	root := dom(t, p)
	require.Len(t, find(only(t, root, "upcoming"), "article"), 1, "what recurs is listed once")
	past := find(root, "past")[0]
	require.Contains(t, text(past), "Slow sign-in")
	require.NotContains(t, text(past), "All of it was away", "that is for the history")
	require.NotContains(t, text(past), "What happened", "a post-mortem is told on its own page")
}

func TestBrand(t *testing.T) {
	t.Parallel()
	root := dom(t, mixed())
	require.Equal(t, "https://example.com/logo.svg", attribute(only(t, root, "logo"), "src"))
	require.Equal(t, "Acme & Sons", attribute(only(t, root, "logo"), "alt"))
	require.Equal(t, "#1972f5", attribute(find(only(t, root, "stripe"), "rect")[0], "fill"))
	require.Contains(t, string(render(t, view.Index, mixed())), `<meta name="generator" content="<custom>">`, "custom HTML stays as it is")

	p := empty()
	p.Brand.WebsiteURL, p.Services = "javascript:alert(1)", []statuspage.Service{{ID: "a b", Nodes: []statuspage.Node{{ID: "c/d\"", LinkURL: "javascript:alert(1)"}}}}
	root = dom(t, p)
	require.Empty(t, find(root, "logo"))
	require.Equal(t, "Status", text(only(t, root, "h1")))
	require.NotContains(t, string(render(t, view.Index, p)), "javascript:")
	only(t, root, "node__a_20b__c_2fd_22")
}

// A private page tells nothing before the password.
func TestLoginTellsNothing(t *testing.T) {
	t.Parallel()
	p := mixed()
	p.Private = true
	for _, name := range []string{"login", "login-failed"} {
		page := string(render(t, drawings()[name], p))
		for _, secret := range []string{"Core", "incident", "Dead", "/history\"", "feed", "og:"} {
			require.NotContains(t, page, secret+" servers do", name)
		}
		require.NotContains(t, page, "Web nodes")
		require.Contains(t, page, "noindex")
	}
	require.Contains(t, string(render(t, view.Index, p)), "noindex")
}

// What CSP forbids must not be there, ids must be unique, and what refers to an
// id must find it.
func TestMarkup(t *testing.T) {
	t.Parallel()
	for state, p := range states() {
		for name, f := range shown(state) {
			checkMarkup(t, state+"/"+name, parse(t, render(t, f, p)))
		}
	}
}

func checkMarkup(t *testing.T, where string, root *html.Node) {
	t.Helper()
	ids := map[string]bool{}
	var references []string
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, a := range n.Attr {
			require.NotEqual(t, "style", a.Key, where)
			require.False(t, strings.HasPrefix(a.Key, "on"), "%s: %s", where, a.Key)
			switch {
			case a.Key == "id":
				require.False(t, ids[a.Val], "%s: id %q twice", where, a.Val)
				ids[a.Val] = true
			case a.Key == "aria-labelledby" || a.Key == "aria-describedby" || a.Key == "for":
				references = append(references, a.Val)
			case a.Key == "href" && strings.HasPrefix(a.Val, "#"):
				references = append(references, a.Val[1:])
			}
		}
	}
	for _, id := range references {
		require.True(t, ids[id], "%s: nothing has the id %q", where, id)
	}
	require.Len(t, find(root, "h1"), 1, where)
}

// A name that the page does not carry can't be shown.
func TestHiddenTargetsAreNowhere(t *testing.T) {
	t.Parallel()
	const target = "https://secret-target.internal:8443/health"
	node := status.NodeID{Service: "web", Node: "api"}
	in := statuspage.Input{
		Now: now(), StaleAfter: 2 * time.Minute,
		Reading: statuspage.Reading{
			At: now(), Newest: now(),
			Replicas: map[status.ID]statuspage.ReplicaReading{node.Replica(target): {Status: status.Dead, Reason: status.Connect, LastSeen: now()}},
			Layout:   statuspage.Layout{Services: []statuspage.ServiceLayout{{ID: "web", Label: "Web", Nodes: []statuspage.NodeLayout{{ID: "api", Label: "API", Mode: "poll"}}}}},
		},
	}
	service := stories()["service-web"]
	for _, f := range []drawing{view.Index, service} {
		require.NotContains(t, string(render(t, f, statuspage.Build(in))), "secret-target")
	}
	in.Reading.Layout.Services[0].Nodes[0].Reveal = true
	require.Contains(t, string(render(t, service, statuspage.Build(in))), target, "the test must be able to see a target")
}

// Whatever people write in titles and labels, it adds text and no element.
func FuzzLabels(f *testing.F) {
	f.Add("Title", "Label")
	f.Add("</h3><script>", "</main>\x00<!--")
	f.Add("{{.Title}}", "&lt;b&gt;\r\n\" onload=\"x")
	elements := func(t *testing.T, title, label string) (n int) {
		t.Helper()
		p := mixed()
		p.Announcements[0].Title, p.Incidents[0].Title, p.Services[0].Label = title, title, label
		node := &p.Services[0].Nodes[0]
		node.Label, node.LinkLabel, node.Unit, node.Replicas[0].Name = label, label, label, label
		for e := range dom(t, p).Descendants() {
			if e.Type == html.ElementNode {
				n += 1 + len(e.Attr)
			}
			if e.Type == html.CommentNode {
				n++
			}
		}
		return n
	}
	f.Fuzz(func(t *testing.T, title, label string) {
		if title == "" || label == "" {
			t.Skip("an empty name may leave something out")
		}
		require.Equal(t, elements(t, "a", "b"), elements(t, title, label))
	})
}
