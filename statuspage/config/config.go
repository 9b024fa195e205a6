// SPDX-License-Identifier: Apache-2.0

// Package config reads statuspage.yml: where Prometheus and Alertmanager are, which
// pages there are and who may see them, and what operators leave to the program. It
// checks values and reads secret files, and knows no network; using the values is
// left to package server.
package config

import (
	"os"
	"time"

	commonconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/pharos-status/pharos/internal/configfile"
)

// A Config is what statuspage.yml says, checked. It is not changed once loaded.
type Config struct {
	Prometheus      Endpoint       `yaml:"prometheus"`
	Alertmanager    Endpoint       `yaml:"alertmanager"`
	Language        string         `yaml:"language"` // as in "en"; empty: the visitor's choice
	Branding        Branding       `yaml:"branding"`
	RefreshInterval model.Duration `yaml:"refresh_interval"`
	StaleAfter      model.Duration `yaml:"stale_after"` // see [statuspage.Input]
	Web             Web            `yaml:"web"`
	Store           Store          `yaml:"store"`
	Manager         Manager        `yaml:"manager"`
	Admin           Admin          `yaml:"admin"`
	Components      []Component    `yaml:"components"`
	Select          []string       `yaml:"select"` // of the main page; see [Page.Select]
	Access          Access         `yaml:"access"` // to the main page
	Pages           []Page         `yaml:"pages"`  // besides the main one; see [Config.All]
	Incidents       Incidents      `yaml:"incidents"`
	Maintenance     Maintenance    `yaml:"maintenance"`
	Subscribers     Subscribers    `yaml:"subscribers"`
	Export          Export         `yaml:"export"`
	Embed           Embed          `yaml:"embed"`

	matchers []*labels.Matcher // of Select
}

// An Endpoint is an HTTP API and how to reach it.
type Endpoint struct {
	URL  string                        `yaml:"url"`
	HTTP commonconfig.HTTPClientConfig `yaml:",inline"`
}

// A Store says where is kept what people tell the page.
type Store struct {
	URL     configfile.Secret `yaml:"url"` // of PostgreSQL; empty: SQLite in the data folder
	URLFile string            `yaml:"url_file"`
}

// Manager says who may use the manager API.
type Manager struct {
	Token     configfile.Secret `yaml:"token"` // empty: every call is refused
	TokenFile string            `yaml:"token_file"`
}

// Maintenance says what follows from maintenance that is declared.
type Maintenance struct {
	Silence bool `yaml:"silence"` // alerts about what it covers are silenced in Alertmanager
}

// Export says where the page is written as static files.
type Export struct {
	Dir   string         `yaml:"dir"` // empty: nowhere
	Every model.Duration `yaml:"every"`
}

// Embed is about the banner for other sites.
type Embed struct {
	After model.Duration `yaml:"after"` // for how long something has been dead before it shows
}

// Default returns the configuration that an absent or empty file stands for.
func Default() *Config {
	return &Config{
		Prometheus:      Endpoint{URL: "http://127.0.0.1:9090", HTTP: commonconfig.DefaultHTTPClientConfig},
		Alertmanager:    Endpoint{URL: "http://127.0.0.1:9093", HTTP: commonconfig.DefaultHTTPClientConfig},
		Branding:        Branding{PageTitle: "Status Page"},
		RefreshInterval: model.Duration(15 * time.Second),
		StaleAfter:      model.Duration(2 * time.Minute),
		Web:             thisMachine(),
		Admin:           Admin{SessionTimeout: model.Duration(12 * time.Hour)},
		Access:          Access{SessionTimeout: defaultAccessTimeout},
		Incidents: Incidents{FromAlerts: FromAlerts{
			Policy:       Off,
			After:        model.Duration(2 * time.Minute),
			ResolveAfter: model.Duration(5 * time.Minute),
		}},
		Maintenance: Maintenance{Silence: true},
		Subscribers: Subscribers{Email: Email{RequireTLS: true}, Max: 10_000},
		Export:      Export{Every: model.Duration(time.Minute)},
		Embed:       Embed{After: model.Duration(5 * time.Minute)},
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

// YAML returns the configuration as a file would give it, without its secrets.
func (c *Config) YAML() ([]byte, error) {
	shown := *c
	shown.Prometheus.HTTP = configfile.ShownHTTPClient(c.Prometheus.HTTP)
	shown.Alertmanager.HTTP = configfile.ShownHTTPClient(c.Alertmanager.HTTP)
	return configfile.Marshal(shown)
}

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
