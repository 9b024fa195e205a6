// SPDX-License-Identifier: Apache-2.0

package config

import (
	"github.com/prometheus/prometheus/model/labels"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/statuspage"
)

// MainPage is the ID of the page that answers every host that no other one names.
const MainPage = "main"

// A Page is one of several pages.
type Page struct {
	ID       string   `yaml:"id"`
	Hosts    []string `yaml:"hosts"`    // in lower case, without a port; of the main page none
	Branding Branding `yaml:"branding"` // complete: what the file leaves empty is the main page's
	Language string   `yaml:"language"` // likewise
	Select   []string `yaml:"select"`   // label matchers, all of which have to fit; see [Page.Selects]
	Access   Access   `yaml:"access"`

	matchers []*labels.Matcher
}

// All returns the main page, and then the others.
func (c *Config) All() []*Page {
	all := []*Page{{ID: MainPage, Branding: c.Branding, Language: c.Language, Select: c.Select, Access: c.Access, matchers: c.matchers}}
	for i := range c.Pages {
		all = append(all, &c.Pages[i])
	}
	return all
}

// Brand returns the branding as the page has it.
func (p *Page) Brand() statuspage.Brand { return p.Branding.brand() }

// Selects tells whether the page shows a node: whether all matchers fit its labels,
// among them service, node and mode. A label that it does not have is empty.
func (p *Page) Selects(service string, n statuspage.NodeLayout) bool {
	for _, m := range p.matchers {
		value := n.Labels[m.Name]
		switch m.Name {
		case schema.Service:
			value = service
		case schema.Node:
			value = n.ID
		case schema.Mode:
			value = n.Mode
		}
		if !m.Matches(value) {
			return false
		}
	}
	return true
}
