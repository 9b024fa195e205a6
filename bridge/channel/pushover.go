// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/bridge/webhook"
	"github.com/pharos-status/pharos/bridge/words"
	"github.com/pharos-status/pharos/internal/configfile"
)

// What Pushover takes, in characters.
const (
	pushoverTitle    = 250
	pushoverText     = 1024
	pushoverURL      = 512
	pushoverURLTitle = 100

	// pushoverPause is how long Pushover wants to be left alone when it is in trouble.
	pushoverPause = 5 * time.Second
)

var (
	pushoverKey  = regexp.MustCompile(`^[A-Za-z0-9]{30}$`)
	pushoverName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,25}$`)
)

// Pushover are the settings of a channel that sends push messages through Pushover.
// With Escalate, a reminder is urgent for as many users from the top of the list as
// its number says, and normal for the others.
type Pushover struct {
	Token     configfile.Secret           `yaml:"token"` // of the application
	TokenFile string                      `yaml:"token_file"`
	Users     []PushoverUser              `yaml:"users"`
	Escalate  bool                        `yaml:"escalate"`
	Emergency *PushoverEmergency          `yaml:"emergency"` // nil: what is urgent comes once, with high priority
	Title     string                      `yaml:"title"`     // template
	Text      string                      `yaml:"text"`      // template
	Sound     string                      `yaml:"sound"`     // empty: what the user chose
	Device    string                      `yaml:"device"`    // of the users, or several with commas between them; empty: all
	BaseURL   string                      `yaml:"base_url"`  // of Pushover's API
	HTTP      promconfig.HTTPClientConfig `yaml:"http_config"`
}

// A PushoverUser is a user of Pushover, or a group.
type PushoverUser struct {
	Name    string            `yaml:"name"` // as operators know the recipient; not needed for one alone
	Key     configfile.Secret `yaml:"key"`
	KeyFile string            `yaml:"key_file"`
}

// Check implements [Settings].
func (o *Pushover) Check(f *configfile.File, p configfile.Path, w *words.Words) configfile.Errors {
	c := checker{file: f, path: p, words: w}
	c.pushoverKey("token", &o.Token, o.TokenFile)
	names := make([]*string, len(o.Users))
	for i := range o.Users {
		user := &o.Users[i]
		names[i] = &user.Name
		at := checker{file: f, path: p.At("users", i)}
		at.pushoverKey("key", &user.Key, user.KeyFile)
		c.errs = append(c.errs, at.errs...)
	}
	c.names("users", "pushover", names)
	if o.Emergency != nil {
		at := checker{file: f, path: p.At("emergency")}
		o.Emergency.check(&at)
		c.errs = append(c.errs, at.errs...)
	}
	if o.Sound != "" {
		c.pushoverName("sound", o.Sound)
	}
	if o.Device != "" {
		for name := range strings.SplitSeq(o.Device, ",") {
			c.pushoverName("device", name)
		}
	}
	c.template("title", &o.Title, words.Title)
	c.template("text", &o.Text, words.Body)
	o.BaseURL = cmp.Or(o.BaseURL, "https://api.pushover.net")
	c.base("base_url", &o.BaseURL, "https://api.pushover.net")
	c.client(&o.HTTP)
	return c.errs
}

func (c *checker) pushoverKey(key string, value *configfile.Secret, file string) {
	had := len(c.errs)
	c.secret(key, value, file)
	if len(c.errs) == had && !pushoverKey.MatchString(string(*value)) {
		c.errorf(key, "not one of Pushover; copy the 30 letters and digits that it shows")
	}
}

func (c *checker) pushoverName(key, name string) {
	if !pushoverName.MatchString(name) {
		c.errorf(key, "%q is not a name that Pushover has; use at most 25 letters, digits, - and _", name)
	}
}

// Open implements [Settings].
func (o *Pushover) Open(options Options) (Channel, error) {
	secrets := []configfile.Secret{o.Token}
	for _, user := range o.Users {
		secrets = append(secrets, user.Key)
	}
	client, err := newHTTPClient(&o.HTTP, options.Name, secrets...)
	if err != nil {
		return nil, err
	}
	client.explain = explainPushover
	logger := options.Logger.With("channel", options.Name)
	return &pushover{settings: o, words: options.Words, client: client, logger: logger}, nil
}

type pushover struct {
	settings *Pushover
	words    *words.Words
	client   *httpClient
	logger   *slog.Logger
}

func (o *pushover) Recipients() []string {
	names := make([]string, len(o.settings.Users))
	for i, user := range o.settings.Users {
		names[i] = user.Name
	}
	return names
}

// Keyed is false: Pushover knows no key of a message.
func (o *pushover) Keyed() bool { return false }

func (o *pushover) Close() error { return o.client.close() }

func (o *pushover) Send(ctx context.Context, recipient string, m Message) error {
	place := slices.Index(o.Recipients(), recipient)
	if place < 0 {
		return refuse("%s is not one of the channel's users", recipient)
	}
	if err := o.hush(ctx, recipient, m); err != nil {
		return err
	}
	return o.call(ctx, "/1/messages.json", o.form(place, m))
}

// call posts a form.
func (o *pushover) call(ctx context.Context, path string, form url.Values) error {
	r, err := o.client.post(ctx, o.settings.BaseURL+path, "application/x-www-form-urlencoded", []byte(form.Encode()))
	if err != nil {
		return err
	}
	status, body, err := o.client.do(ctx, r)
	if err != nil {
		return err
	}
	var said pushoverAnswer
	switch err := json.Unmarshal(body, &said); {
	case err != nil || said.Status == nil:
		return o.client.unclear(r, status, "Pushover")
	case *said.Status != 1:
		return refuse("%s refused the message: %s", r.URL.Host, o.client.clean(said.words()))
	}
	return nil
}

// form returns the fields of a message.
func (o *pushover) form(place int, m Message) url.Values {
	title, text := m.titled(m.text(o.words, o.settings.Title, words.Title), m.text(o.words, o.settings.Text, words.Body))
	text = m.fit(text, pushoverText)
	form := url.Values{
		"token": {string(o.settings.Token)}, "user": {string(o.settings.Users[place].Key)},
		"title": {words.Cut(title, pushoverTitle)}, "message": {text},
	}
	set := func(key, value string) {
		if value != "" {
			form.Set(key, value)
		}
	}
	// Pushover makes links of the addresses in a text, so that one needs no place of its own.
	if page := o.words.PageURL(); page != "" && len(page) <= pushoverURL && !slices.Contains(strings.Fields(text), page) {
		form.Set("url", page)
		set("url_title", words.Cut(o.words.PageTitle(), pushoverURLTitle))
	}
	if at := m.happened(); !at.IsZero() {
		form.Set("timestamp", strconv.FormatInt(at.Unix(), 10))
	}
	set("sound", o.settings.Sound)
	set("device", o.settings.Device)
	priority := [...]string{Quiet: "-1", Normal: "0", Urgent: "1"}[m.UrgencyFor(place, o.settings.Escalate)]
	form.Set("priority", priority)
	if e := o.settings.Emergency; e != nil && priority == "1" {
		e.form(form, o.settings.Users[place].Name, m)
	}
	return form
}

// happened returns when what is told came about: the last alert began or ended. It is
// zero for what merely goes on, whose time is that of the message.
func (m Message) happened() (at time.Time) {
	if m.Kind() != webhook.Changed || len(m.Topics()) > 0 {
		return at
	}
	for _, a := range m.Alerts {
		when := a.StartsAt
		if a.Status == "resolved" {
			when = a.EndsAt
		}
		if when.After(at) {
			at = when
		}
	}
	return at
}

type pushoverAnswer struct {
	Status *int     `json:"status"`
	Errors []string `json:"errors"`
}

func (a pushoverAnswer) words() string { return strings.Join(a.Errors, ", ") }

// explainPushover reads Pushover's own error.
func explainPushover(body []byte, e *Error) string {
	if !e.Refused {
		e.After = max(e.After, pushoverPause)
	}
	var said pushoverAnswer
	if json.Unmarshal(body, &said) != nil {
		return ""
	}
	return said.words()
}
