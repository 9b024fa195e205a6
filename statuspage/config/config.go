// SPDX-License-Identifier: Apache-2.0

// Package config reads statuspage.yml: where Prometheus and Alertmanager are,
// how the page is branded, who may announce. It checks values and reads secret
// files, and knows no network; using the values is left to package server.
package config

import (
	"os"
	"time"

	commonconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/statuspage"
)

// A Config is what statuspage.yml says, checked. It is not changed once loaded.
type Config struct {
	Prometheus      Endpoint       `yaml:"prometheus"`
	Alertmanager    Endpoint       `yaml:"alertmanager"`
	Branding        Branding       `yaml:"branding"`
	Manager         Manager        `yaml:"manager"`
	RefreshInterval model.Duration `yaml:"refresh_interval"`
	StaleAfter      model.Duration `yaml:"stale_after"` // see [statuspage.Input]
}

// An Endpoint is an HTTP API and how to reach it.
type Endpoint struct {
	URL  string                        `yaml:"url"`
	HTTP commonconfig.HTTPClientConfig `yaml:",inline"`
}

// Branding is what the operator says of the page; see [statuspage.Brand].
type Branding struct {
	PageTitle   string `yaml:"page_title"`
	PageURL     string `yaml:"page_url"`
	CompanyName string `yaml:"company_name"`
	IconURL     string `yaml:"icon_url"`
	IconColor   string `yaml:"icon_color"`
	LogoURL     string `yaml:"logo_url"`
	LogoColor   string `yaml:"logo_color"`
	WebsiteURL  string `yaml:"website_url"`
	SupportURL  string `yaml:"support_url"`
	CustomHTML  string `yaml:"custom_html"`
}

// Manager says who may use the manager API.
type Manager struct {
	Token     configfile.Secret `yaml:"token"` // empty: every call is refused
	TokenFile string            `yaml:"token_file"`
}

// Default returns the configuration that an absent or empty file stands for.
func Default() *Config {
	return &Config{
		Prometheus:      Endpoint{URL: "http://127.0.0.1:9090", HTTP: commonconfig.DefaultHTTPClientConfig},
		Alertmanager:    Endpoint{URL: "http://127.0.0.1:9093", HTTP: commonconfig.DefaultHTTPClientConfig},
		Branding:        Branding{PageTitle: "Status Page"},
		RefreshInterval: model.Duration(15 * time.Second),
		StaleAfter:      model.Duration(2 * time.Minute),
	}
}

// Load reads the file at path. Its error tells everything that is wrong with the
// file, a line each, and wraps [os.ErrNotExist] if there is no such file.
func Load(path string) (*Config, error) {
	f, err := configfile.Read(path)
	if err != nil {
		return nil, err
	}
	return parse(f, os.LookupEnv)
}

// Brand returns the branding as the page has it.
func (c *Config) Brand() statuspage.Brand {
	b := c.Branding
	return statuspage.Brand{
		Title: b.PageTitle, URL: b.PageURL, CompanyName: b.CompanyName,
		IconURL: b.IconURL, IconColor: b.IconColor, LogoURL: b.LogoURL, LogoColor: b.LogoColor,
		WebsiteURL: b.WebsiteURL, SupportURL: b.SupportURL, CustomHTML: b.CustomHTML,
	}
}

// YAML returns the configuration as a file would give it, without its secrets.
func (c *Config) YAML() ([]byte, error) { return configfile.Marshal(c) }

// String returns what [Config.YAML] does, so that no secret of the HTTP settings
// is printed by chance.
func (c *Config) String() string {
	text, err := c.YAML()
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func parse(f *configfile.File, lookup func(string) (string, bool)) (*Config, error) {
	if err := f.ExpandEnv(lookup); err != nil {
		return nil, err
	}
	c := Default()
	if err := f.Decode(c); err != nil {
		return nil, err
	}
	if err := c.check(f); err != nil {
		return nil, err
	}
	return c, nil
}
