// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"context"
	"errors"
	"strings"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/bridge/words"
	"github.com/pharos-status/pharos/internal/configfile"
)

// Zulip are the settings of a channel that sends messages of a bot of Zulip, to
// streams and to users.
type Zulip struct {
	Site       string                      `yaml:"site"` // of the organization: https://example.zulipchat.com
	BotEmail   string                      `yaml:"bot_email"`
	APIKey     configfile.Secret           `yaml:"api_key"`
	APIKeyFile string                      `yaml:"api_key_file"`
	Streams    []string                    `yaml:"streams"` // names of channels, as Zulip calls them now
	Users      []string                    `yaml:"users"`   // addresses of those who get direct messages
	Topic      string                      `yaml:"topic"`   // template; in streams
	Text       string                      `yaml:"text"`    // template of Markdown
	HTTP       promconfig.HTTPClientConfig `yaml:"http_config"`
}

// Check implements [Settings].
func (z *Zulip) Check(f *configfile.File, p configfile.Path, w *words.Words) configfile.Errors {
	c := checker{file: f, path: p, words: w}
	c.base("site", &z.Site, "https://example.zulipchat.com")
	if !strings.Contains(z.BotEmail, "@") || strings.ContainsAny(z.BotEmail, ": ") {
		c.errorf("bot_email", "not an address; write the one that Zulip shows of the bot, such as pharos-bot@example.zulipchat.com")
	}
	c.secret("api_key", &z.APIKey, z.APIKeyFile)
	c.list("streams", z.Streams, func(stream string) string {
		if strings.TrimSpace(stream) == "" || strings.HasPrefix(stream, "#") {
			return "not the name of a stream; write it without #"
		}
		return ""
	})
	c.list("users", z.Users, func(user string) string {
		if !strings.Contains(user, "@") || strings.ContainsAny(user, " ,") {
			return "not the address of a user; write one such as alice@example.com"
		}
		return ""
	})
	if len(z.Streams)+len(z.Users) == 0 {
		c.errs = append(c.errs, f.Errorf(p, "nobody is told; set streams or users"))
	}
	c.template("topic", &z.Topic, `{{ template "bridge.topic" . }}`)
	c.template("text", &z.Text, `{{ template "bridge.markdown" . }}`)
	c.client(&z.HTTP)
	return c.errs
}

// Open implements [Settings].
func (z *Zulip) Open(o Options) (Channel, error) {
	return &zulip{settings: z, o: o}, nil
}

type zulip struct {
	settings *Zulip
	o        Options
}

func (z *zulip) Recipients() []string { return nil }

func (z *zulip) Send(ctx context.Context, recipient string, m Message) error {
	return errors.ErrUnsupported
}

func (z *zulip) Keyed() bool { return false }

func (z *zulip) Close() error { return nil }
