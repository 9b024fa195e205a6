// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

// Robots writes /robots.txt. A private page wants no robot.
func Robots(w io.Writer, p statuspage.Page, o Options) error {
	text := "User-agent: *\n"
	if p.Private {
		text += "Disallow: /\n"
	} else {
		text += "Disallow: " + strings.Join([]string{"/admin/", "/manager/", "/reporter/", "/subscribe", "/unsubscribe", "/events"}, "\nDisallow: ") + "\n"
		if o.BaseURL != "" {
			text += "\nSitemap: " + line(o.link("/sitemap.xml")) + "\n"
		}
	}
	_, err := io.WriteString(w, text)
	return err
}

// maxLocations is how many incidents, and how many maintenances, the sitemap lists.
const maxLocations = 1000

type (
	sitemap struct {
		XMLName   xml.Name   `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
		Locations []location `xml:"url"`
	}
	location struct {
		Address  string `xml:"loc"`
		Modified string `xml:"lastmod,omitempty"`
	}
)

// Sitemap writes /sitemap.xml. It is of use only with a BaseURL: the addresses in it
// have to be absolute.
func Sitemap(w io.Writer, p statuspage.Page, o Options) error {
	s := sitemap{Locations: []location{{Address: o.home()}, {Address: o.link("/history")}}}
	for _, service := range p.Services {
		s.Locations = append(s.Locations, location{Address: o.service(service.ID)})
	}
	for _, in := range p.Incidents[:min(len(p.Incidents), maxLocations)] {
		s.Locations = append(s.Locations, location{o.incident(in.ID), modified(in.Updated)})
	}
	for _, m := range p.Maintenances[max(0, len(p.Maintenances)-maxLocations):] {
		s.Locations = append(s.Locations, location{o.maintenance(m.ID), modified(m.Updated)})
	}
	return writeXML(w, s)
}

func modified(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// toolsSection is the title of what only a server can do.
const toolsSection = "Tools"

// LLMs writes /llms.txt: what a language model finds where.
func LLMs(w io.Writer, p statuspage.Page, o Options) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n\n> Whether the systems of %s work, what is wrong with them, and what is planned. Times are in UTC. "+
		"The states are healthy, sick (answers, but slowly or under load), dead, and unknown (it can't be told: never read that as healthy).\n",
		escape(title(p)), escape(owner(p)))
	for _, section := range []struct {
		title string
		links [][3]string
	}{
		{"Now", [][3]string{
			{"The page as Markdown", "/index.md", "everything that is known now, in one document"},
			{"Status in one word", "/status/text", "healthy, sick, dead or unknown"},
			{"Status as JSON", "/api/v2/status.json", "in the format of Atlassian Statuspage, with `pharos_status`"},
			{"Components, open incidents and maintenance as JSON", "/api/v2/summary.json", "likewise"},
		}},
		{"Past and future", [][3]string{
			{"Incidents as JSON", "/api/v2/incidents.json", "the 50 newest ones with their updates"},
			{"Maintenance as JSON", "/api/v2/scheduled-maintenances.json", "with `upcoming.json` and `active.json` below `/api/v2/scheduled-maintenances/`"},
			{"Feed", "/feed.json", "JSON Feed; also `/feed.atom` and `/feed.rss`; with `?major=true` or `?service=ID`"},
			{"Calendar of maintenance", "/maintenance.ics", "iCalendar"},
		}},
		{toolsSection, [][3]string{
			{"MCP server", "/mcp", "Model Context Protocol over HTTP, read-only: get_report, list_components, list_incidents, get_history"},
		}},
	} {
		if o.Static && section.title == toolsSection {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n", section.title)
		for _, l := range section.links {
			fmt.Fprintf(&b, "- [%s](%s): %s\n", l[0], o.link(l[1]), l[2])
		}
	}
	_, err := b.WriteTo(w)
	return err
}

// owner returns whose systems the page is about.
func owner(p statuspage.Page) string {
	if p.Brand.CompanyName != "" {
		return p.Brand.CompanyName
	}
	return title(p)
}
