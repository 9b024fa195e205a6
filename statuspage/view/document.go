// SPDX-License-Identifier: Apache-2.0

package view

import (
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/words"
)

//go:embed templates/*.html
var templateFiles embed.FS

// templates are parsed once, at the first use.
var templates = sync.OnceValue(func() *template.Template { //nolint:gochecknoglobals // parsed once
	return template.Must(template.New("").ParseFS(templateFiles, "templates/*.html"))
})

// A document is what the templates show of a page, in the words and forms of HTML.
type document struct {
	p statuspage.Page
	o Options
	w *words.Words

	Title    string // of the window, before the name of the page
	Summary  string // for search engines
	Home     bool   // it is the page itself
	NoRobots bool
	Body     any // what the template of this kind of page shows

	locked bool   // the visitor may see no more than this
	about  string // the service whose page it is
	Token  string // of the subscription whose page it is
	labels map[statuspage.Ref]string
	// What was written before, since thousands of components share seconds, days and
	// spans of time.
	times map[time.Time]string
	dates map[time.Time]string
	spent map[[2]int]string // by state and minutes
}

func newDocument(p statuspage.Page, o Options) *document {
	return &document{p: withToday(p), o: o, w: cmp.Or(o.Words, words.In("en")), NoRobots: p.Private, times: map[time.Time]string{}, dates: map[time.Time]string{}, spent: map[[2]int]string{}}
}

// withToday returns the page with a day that is under way, history or not.
func withToday(p statuspage.Page) statuspage.Page {
	if p.Today.IsZero() {
		p.Today = p.Built.UTC().Truncate(24 * time.Hour)
	}
	return p
}

// execute draws the page before it writes any of it, so that an error leaves no half
// page.
func (d *document) execute(w io.Writer, name string) error {
	var m markup
	if err := d.draw(&m, name); err != nil {
		return err
	}
	_, err := w.Write(m)
	return err
}

func (d *document) draw(m *markup, name string) error {
	if err := templates().ExecuteTemplate(m, name, d); err != nil {
		return fmt.Errorf("draw %s: %w", name, err)
	}
	return nil
}

// T returns a message; see [words.Words.Text].
func (d *document) T(key string, args ...string) string { return d.w.Text(key, args...) }

// Link returns what an href holds for a path of ours, in the language that the visitor
// chose.
func (d *document) Link(path string) string {
	if d.o.Chosen {
		separator := "?"
		if strings.Contains(path, "?") {
			separator = "&"
		}
		path += separator + "lang=" + d.w.Tag
	}
	return d.link(path)
}

func (d *document) link(path string) string {
	if d.o.Link == nil {
		return path
	}
	return d.o.Link(path)
}

// Feed returns what an href holds for a feed or the calendar: on the page of a service,
// of what touches that.
func (d *document) Feed(path string) string {
	if d.about != "" {
		path += "?service=" + url.QueryEscape(d.about)
	}
	return d.Link(path)
}

// FeedTitle names what Feed leads to.
func (d *document) FeedTitle() string {
	if label, shown := d.label(statuspage.Ref{Service: d.about}); shown {
		return d.T("component", d.Name(), label)
	}
	return d.Name()
}

// Asset returns where a file of ours is.
func (d *document) Asset(file string) string { return d.link(assetPath(file)) }

// Events returns where the page learns that it has changed; empty without a server.
func (d *document) Events() string {
	if !d.o.Live {
		return ""
	}
	return d.link("/events")
}

// Until returns when a copy is too old to be believed; empty if it never is.
func (d *document) Until() string {
	if d.o.Until.IsZero() {
		return ""
	}
	return d.o.Until.UTC().Format(time.RFC3339)
}

// Unknown returns where the page is that is true of a copy from then on.
func (d *document) Unknown() string { return d.o.Unknown }

// Lang returns the language of the page.
func (d *document) Lang() string { return d.w.Tag }

// Languages returns the languages to choose from.
func (d *document) Languages() []*words.Words {
	var all []*words.Words
	for _, tag := range d.o.Languages {
		all = append(all, words.In(tag))
	}
	return all
}

// Brand returns what the operator says of the page.
func (d *document) Brand() statuspage.Brand { return d.p.Brand }

// Name returns the name of the page.
func (d *document) Name() string { return cmp.Or(d.p.Brand.Title, d.T("page.title")) }

// CustomHTML returns the operator's own, as it is meant.
func (d *document) CustomHTML() template.HTML { return template.HTML(d.p.Brand.CustomHTML) } //nolint:gosec // the operator's

// Style returns the style sheet, which each page holds: it is needed to begin.
func (d *document) Style() template.CSS { return template.CSS(inlined("page.css")) } //nolint:gosec // ours

// Theme returns the script that must run before anything is drawn.
func (d *document) Theme() template.JS { return template.JS(inlined("theme.js")) } //nolint:gosec // ours

// Open tells whether the visitor may go on to other pages.
func (d *document) Open() bool { return !d.locked }

// Indexed tells whether the page is for search engines and previews.
func (d *document) Indexed() bool { return !d.NoRobots && !d.locked }

// Company returns who runs the page.
func (d *document) Company() string { return d.p.Brand.CompanyName }

// Website returns the operator's other site.
func (d *document) Website() string { return safeURL(d.p.Brand.WebsiteURL) }

// Support returns where to ask for help.
func (d *document) Support() string { return safeURL(d.p.Brand.SupportURL) }

// Picture returns the address of the picture for previews, which must be absolute.
func (d *document) Picture() string {
	base := strings.TrimRight(safeURL(d.p.Brand.URL), "/")
	if base == "" {
		return ""
	}
	return base + "/og.png"
}

// Offer returns the message that invites to subscribe.
func (d *document) Offer() string {
	switch o := d.o.Subscribe; {
	case o.Email && o.Webhook:
		return "subscribe.both"
	case o.Email:
		return "subscribe.email"
	}
	return "subscribe.webhook"
}

// Offers tells whether visitors may subscribe by more than feeds.
func (d *document) Offers() bool { return d.o.Subscribe.Email || d.o.Subscribe.Webhook }

// Legend explains the states.
func (d *document) Legend() []legend {
	var all []legend
	for s := range status.All() {
		all = append(all, legend{s.String(), d.w.Status(s), d.T("legend." + s.String())})
	}
	return append(all, legend{maintenance, d.w.State(statuspage.InMaintenance), d.T("legend.maintenance")})
}

type legend struct{ Class, Word, Meaning string }

// maintenance is the class of what is in maintenance; that of a status is its name.
const maintenance = "maintenance"

// stateClass returns the class of what an index of [statuspage.Minutes] stands for.
func stateClass(index int) string {
	if index == statuspage.InMaintenance {
		return maintenance
	}
	return status.Status(index).String() //nolint:gosec // at most InMaintenance
}

// label names a component in full, if the page shows it.
func (d *document) label(r statuspage.Ref) (name string, shown bool) {
	if d.labels == nil {
		d.labels = map[statuspage.Ref]string{}
		for _, s := range d.p.Services {
			d.labels[statuspage.Ref{Service: s.ID}] = s.Label
			for _, n := range s.Nodes {
				d.labels[statuspage.Ref{Service: s.ID, Node: n.ID}] = d.T("component", s.Label, n.Label)
			}
		}
	}
	name, shown = d.labels[r]
	return name, shown
}
