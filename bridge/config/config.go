// SPDX-License-Identifier: Apache-2.0

// Package config reads bridge.yml: which channels there are, who may post to the
// bridge, and how long it tries. It checks values and reads secret files, and uses
// no network; the settings of each kind of channel are left to package channel.
package config

import (
	"log/slog"
	"net/url"
	"os"

	"github.com/pharos-status/pharos/bridge/words"
	"github.com/pharos-status/pharos/internal/configfile"
)

// A Config is what bridge.yml says, checked. It is not changed once loaded.
type Config struct {
	ExternalURL string    `yaml:"external_url"` // where Alertmanager finds the bridge; no slash at its end
	Page        Page      `yaml:"page"`
	Location    string    `yaml:"location"` // name of the time zone of times in messages
	Templates   []string  `yaml:"templates"`
	Webhook     Webhook   `yaml:"webhook"`
	Delivery    Delivery  `yaml:"delivery"`
	Channels    []Channel `yaml:"channels"`

	external *url.URL
	words    *words.Words
}

// A Page is the status page as messages tell of it.
type Page struct {
	Title string `yaml:"title"`
	URL   string `yaml:"url"` // empty: nobody said where it is
}

// Webhook says who may post to the bridge, and see and send its dead letters.
type Webhook struct {
	Token     configfile.Secret `yaml:"token"` // empty: this machine alone, or who shows a certificate
	TokenFile string            `yaml:"token_file"`
}

// Options are what [Load] gets besides the file.
type Options struct {
	PageTitle string       // of the status page, where the file says none; may be empty
	PageURL   string       // likewise
	Logger    *slog.Logger // of what can't be put into words; nil: nobody is told
}

// Default returns the configuration that an absent or empty file stands for: it has
// no channels.
func Default(o Options) (*Config, error) {
	f, err := configfile.Parse("bridge.yml", nil)
	if err != nil {
		return nil, err
	}
	return parse(f, o, os.LookupEnv)
}

// Load reads the file at path. Its error tells everything that is wrong with the
// file, a line each, and wraps [os.ErrNotExist] if there is no such file.
func Load(path string, o Options) (*Config, error) {
	f, err := configfile.Read(path)
	if err != nil {
		return nil, err
	}
	return parse(f, o, os.LookupEnv)
}

// External returns [Config.ExternalURL]. It is not to be changed.
func (c *Config) External() *url.URL { return c.external }

// Words returns the templates that all channels use.
func (c *Config) Words() *words.Words { return c.words }

// Channel returns the channel of a name, nil if there is none.
func (c *Config) Channel(name string) *Channel {
	for i := range c.Channels {
		if c.Channels[i].Name == name {
			return &c.Channels[i]
		}
	}
	return nil
}

// YAML returns the configuration as a file would give it, without its secrets.
func (c *Config) YAML() ([]byte, error) {
	shown := *c
	shown.Channels = make([]Channel, len(c.Channels))
	for i, ch := range c.Channels {
		shown.Channels[i] = ch.shown()
	}
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

func parse(f *configfile.File, o Options, lookup func(string) (string, bool)) (*Config, error) {
	if err := f.ExpandEnv(lookup); err != nil {
		return nil, err
	}
	c := &Config{ExternalURL: "http://127.0.0.1:9642", Location: "UTC", Delivery: DefaultDelivery()}
	if err := f.Decode(c); err != nil {
		return nil, explained(f, err)
	}
	if err := c.inherit(f); err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if err := c.check(f, o); err != nil {
		return nil, err
	}
	return c, nil
}
