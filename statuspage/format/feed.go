// SPDX-License-Identifier: Apache-2.0

package format

import (
	"crypto/sha256"
	"encoding/hex"
	"html/template"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/markdown"
)

// maxEntries is how many entries a feed has at most: the newest ones.
const maxEntries = 50

// A feed is what Atom, RSS and JSON Feed have in common.
type feed struct {
	id       string // a URI that stays the same
	title    string
	subtitle string
	author   string
	self     string // where it is itself
	home     string
	language string
	updated  time.Time
	entries  []entry // newest first by updated
}

// An entry is an incident, a maintenance or an announcement.
type entry struct {
	id         string // a URI that stays the same
	title      string
	url        string
	published  time.Time
	updated    time.Time
	html       string
	categories []string
}

// newFeed gathers the entries of a feed that is served at path.
func newFeed(p statuspage.Page, o Options, path string) feed {
	f := feed{
		title: line(title(p)), subtitle: o.words().Text("format.subtitle"), home: o.home(), self: o.link(path) + o.query(),
		language: o.words().Tag, author: line(p.Brand.CompanyName), updated: p.Today,
	}
	if f.author == "" {
		f.author = f.title
	}
	if o.Service != "" {
		if c, found := find(p, statuspage.Ref{Service: o.Service}); found {
			f.title += " – " + line(c.label)
		}
	}
	f.id = f.self
	if o.BaseURL == "" {
		f.id = urn("feed", pageID(p), f.self)
	}
	f.entries = entriesOf(p, o)
	for i := range f.entries {
		f.entries[i].html = statuspage.Lines(f.entries[i].html)
	}
	if len(f.entries) > 0 {
		f.updated = f.entries[0].updated
	}
	return f
}

// query returns what a feed's address says of its selection.
func (o Options) query() string {
	q := url.Values{}
	if o.Major {
		q.Set("major", "true")
	}
	if o.Service != "" {
		q.Set("service", o.Service)
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

func entriesOf(p statuspage.Page, o Options) []entry {
	var all []entry
	for i := range p.Incidents {
		in := &p.Incidents[i]
		major := in.Impact == statuspage.ImpactMajor || in.Impact == statuspage.ImpactCritical
		if o.touches(in.Components) && (major || !o.Major) {
			all = append(all, incidentEntry(p, o, in))
		}
	}
	if !o.Major {
		for i := range p.Maintenances {
			if m := &p.Maintenances[i]; o.touches(m.Components) {
				all = append(all, maintenanceEntry(p, o, m))
			}
		}
		for _, a := range p.Announcements {
			all = append(all, entry{
				id: urn("announcement", a.ID), title: line(a.Title), url: o.link(a.Path()),
				published: a.Time, updated: a.Time, html: string(markdown.HTML(a.Text)), categories: []string{"announcement"},
			})
		}
	}
	slices.SortStableFunc(all, func(a, b entry) int { return b.updated.Compare(a.updated) })
	return all[:min(len(all), maxEntries)]
}

func incidentEntry(p statuspage.Page, o Options, in *statuspage.Incident) entry {
	e := entry{
		id: urn("incident", in.ID), title: line(in.Title), url: o.incident(in.ID), published: in.Created, updated: in.Updated,
		categories: []string{"incident", string(in.Impact), string(in.Phase())},
	}
	var b strings.Builder
	updatesHTML(&b, o, in.Updates)
	affectedHTML(&b, p, o, in.Components)
	e.html = b.String()
	return e
}

func maintenanceEntry(p statuspage.Page, o Options, m *statuspage.Maintenance) entry {
	e := entry{
		id: urn("maintenance", m.ID), title: line(m.Title), url: o.maintenance(m.ID), published: m.Created, updated: m.Updated,
		categories: []string{"maintenance"},
	}
	w := o.words()
	if m.Cancelled {
		e.title = w.Text("format.cancelled", e.title)
		e.categories = append(e.categories, "cancelled")
	}
	var b strings.Builder
	if m.RRule == "" {
		b.WriteString(paragraph(w.Text("format.from_to", w.Time(m.Start), w.Time(m.End))))
	} else {
		b.WriteString(paragraph(w.Text("format.recurring", w.Time(m.Start), w.Time(m.End))))
	}
	updatesHTML(&b, o, m.Updates)
	b.WriteString(string(markdown.HTML(m.Text)))
	affectedHTML(&b, p, o, m.Components)
	e.html = b.String()
	return e
}

// updatesHTML writes a timeline, newest first.
func updatesHTML(b *strings.Builder, o Options, all []statuspage.Update) {
	for _, u := range slices.Backward(all) {
		b.WriteString("<p><strong>" + template.HTMLEscapeString(o.words().Phase(u.Phase)) + "</strong> – <time datetime=\"" +
			u.Time.UTC().Format(time.RFC3339) + "\">" + template.HTMLEscapeString(o.words().Time(u.Time)) + "</time></p>\n")
		b.WriteString(string(markdown.HTML(u.Text)))
	}
}

func affectedHTML(b *strings.Builder, p statuspage.Page, o Options, refs []statuspage.Ref) {
	if all := labels(p, refs); len(all) > 0 {
		b.WriteString(paragraph(o.words().Text("format.affected", strings.Join(all, ", "))))
	}
}

func paragraph(text string) string { return "<p>" + template.HTMLEscapeString(text) + "</p>\n" }

// urn returns a URI that depends on nothing but the parts: an RFC 9562 UUID of
// version 8 made of their hash.
func urn(parts ...string) string {
	sum := sha256.Sum256([]byte("pharos\x00" + strings.Join(parts, "\x00")))
	id := sum[:16]
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	h := hex.EncodeToString(id)
	return "urn:uuid:" + h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
