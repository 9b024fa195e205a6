// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"time"

	"github.com/prometheus/common/version"

	"github.com/pharos-status/pharos/bridge/spool"
	"github.com/pharos-status/pharos/internal/app"
)

//go:embed landing.html
var landingHTML string

// A landing is what the landing page shows.
type landing struct {
	Root     string // what leads to the other pages: "" or "../"
	Listed   bool   // whether the list of dead letters is for everybody who sees this page
	Version  string
	Problem  string // why the bridge is not ready; empty: it is
	Channels []row
}

// A row is a channel, in the order of the configuration.
type row struct {
	Name, Kind  string
	Recipients  int
	Waiting     int
	Oldest      time.Duration // how long the oldest waits, in whole seconds
	DeadLetters int
}

// serveLanding returns what serves the page below a path to which root leads back.
func (b *Bridge) serveLanding(root string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { b.writeLanding(w, root) }
}

func (b *Bridge) writeLanding(w http.ResponseWriter, root string) {
	l := newLanding(b.settings.Load(), b.spool.Figures(), time.Now())
	l.Root = root
	if err := b.Ready(); err != nil {
		l.Problem = err.Error()
	}
	page, err := l.render()
	if err != nil {
		b.o.Logger.Error("Landing page not rendered", "err", err)
		app.WriteText(w, http.StatusInternalServerError, "The page can't be shown; the log says why.\n")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(page) // the client is gone if this fails
}

func newLanding(s *settings, figures map[string]spool.Figure, now time.Time) landing {
	l := landing{Version: version.Version, Listed: s.config.Webhook.Token == ""}
	for i := range s.config.Channels {
		c := &s.config.Channels[i]
		figure := figures[c.Name]
		r := row{Name: c.Name, Kind: c.Kind(), Recipients: len(s.recipients[c.Name]), Waiting: figure.Waiting, DeadLetters: figure.DeadLetters}
		if !figure.Oldest.IsZero() {
			r.Oldest = max(now.Sub(figure.Oldest), 0).Truncate(time.Second)
		}
		l.Channels = append(l.Channels, r)
	}
	return l
}

func (l landing) render() ([]byte, error) {
	t, err := template.New("landing").Parse(landingHTML)
	if err != nil {
		return nil, err
	}
	var page bytes.Buffer
	err = t.Execute(&page, l)
	return page.Bytes(), err
}
