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

func dom(t testing.TB, p statuspage.Page) *html.Node {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(render(t, view.HTML, p)))
	require.NoError(t, err)
	return root
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
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
	node := only(t, dom(t, mixed()), "node/web/core")
	require.Equal(t, "Core servers", text(find(node, "h3")...))
	require.Equal(t, "Dead", text(only(t, node, "state")))
	require.Equal(t, "#dead", attribute(only(t, node, "use"), "href"), "the shape says so too")
	link := only(t, node, "a")
	require.Equal(t, "About the core", text(link))
	require.Equal(t, "https://example.com/core?a=1&b=2", attribute(link, "href"))
	require.Equal(t, "1 2 3 4 4 replicas: 1 dead, 1 sick, 1 unknown", text(only(t, node, "summary")))

	replicas := find(only(t, node, "ol"), "li")
	require.Len(t, replicas, 4)
	require.Equal(t, "1 Healthy tcp://edge-1.example.com:80 32 ms · 21 Nov 2026, 09:30:08 UTC", text(replicas[0]))
	require.Equal(t, "2 Dead : no answer in time tcp://edge-2.example.com:80 10.0 s · 21 Nov 2026, 09:30:08 UTC", text(replicas[1]))
	require.Equal(t, "3 Sick : slow answer tcp://edge-3.example.com:80 6.2 s · 21 Nov 2026, 09:30:08 UTC", text(replicas[2]))
	require.Equal(t, "4 Unknown : not seen yet tcp://edge-4.example.com:80", text(replicas[3]))
}

func TestLoadIsShown(t *testing.T) {
	t.Parallel()
	facts := find(only(t, dom(t, mixed()), "node/socket/app"), "facts")
	require.Equal(t, "CPU 125 % · RAM 41 % · 21 Nov 2026, 09:30:08 UTC", text(facts[0]))
	require.Equal(t, "Nothing has reported yet", text(only(t, only(t, dom(t, mixed()), "node/socket/relay"), "empty")))
}

func TestSentence(t *testing.T) {
	t.Parallel()
	partly := mixed()
	partly.Status = status.Unknown
	partly.Services = partly.Services[1:]
	partly.Services[0].Nodes[0].Status = status.Healthy
	partly.Services[0].Nodes[1].Status = status.Healthy
	sick := mixed()
	sick.Status = status.Sick
	rules := healthy()
	rules.Status = status.Dead
	for want, p := range map[string]statuspage.Page{
		"All systems are healthy":                                 healthy(),
		"All systems are slow or under load":                      uniform(status.Sick),
		"All systems are down":                                    uniform(status.Dead),
		"1 of 5 systems is down":                                  mixed(),
		"1 of 5 systems is slow or under load":                    sick,
		"Some systems are down":                                   rules,
		"Status unknown":                                          uniform(status.Unknown),
		"Status of 1 of 3 systems unknown":                        partly,
		"Status unknown: no data since 21 Nov 2026, 09:04:15 UTC": stale(),
		"Status unknown: no data yet":                             empty(),
	} {
		root := dom(t, p)
		require.Equal(t, want, text(only(t, root, "sentence")))
		short, _, _ := strings.Cut(want, ":")
		require.True(t, strings.HasPrefix(text(only(t, root, "title")), short), "the title says it too")
	}
}

func TestAgeOfTheData(t *testing.T) {
	t.Parallel()
	age := only(t, only(t, dom(t, healthy()), "age"), "time")
	require.Equal(t, now().Add(-2*time.Second).Format(time.RFC3339), attribute(age, "datetime"))
	require.Equal(t, "21 Nov 2026, 09:30:13 UTC", text(age))
	for _, p := range []statuspage.Page{stale(), empty()} {
		root := dom(t, p)
		require.Empty(t, find(root, "age"), "the sentence says it")
		require.Contains(t, text(only(t, root, "banner")), p.Problem)
	}
}

func TestAnnouncementsAreText(t *testing.T) {
	t.Parallel()
	p := mixed()
	p.Announcements[0].Title, p.Announcements[0].Text = "<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`
	root := dom(t, p)
	article := only(t, root, "announcement/2")
	require.Equal(t, "<script>alert(1)</script>", text(only(t, article, "h3")))
	require.Len(t, find(root, "script"), 1, "the page's own")
	require.Len(t, find(root, "img"), 1, "the logo")
	require.Empty(t, find(dom(t, healthy()), "announcements"))
}

func TestBrand(t *testing.T) {
	t.Parallel()
	root := dom(t, mixed())
	require.Equal(t, "https://example.com/logo.svg", attribute(only(t, root, "logo"), "src"))
	require.Equal(t, "Acme & Sons", attribute(only(t, root, "logo"), "alt"))
	require.Equal(t, "#1972f5", attribute(only(t, root, "rect"), "fill"))
	require.Equal(t, "Website Support", text(only(t, root, "nav")))
	require.Contains(t, string(render(t, view.HTML, mixed())), `<meta name="generator" content="<custom>">`, "custom HTML stays as it is")

	p := empty()
	p.Brand.WebsiteURL, p.Services = "javascript:alert(1)", []statuspage.Service{{ID: "a b", Nodes: []statuspage.Node{{ID: "c/d\"", LinkURL: "javascript:alert(1)"}}}}
	root = dom(t, p)
	require.Empty(t, find(root, "logo"))
	require.Equal(t, "Status Page", text(only(t, root, "h1")))
	require.NotContains(t, string(render(t, view.HTML, p)), "javascript:")
	only(t, root, "node/a%20b/c%2Fd%22")
}

// What CSP forbids must not be there, ids must be unique, and what refers to an
// id must find it.
func TestMarkup(t *testing.T) {
	t.Parallel()
	for _, p := range []statuspage.Page{mixed(), healthy(), stale(), empty(), large()} {
		ids := map[string]bool{}
		var references []string
		for n := range dom(t, p).Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			require.NotEqual(t, "style", n.Data)
			for _, a := range n.Attr {
				require.NotEqual(t, "style", a.Key)
				require.False(t, strings.HasPrefix(a.Key, "on"), a.Key)
				switch {
				case a.Key == "id":
					require.False(t, ids[a.Val], "id %q twice", a.Val)
					ids[a.Val] = true
				case a.Key == "aria-labelledby":
					references = append(references, a.Val)
				case a.Key == "href" && strings.HasPrefix(a.Val, "#"):
					references = append(references, a.Val[1:])
				}
			}
			if n.Data == "script" {
				require.Nil(t, n.FirstChild)
			}
		}
		for _, id := range references {
			require.True(t, ids[id], "nothing has the id %q", id)
		}
	}
}

// Whatever people announce, it adds text and no element.
func FuzzAnnouncement(f *testing.F) {
	f.Add("Title", "Text")
	f.Add("</h3><script>", "</main>\x00<!--")
	f.Add("{{.Title}}", "&lt;b&gt;\r\n")
	elements := func(t *testing.T, title, body string) (n int) {
		t.Helper()
		p := healthy()
		p.Announcements = []statuspage.Announcement{{ID: "1", Title: title, Text: body, Time: now()}}
		for e := range dom(t, p).Descendants() {
			if e.Type == html.ElementNode || e.Type == html.CommentNode {
				n++
			}
		}
		return n
	}
	f.Fuzz(func(t *testing.T, title, body string) {
		require.Equal(t, elements(t, "a", "b"), elements(t, title, body))
	})
}
