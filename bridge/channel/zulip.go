// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"
	"unicode"

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
	c.token("api_key", &z.APIKey, z.APIKeyFile)
	c.list("streams", z.Streams, func(stream string) string {
		if strings.TrimSpace(stream) == "" || strings.HasPrefix(stream, "#") {
			return "not the name of a stream; write it without #"
		}
		return ""
	})
	c.list("users", z.Users, func(user string) string {
		if !strings.Contains(user, "@") || strings.ContainsAny(user, " ,#") {
			return "not the address of a user; write one such as alice@example.com"
		}
		return ""
	})
	if len(z.Streams)+len(z.Users) == 0 {
		c.errs = append(c.errs, f.Errorf(p, "nobody is told; set streams or users"))
	}
	c.template("topic", &z.Topic, words.Topic)
	c.template("text", &z.Text, words.Markdown)
	c.client(&z.HTTP)
	return c.errs
}

// Open implements [Settings].
func (z *Zulip) Open(o Options) (Channel, error) {
	client, err := newHTTPClient(&z.HTTP, o.Name, z.APIKey)
	if err != nil {
		return nil, err
	}
	client.explain = explainZulip
	return &zulip{settings: z, words: o.Words, client: client}, nil
}

// What Zulip takes, in characters; it cuts what is longer.
const (
	zulipContent = 10_000
	zulipTopic   = 60
)

type zulip struct {
	settings *Zulip
	words    *words.Words
	client   *httpClient
}

// Recipients returns the streams, with a # before their names, and the addresses of
// the users.
func (z *zulip) Recipients() []string {
	var all []string
	for _, stream := range z.settings.Streams {
		all = append(all, "#"+stream)
	}
	return append(all, z.settings.Users...)
}

// Keyed returns false: Zulip has no way to tell a message that it gets again.
func (z *zulip) Keyed() bool { return false }

func (z *zulip) Close() error { return z.client.close() }

func (z *zulip) Send(ctx context.Context, recipient string, m Message) error {
	form, err := z.form(recipient, m)
	if err != nil {
		return err
	}
	r, err := z.client.post(ctx, z.settings.Site+"/api/v1/messages", "application/x-www-form-urlencoded", []byte(form.Encode()))
	if err != nil {
		return err
	}
	r.SetBasicAuth(z.settings.BotEmail, string(z.settings.APIKey))
	status, body, err := z.client.do(ctx, r)
	if err != nil {
		return err
	}
	var answer struct {
		Result string `json:"result"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Result != "success" {
		return z.client.unclear(r, status, "Zulip")
	}
	return nil
}

// form returns the parameters of a message. The types have the names that every
// server knows; newer ones call them channel and direct as well.
func (z *zulip) form(recipient string, m Message) (url.Values, error) {
	safe := m
	safe.Notification = defused(m.Notification, plainForZulip, words.IsPlainURL)
	form := url.Values{"content": {m.fit(safe.text(z.words, z.settings.Text, words.Markdown), zulipContent)}}
	// As JSON, the name of a stream is not taken for a number, which would be an id.
	var to any = []string{recipient}
	if stream, ok := strings.CutPrefix(recipient, "#"); ok {
		form.Set("type", "stream")
		form.Set("topic", zulipTopicOf(m.text(z.words, z.settings.Topic, words.Topic)))
		to = stream
	} else {
		form.Set("type", "private")
	}
	list, err := json.Marshal(to)
	if err != nil {
		return nil, refuse("write the recipient as JSON: %w", err)
	}
	form.Set("to", string(list))
	return form, nil
}

// zulipTopicOf makes one that Zulip takes of a text: in one line, of characters that
// can be shown, and not empty.
func zulipTopicOf(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Noncharacter_Code_Point, r) {
			return -1
		}
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	return cmp.Or(words.Cut(strings.Join(strings.Fields(text), " "), zulipTopic), "Alerts")
}

// explainZulip reads Zulip's own error.
func explainZulip(body []byte, e *Error) string {
	var said struct {
		Msg        string  `json:"msg"`
		RetryAfter float64 `json:"retry-after"` // seconds
	}
	if json.Unmarshal(body, &said) != nil {
		return ""
	}
	e.wait(said.RetryAfter)
	return said.Msg
}

// wait puts the next call off, by what the service's own error asks for.
func (e *Error) wait(seconds float64) {
	e.After = max(e.After, time.Duration(min(seconds, maxAfter.Seconds())*float64(time.Second)))
}
