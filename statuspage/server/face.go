// SPDX-License-Identifier: Apache-2.0

package server

import (
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/view"
)

// A face is what the configuration says of one page. It is never changed.
type face struct {
	id        string
	hosts     []string
	brand     statuspage.Brand
	language  string // empty: the visitor's choice
	selects   func(service string, n statuspage.NodeLayout) bool
	gate      *gate    // nil: the page is for everyone
	headers   []header // of each answer
	caching   []string // Cache-Control of what changes
	subscribe view.Subscribe
	embed     time.Duration // see [config.Embed]
	room      int64         // of what is drawn of it, in bytes
}

// newFaces returns the faces of all pages, the main one first.
func newFaces(c *config.Config) ([]*face, error) {
	var all []*face
	for _, p := range c.All() {
		g, err := newGate(p.ID, p.Access)
		if err != nil {
			return nil, err
		}
		reachable := p.Branding.PageURL != "" // messages need links
		f := &face{
			id: p.ID, hosts: p.Hosts, brand: p.Brand(), language: p.Language, selects: p.Selects, gate: g,
			headers: securityHeaders(p.Brand(), g != nil), caching: []string{cacheNever},
			subscribe: view.Subscribe{Email: reachable && c.Subscribers.Email.Enabled(), Webhook: reachable && c.Subscribers.Webhooks.Enabled},
			embed:     time.Duration(c.Embed.After),
			room:      maxCached / int64(1+len(c.Pages)),
		}
		if g != nil {
			f.caching = []string{cachePrivate}
		}
		all = append(all, f)
	}
	return all, nil
}

// blank returns a page of which nothing but the brand is known: for those who may not
// see more, or when there is no more to see.
func (f *face) blank() statuspage.Page {
	return statuspage.Page{ID: f.id, Brand: f.brand, Language: f.language, Private: f.gate != nil, Built: time.Now()}
}
