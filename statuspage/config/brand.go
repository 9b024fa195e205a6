// SPDX-License-Identifier: Apache-2.0

package config

import (
	"cmp"

	"github.com/pharos-status/pharos/statuspage"
)

// Branding is what the operator says of a page; see [statuspage.Brand].
type Branding struct {
	PageTitle   string   `yaml:"page_title"`
	PageURL     string   `yaml:"page_url"`
	CompanyName string   `yaml:"company_name"`
	IconURL     string   `yaml:"icon_url"`
	IconColor   string   `yaml:"icon_color"`
	LogoURL     string   `yaml:"logo_url"`
	LogoColor   string   `yaml:"logo_color"`
	WebsiteURL  string   `yaml:"website_url"`
	SupportURL  string   `yaml:"support_url"`
	CustomHTML  string   `yaml:"custom_html"`
	CSPSources  []string `yaml:"csp_sources"` // origins that custom_html and images may load from
}

// Brand returns the branding as the main page has it.
func (c *Config) Brand() statuspage.Brand { return c.Branding.brand() }

func (b *Branding) brand() statuspage.Brand {
	return statuspage.Brand{
		Title: b.PageTitle, URL: b.PageURL, CompanyName: b.CompanyName,
		IconURL: b.IconURL, IconColor: b.IconColor, LogoURL: b.LogoURL, LogoColor: b.LogoColor,
		WebsiteURL: b.WebsiteURL, SupportURL: b.SupportURL,
		CustomHTML: b.CustomHTML, CSPSources: b.CSPSources,
	}
}

// inherit takes from main what b leaves empty, but for the address.
func (b *Branding) inherit(main *Branding) {
	b.PageTitle = cmp.Or(b.PageTitle, main.PageTitle)
	b.CompanyName = cmp.Or(b.CompanyName, main.CompanyName)
	b.IconURL = cmp.Or(b.IconURL, main.IconURL)
	b.IconColor = cmp.Or(b.IconColor, main.IconColor)
	b.LogoURL = cmp.Or(b.LogoURL, main.LogoURL)
	b.LogoColor = cmp.Or(b.LogoColor, main.LogoColor)
	b.WebsiteURL = cmp.Or(b.WebsiteURL, main.WebsiteURL)
	b.SupportURL = cmp.Or(b.SupportURL, main.SupportURL)
	b.CustomHTML = cmp.Or(b.CustomHTML, main.CustomHTML)
	if b.CSPSources == nil {
		b.CSPSources = main.CSPSources
	}
}
