// SPDX-License-Identifier: Apache-2.0

package format

import (
	"net/url"
	"slices"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// link returns the address of a path of the page.
func (o Options) link(path string) string { return o.BaseURL + path }

func (o Options) incident(id string) string { return o.link("/incidents/" + url.PathEscape(id)) }

func (o Options) maintenance(id string) string { return o.link("/maintenance/" + url.PathEscape(id)) }

func (o Options) service(id string) string { return o.link("/services/" + url.PathEscape(id)) }

// home returns the address of the page itself.
func (o Options) home() string { return o.link("/") }

// touches tells whether something with these components is for readers of
// o.Service: it is if it is about the whole, or about that service.
func (o Options) touches(components []statuspage.Ref) bool {
	return o.Service == "" || len(components) == 0 ||
		slices.ContainsFunc(components, func(r statuspage.Ref) bool { return r.Service == o.Service })
}

// A place is a component of the page.
type place struct {
	ref     statuspage.Ref
	label   string // "Service" or "Service – Node"
	service *statuspage.Service
	node    *statuspage.Node // nil: the service as a whole
}

func (c place) status() status.Status {
	if c.node == nil {
		return c.service.Status
	}
	return c.node.Status
}

func (c place) inMaintenance() bool {
	if c.node == nil {
		return c.service.InMaintenance
	}
	return c.node.InMaintenance
}

func (c place) past() statuspage.Past {
	if c.node == nil {
		return c.service.Past
	}
	return c.node.Past
}

// find returns what the Ref names.
func find(p statuspage.Page, r statuspage.Ref) (place, bool) {
	s, n := p.Find(r)
	switch {
	case s == nil:
		return place{}, false
	case n == nil:
		return place{r, s.Label, s, nil}, true
	}
	return place{r, s.Label + " – " + n.Label, s, n}, true
}

// labels returns the names of components, for people; those that the page does not
// have are left out.
func labels(p statuspage.Page, refs []statuspage.Ref) []string {
	var all []string
	for _, r := range refs {
		if c, found := find(p, r); found {
			all = append(all, line(c.label))
		}
	}
	return all
}
