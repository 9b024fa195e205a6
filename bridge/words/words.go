// SPDX-License-Identifier: Apache-2.0

// Package words says in sentences what a notification means: by templates in
// Alertmanager's own language, with its data, and with a default for each form that
// channels need. Sending the words is left to the channels.
//
// The data of templates are those of Alertmanager's webhook, so that templates for
// Alertmanager go on working, in an order and with times that suit a reader: the
// worst alert comes first, times are in the time zone of the bridge, and a reminder
// starts when the outage began. Besides, they have the methods of
// [webhook.Notification] and of [Data].
package words

import (
	"errors"
	"log/slog"
	"sync"
	"time"

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
	o        Options
	all      *set // the user's, and the defaults that the user has not replaced
	defaults *set

	complaints *complaints
	note       string
	overtaken  bool
}

// complaints tell when each template was last complained about.
type complaints struct {
	mu   sync.Mutex
	last map[string]time.Time
}

// New reads the templates. A file that replaces a default is refused if that can't be
// filled in any more.
func New(o Options) (*Words, error) {
	if o.Location == nil {
		o.Location = time.UTC
	}
	w := &Words{o: o, complaints: &complaints{last: map[string]time.Time{}}}
	var err error
	if w.defaults, err = parse(nil); err != nil {
		return nil, err
	}
	if len(o.Files) == 0 {
		w.all = w.defaults
		return w, nil
	}
	if w.all, err = parse(o.Files); err != nil {
		return nil, err
	}
	return w, w.checkDefaults()
}

// With returns the same words, for one message: the note is a sentence about the message
// itself, such as that it comes late, and empty if there is nothing to say; overtaken
// means that newer word of its group waits behind it.
func (w *Words) With(note string, overtaken bool) *Words {
	one := *w
	one.note, one.overtaken = note, overtaken
	return &one
}

// Text fills in a template. If the template can't be filled in with these data, which is
// logged, the default words are returned: poor words are better than none. It returns
// at most 64 KiB.
func (w *Words) Text(tmpl string, n *webhook.Notification) string {
	d := w.data(n)
	text, err := w.all.text(tmpl, d)
	if err == nil || errors.Is(err, errTooLong) {
		return text
	}
	w.complain(tmpl, err)
	return w.fallBack(w.defaults.text, tmpl, d)
}

// TryText fills in a template whose form matters, such as that of JSON, so that no other
// words will do. More than 64 KiB are an error.
func (w *Words) TryText(tmpl string, n *webhook.Notification) (string, error) {
	text, err := w.all.text(tmpl, w.data(n))
	if err != nil {
		return "", err
	}
	return text, nil
}

// HTML is Text for templates of HTML, in which data are escaped by their context.
func (w *Words) HTML(tmpl string, n *webhook.Notification) string {
	d := w.data(n)
	text, err := w.all.html(tmpl, d)
	if err == nil {
		return text
	}
	w.complain(tmpl, err)
	return w.fallBack(w.defaults.html, tmpl, d)
}

// fallBack fills in the template with the defaults that the user may have replaced.
// If that is of no use either, the title goes into every form.
func (w *Words) fallBack(fill func(string, Data) (string, error), tmpl string, d Data) string {
	for _, try := range []string{tmpl, Title} {
		if text, err := fill(try, d); err == nil {
			return text
		}
	}
	return "Alerts: " + d.Status
}

// complain logs that a template can't be filled in, at most once a minute for each.
func (w *Words) complain(tmpl string, err error) {
	c := w.complaints
	c.mu.Lock()
	last, before := c.last[tmpl]
	again := !before || time.Since(last) >= time.Minute
	if again {
		c.last[tmpl] = time.Now()
	}
	c.mu.Unlock()
	if again {
		w.o.Logger.Error("a template can't be filled in, so the default words are sent", "template", Cut(tmpl, 200), "err", err)
	}
}

// PageTitle returns the title of the status page.
func (w *Words) PageTitle() string { return w.o.PageTitle }

// PageURL returns where the status page is; empty if nobody said so.
func (w *Words) PageURL() string { return w.o.PageURL }

// Location returns in which time zone times are told.
func (w *Words) Location() *time.Location { return w.o.Location }
