// SPDX-License-Identifier: Apache-2.0

package config

import (
	"iter"
	"reflect"
	"strings"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/bridge/channel"
	"github.com/pharos-status/pharos/internal/configfile"
)

// A Channel is one way to reach people. Exactly one of its kinds is set.
type Channel struct {
	Name     string   `yaml:"name"`
	Delivery Delivery `yaml:"delivery"`

	Twilio   *channel.Twilio   `yaml:"twilio,omitempty"`
	Zulip    *channel.Zulip    `yaml:"zulip,omitempty"`
	Gotify   *channel.Gotify   `yaml:"gotify,omitempty"`
	Pushover *channel.Pushover `yaml:"pushover,omitempty"`
	Matrix   *channel.Matrix   `yaml:"matrix,omitempty"`
	XMPP     *channel.XMPP     `yaml:"xmpp,omitempty"`
	Vigil    *channel.Vigil    `yaml:"vigil,omitempty"`
	HTTP     *channel.HTTP     `yaml:"http,omitempty"`
	Mastodon *channel.Mastodon `yaml:"mastodon,omitempty"`
}

// Kind returns the key of what the channel is: twilio, zulip.
func (c *Channel) Kind() string {
	for kind := range c.kinds() {
		return kind
	}
	return ""
}

// Settings returns the settings of what the channel is.
func (c *Channel) Settings() channel.Settings {
	for _, settings := range c.kinds() {
		return settings
	}
	return nil
}

// kinds returns the kinds that are set, with their keys.
func (c *Channel) kinds() iter.Seq2[string, channel.Settings] {
	return func(yield func(string, channel.Settings) bool) {
		for field, value := range reflect.ValueOf(c).Elem().Fields() {
			if value.Kind() != reflect.Pointer || value.IsNil() {
				continue
			}
			if settings, ok := reflect.TypeAssert[channel.Settings](value); ok && !yield(key(field), settings) {
				return
			}
		}
	}
}

// kinds returns the keys of every kind of channel there is.
func kinds() (all []string) {
	for field := range reflect.TypeFor[Channel]().Fields() {
		if field.Type.Implements(reflect.TypeFor[channel.Settings]()) {
			all = append(all, key(field))
		}
	}
	return all
}

func key(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
	return name
}

// shown returns the channel to be shown: without what prometheus/common shows of an
// HTTP client though it may be secret.
func (c Channel) shown() Channel {
	for _, kind := range reflect.ValueOf(&c).Elem().Fields() {
		if kind.Kind() != reflect.Pointer || kind.IsNil() {
			continue
		}
		settings := reflect.New(kind.Type().Elem())
		settings.Elem().Set(kind.Elem())
		for _, field := range settings.Elem().Fields() {
			if !field.CanSet() {
				continue
			}
			if client, ok := reflect.TypeAssert[promconfig.HTTPClientConfig](field); ok {
				field.Set(reflect.ValueOf(configfile.ShownHTTPClient(client)))
			}
		}
		kind.Set(settings)
	}
	return c
}
