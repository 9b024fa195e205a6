// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

// A gallery holds the pages that visitors see now, by host. One goroutine puts them
// up; all others read.
type gallery struct {
	studio *studio
	shown  atomic.Pointer[shown] // nil until something is
	hubs   map[string]*hub       // by ID of the page; owned by the goroutine that puts up
}

// shown is all pages at one moment. It is never changed.
type shown struct {
	settings *settings
	sites    []*site // the main one first
	byHost   map[string]*site
	hubs     map[string]*hub // by ID of the page
}

func newGallery(s *studio) *gallery { return &gallery{studio: s, hubs: map[string]*hub{}} }

// at returns the page that a request is for. The name of a host is only looked up: it
// never gets into what is sent.
func (s *shown) at(r *http.Request) *site {
	if len(s.byHost) == 0 {
		return s.sites[0]
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if found, ok := s.byHost[strings.TrimSuffix(strings.ToLower(host), ".")]; ok {
		return found
	}
	return s.sites[0]
}

// byID returns the site of a page, nil if there is none.
func (s *shown) byID(id string) *site {
	for _, one := range s.sites {
		if one.face.id == id {
			return one
		}
	}
	return nil
}

// show builds all pages and puts them up at once. It returns the time until the first
// of them looks otherwise by the clock alone.
func (g *gallery) show(s *settings, k *knowledge, c *contents) time.Duration {
	before, now := g.shown.Load(), time.Now()
	next := &shown{settings: s, byHost: map[string]*site{}, hubs: map[string]*hub{}}
	wait := time.Duration(s.config.StaleAfter)
	for _, f := range s.faces {
		in := statuspage.Input{
			ID: f.id, Brand: f.brand, Language: f.language, Private: f.gate != nil, Selects: f.selects,
			Reading: k.reading, Since: k.since, History: k.history, Layout: k.layout,
			Incidents: c.Incidents, Maintenances: c.Maintenances, Corrections: c.Corrections, Announcements: c.Announcements,
			ReadOnly: c.away, Now: now, StaleAfter: time.Duration(s.config.StaleAfter),
		}
		page := statuspage.Build(in)
		wait = min(wait, untilOld(page, k.reading, time.Duration(s.config.StaleAfter)))
		var old *site
		if before != nil {
			old = before.byID(f.id)
		}
		drawn := newSite(page, f, g.studio, old)
		drawn.until = page.AsOf.Add(time.Duration(s.config.StaleAfter + s.config.Export.Every))
		drawn.unknown = func() statuspage.Page {
			in.StaleAfter = time.Nanosecond
			return statuspage.Build(in)
		}
		drawn.warm(old)
		next.sites = append(next.sites, drawn)
		for _, host := range f.hosts {
			next.byHost[host] = drawn
		}
		if g.hubs[f.id] == nil {
			g.hubs[f.id] = newHub()
		}
		next.hubs[f.id] = g.hubs[f.id]
	}
	g.shown.Store(next)
	g.tell(next)
	return wait
}

// tell tells those who listen, and ends the streams of pages that are no more.
func (g *gallery) tell(next *shown) {
	for _, one := range next.sites {
		g.hubs[one.face.id].publish(news{one.version, one.page.AsOf})
	}
	for id, h := range g.hubs {
		if next.hubs[id] == nil {
			h.close()
			delete(g.hubs, id)
		}
	}
}

// untilOld returns the time until a page that was just built looks otherwise by the
// clock alone: because it goes stale, or because planned work begins or ends.
func untilOld(p statuspage.Page, r statuspage.Reading, stale time.Duration) time.Duration {
	wait := stale // once it is stale, only a refresh can mend that
	if !p.Stale {
		oldest := r.At
		if r.Newest.Before(oldest) {
			oldest = r.Newest
		}
		wait = oldest.Add(stale).Sub(p.Built)
	}
	for i := range p.Occurrences {
		for _, at := range []time.Time{p.Occurrences[i].Start, p.Occurrences[i].End} {
			if at.After(p.Built) {
				wait = min(wait, at.Sub(p.Built))
			}
		}
	}
	return max(wait, 0) + time.Millisecond // older than stale, not as old
}
