// SPDX-License-Identifier: Apache-2.0

package vigil

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/pharos-status/pharos/internal/configfile"
)

const pageFile = "statuspage.yml"

// minManager is how long the token of the manager API has to be, in bytes.
const minManager = 8

// A brand is what other files need of the section branding.
type brand struct {
	title setting[string]
	url   setting[string]
}

// server reads the section server, and returns the token of reporters.
func (c *converter) server(s *section) (manager, reporter setting[string]) {
	c.logLevel(s)
	inet := s.text("inet", "[::1]:8080")
	listen := "It is a flag of pharos, which otherwise listens on port 8080 of all addresses: --web.listen-address=" + inet.value + "."
	if !inet.set {
		inet.origin = s.at("inet", inet.origin)
		listen = "Vigil listens on [::1]:8080 if nothing is set; pharos on port 8080 of all addresses. To keep it: --web.listen-address=" + inet.value + "."
	}
	c.note(inet.origin, "flag --web.listen-address="+inet.value, listen)
	c.missing(s.number("workers", 4, 0, 1<<31).origin, "Not needed: requests don't wait for workers. Nothing to do.")
	mcp := s.flag("mcp_server", false)
	if mcp.value {
		c.note(mcp.origin, "GET /mcp/probes", "")
	} else {
		c.note(s.at("mcp_server", mcp.origin), "GET /mcp/probes", "The page always answers there, with nothing but what it shows. A proxy can refuse the path.")
	}
	manager, reporter = s.text("manager_token", ""), s.need("reporter_token")
	switch n := len(manager.value); {
	case !manager.set: // versions of Vigil without the API had none
		c.missing(s.at("manager_token", manager.origin), "There is none, so every call of the manager API is refused. To use it, write a token of 8 characters or more "+
			"into a file manager.token, and manager: {token_file: manager.token} into statuspage.yml.")
	case n > 0 && n < minManager:
		c.failAt(manager.src, "has %d characters, want %d or more; choose a longer one, here and in what announces by it", n, minManager)
	}
	s.done()
	return manager, reporter
}

func (c *converter) logLevel(s *section) {
	level := s.text("log_level", "error")
	switch {
	case !level.set:
	case !slices.Contains([]string{"debug", "info", "warn", "error"}, level.value):
		c.failAt(level.src, "is %q, want debug, info, warn or error", level.value)
	default:
		c.note(level.origin, "flag --log.level="+level.value, "It is a flag, info if it is not given.")
	}
}

func (c *converter) assets(s *section) {
	c.missing(s.text("path", "").origin, "Not needed: the page has its files in the program. If files of your own were below /assets/, have a proxy serve them.")
	s.done()
}

// page makes statuspage.yml.
func (c *converter) page(s *section, manager setting[string]) brand {
	b := block{c: c, file: pageFile, path: "branding"}
	out := brand{title: s.text("page_title", "Status Page"), url: s.need("page_url")}
	if strings.TrimSpace(out.title.value) == "" {
		c.missing(out.title.origin, "Is blank, and the page needs a title: it is Status Page now.")
		out.title = setting[string]{value: "Status Page"}
	}
	b.text("page_title", out.title, "Status Page", "")
	if out.url.set && !isLink(out.url.value) {
		c.failAt(out.url.src, "%q is not an address; write it in full, such as https://status.example.com/", out.url.value)
	}
	b.text("page_url", out.url, "", "It is no longer in the User-Agent of probes, which was vigil (+page_url): what lets them in by it has to know the new one.")
	b.text("company_name", s.text("company_name", ""), "", "")
	c.color(&b, s.text("icon_color", ""), "icon_color")
	c.link(&b, s.text("icon_url", ""), "icon_url")
	c.color(&b, s.text("logo_color", ""), "logo_color")
	c.link(&b, s.text("logo_url", ""), "logo_url")
	c.link(&b, s.text("website_url", ""), "website_url")
	c.link(&b, s.text("support_url", ""), "support_url", "mailto")
	c.customHTML(&b, s.text("custom_html", ""))
	s.done()
	var m configfile.Map
	b.into(&m, "branding")
	c.keep("manager.token", manager)
	if manager.set {
		m = append(m, configfile.Entry{
			Key: "manager", Value: configfile.Flow{Value: configfile.Map{{Key: "token_file", Value: "manager.token"}}}, After: manager.after(),
		})
	}
	c.write(pageFile, false, m)
	return out
}

// isLink tells whether an address can be put into the page.
func isLink(link string, more ...string) bool {
	u, err := url.Parse(link)
	if err != nil {
		return false
	}
	return (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" || slices.Contains(more, u.Scheme) && u.Opaque != ""
}

func (c *converter) link(b *block, s setting[string], key string, more ...string) {
	u, err := url.Parse(s.value)
	switch {
	case s.value == "" || isLink(s.value, more...):
		b.text(key, s, "", "")
	case err != nil || u.Scheme == "":
		c.failAt(s.src, "is not an address; write it in full, such as https://example.com/")
	default:
		c.missing(s.origin, "The page takes addresses that begin with "+enumerate(append([]string{"http:", "https:"}, more...))+" alone, so it is left out. Put what it leads to behind such an address.")
	}
}

// cssColor matches what the page takes for a color.
var cssColor = regexp.MustCompile(`^(#([0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})|[a-zA-Z]{3,30}|(rgb|hsl)a?\([0-9a-z.,%/ -]{1,60}\))$`)

func (c *converter) color(b *block, s setting[string], key string) {
	if s.value != "" && !cssColor.MatchString(s.value) {
		c.failAt(s.src, "%q is not a color; write one such as \"#1972F5\"", s.value)
	}
	b.text(key, s, "", "")
}

// origins matches where something in HTML may be loaded from.
var origins = regexp.MustCompile(`(?i)(https?:)?//((?:[0-9a-z-]+\.)+[0-9a-z-]+(?::[0-9]{1,5})?)`)

// customHTML also lets in the origins that the HTML names: the policy of the page
// would keep them out.
func (c *converter) customHTML(b *block, s setting[string]) {
	var sources []string
	for _, found := range origins.FindAllStringSubmatch(s.value, -1) {
		scheme := strings.ToLower(found[1])
		if scheme == "" {
			scheme = "https:"
		}
		if source := scheme + "//" + strings.ToLower(found[2]); !slices.Contains(sources, source) {
			sources = append(sources, source)
		}
	}
	differs := ""
	if s.value != "" {
		differs = "The page lets in no scripts and styles but its own, those that stand in the HTML itself, and those of csp_sources; attributes such as onclick do nothing."
	}
	b.text("custom_html", s, "", differs)
	if len(sources) > 0 {
		b.m = append(b.m, configfile.Entry{Key: "csp_sources", Value: sources, Above: "Origins that are named in custom_html."})
	}
}
