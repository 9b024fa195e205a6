// SPDX-License-Identifier: Apache-2.0

package subscribe

import (
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
	"github.com/pharos-status/pharos/statuspage/words"
)

// confirmation is the payload of a delivery that is no news: a request to confirm,
// or word that the address is a subscriber already.
const confirmation = "confirm"

// errGone says that what was to be told is not there any more, or for nobody to see.
var errGone = errors.New("there is nothing to tell any more")

// A message is what a subscriber is told, before it has a form.
type message struct {
	kind     string // confirm, already, incident, maintenance or announcement
	id       string // of the subject
	update   string // of its update
	title    string // of the subject
	phase    statuspage.Phase
	impact   statuspage.Impact
	text     string // Markdown
	at       time.Time
	start    time.Time // of a maintenance
	end      time.Time
	affected []statuspage.Ref
	path     string // below the page
}

// compose finds what a delivery is about. It returns errGone if that was deleted, or
// drawn back into a draft.
func compose(d store.Delivery, x store.Subscriber, c store.Contents) (message, error) {
	if string(d.Payload) == confirmation {
		if !x.Confirmed.IsZero() {
			return message{kind: "already"}, nil
		}
		return message{kind: confirmation, path: "/subscribe/confirm?token=" + url.QueryEscape(Token(x))}, nil
	}
	switch d.News.Kind {
	case store.NewsIncident:
		return incident(d.News, c)
	case store.NewsMaintenance:
		return maintenance(d.News, c)
	case store.NewsAnnouncement:
		for _, a := range c.Announcements {
			if a.ID == d.News.Subject {
				return message{kind: "announcement", id: a.ID, title: a.Title, text: a.Text, at: a.Time, path: a.Path()}, nil
			}
		}
	}
	return message{}, errGone
}

func incident(n store.News, c store.Contents) (message, error) {
	for _, i := range c.Incidents {
		if i.ID != n.Subject || i.Draft {
			continue
		}
		m := message{kind: "incident", id: i.ID, title: i.Title, phase: i.Phase(), impact: i.Impact, at: i.Updated, affected: i.Components, path: "/incidents/" + i.ID}
		return m, m.take(i.Updates, n.Update)
	}
	return message{}, errGone
}

func maintenance(n store.News, c store.Contents) (message, error) {
	for _, w := range c.Maintenances {
		if w.ID != n.Subject {
			continue
		}
		m := message{kind: "maintenance", id: w.ID, title: w.Title, phase: statuspage.Scheduled, text: w.Text, at: n.Time, affected: w.Components, path: "/maintenance/" + w.ID}
		for _, next := range w.Between(n.Time.Add(-time.Minute), n.Time.AddDate(2, 0, 0), 1) {
			m.start, m.end = next.Start, next.End
		}
		return m, m.take(w.Updates, n.Update)
	}
	return message{}, errGone
}

// take takes over what an update says, if the news is one.
func (m *message) take(updates []statuspage.Update, id string) error {
	if id == "" {
		return nil
	}
	at := slices.IndexFunc(updates, func(u statuspage.Update) bool { return u.ID == id })
	if at < 0 {
		return errGone
	}
	u := updates[at]
	m.update, m.phase, m.text, m.at = u.ID, u.Phase, u.Text, u.Time
	return nil
}

// heading says what the message is about, in a few words.
func (m *message) heading(w *words.Words, p Page) string {
	switch m.kind {
	case confirmation, "already":
		return w.Text("mail."+m.kind+".subject", p.Title)
	case "announcement":
		return m.title
	}
	return m.title + " – " + w.Phase(m.phase)
}

// labels returns the names of what is hit, as the page has them.
func (m *message) labels(p Page) []string {
	var all []string
	for _, ref := range m.affected {
		if p.Shows(ref) {
			all = append(all, p.Label(ref))
		}
	}
	return all
}

// wants tells whether a subscriber of a page is told the news, which must be younger
// than the confirmation.
func wants(n store.News, x store.Subscriber, p Page) bool {
	switch {
	case x.Confirmed.IsZero() || n.Time.Before(x.Confirmed), x.MajorOnly && !n.Major:
		return false
	case len(n.Components) == 0:
		return true
	}
	return slices.ContainsFunc(n.Components, func(hit statuspage.Ref) bool {
		return p.Shows(hit) && (len(x.Components) == 0 || slices.ContainsFunc(x.Components, func(chosen statuspage.Ref) bool { return touch(hit, chosen) }))
	})
}

// touch tells whether one of two refs is the other, or a part of it.
func touch(a, b statuspage.Ref) bool {
	return a.Service == b.Service && (a.Node == b.Node || a.Node == "" || b.Node == "")
}
