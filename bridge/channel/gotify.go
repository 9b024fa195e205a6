// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"context"
	"encoding/json"
	"slices"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/bridge/words"
	"github.com/pharos-status/pharos/internal/configfile"
)

// Texts of others are cut to these numbers of characters. Gotify itself has no limit.
const (
	gotifyTitle = 250
	gotifyText  = 10_000
)

// Gotify are the settings of a channel that sends push messages through a server of
// Gotify, to an application of it for each recipient. With Escalate, a reminder has
// the priority of what is urgent for as many from the top of the list as its number
// says, and that of what is normal for the others.
type Gotify struct {
	URL        string                      `yaml:"url"` // of the server
	Tokens     []GotifyToken               `yaml:"tokens"`
	Escalate   bool                        `yaml:"escalate"`
	Priorities GotifyPriorities            `yaml:"priorities"`
	Title      string                      `yaml:"title"` // template
	Text       string                      `yaml:"text"`  // template
	HTTP       promconfig.HTTPClientConfig `yaml:"http_config"`
}

// A GotifyToken is that of an application of Gotify.
type GotifyToken struct {
	Name      string            `yaml:"name"` // as operators know the recipient; not needed for one alone
	Token     configfile.Secret `yaml:"token"`
	TokenFile string            `yaml:"token_file"`
}

// GotifyPriorities are those of messages, from 0 to 10. By Gotify's app for Android, 0
// shows nothing, 1 to 3 an icon, 4 to 7 make a sound and 8 to 10 also vibrate.
type GotifyPriorities struct {
	Urgent *int `yaml:"urgent"` // 8 if not set
	Normal *int `yaml:"normal"` // 5
	Quiet  *int `yaml:"quiet"`  // 2
}

// of returns the priority of what is so urgent. Each is set once checked.
func (g GotifyPriorities) of(u Urgency) int {
	return *[...]*int{Quiet: g.Quiet, Normal: g.Normal, Urgent: g.Urgent}[u]
}

// priority fills in a priority that is not set, and checks any other.
func (c *checker) priority(key string, value **int, otherwise int) {
	if *value == nil {
		*value = &otherwise
	}
	if **value < 0 || **value > 10 {
		c.errorf(key, "%d is not a priority; write one from 0 to 10", **value)
	}
}

// Check implements [Settings].
func (g *Gotify) Check(f *configfile.File, p configfile.Path, w *words.Words) configfile.Errors {
	c := checker{file: f, path: p, words: w}
	c.base("url", &g.URL, "https://gotify.example.com")
	names := make([]*string, len(g.Tokens))
	for i := range g.Tokens {
		token := &g.Tokens[i]
		names[i] = &token.Name
		at := checker{file: f, path: p.At("tokens", i)}
		at.token("token", &token.Token, token.TokenFile)
		c.errs = append(c.errs, at.errs...)
	}
	c.names("tokens", "gotify", names)
	at := checker{file: f, path: p.At("priorities")}
	at.priority("urgent", &g.Priorities.Urgent, 8)
	at.priority("normal", &g.Priorities.Normal, 5)
	at.priority("quiet", &g.Priorities.Quiet, 2)
	c.errs = append(c.errs, at.errs...)
	c.template("title", &g.Title, words.Title)
	c.template("text", &g.Text, words.Body)
	c.client(&g.HTTP)
	return c.errs
}

// Open implements [Settings].
func (g *Gotify) Open(o Options) (Channel, error) {
	secrets := make([]configfile.Secret, len(g.Tokens))
	for i, token := range g.Tokens {
		secrets[i] = token.Token
	}
	client, err := newHTTPClient(&g.HTTP, o.Name, secrets...)
	if err != nil {
		return nil, err
	}
	client.explain = explainGotify
	return &gotify{settings: g, words: o.Words, client: client}, nil
}

type gotify struct {
	settings *Gotify
	words    *words.Words
	client   *httpClient
}

func (g *gotify) Recipients() []string {
	names := make([]string, len(g.settings.Tokens))
	for i, token := range g.settings.Tokens {
		names[i] = token.Name
	}
	return names
}

// Keyed is false: Gotify knows no key of a message.
func (g *gotify) Keyed() bool { return false }

func (g *gotify) Close() error { return g.client.close() }

// A gotifyMessage is what Gotify takes.
type gotifyMessage struct {
	Title    string         `json:"title"`
	Message  string         `json:"message"`
	Priority int            `json:"priority"`
	Extras   map[string]any `json:"extras"`
}

func (g *gotify) Send(ctx context.Context, recipient string, m Message) error {
	place := slices.Index(g.Recipients(), recipient)
	if place < 0 {
		return refuse("%s is not one of the channel's tokens", recipient)
	}
	body, err := json.Marshal(g.message(place, m))
	if err != nil {
		return refuse("write the message as JSON: %w", err)
	}
	r, err := g.client.post(ctx, g.settings.URL+"/message", "application/json", body)
	if err != nil {
		return err
	}
	r.Header.Set("X-Gotify-Key", string(g.settings.Tokens[place].Token))
	status, body, err := g.client.do(ctx, r)
	if err != nil {
		return err
	}
	var taken struct {
		ID uint64 `json:"id"`
	}
	if err := json.Unmarshal(body, &taken); err != nil || taken.ID == 0 {
		return g.client.unclear(r, status, "Gotify")
	}
	return nil
}

func (g *gotify) message(place int, m Message) gotifyMessage {
	title, text := m.titled(m.text(g.words, g.settings.Title, words.Title), m.text(g.words, g.settings.Text, words.Body))
	// Whatever others wrote is shown as it is, and never as Markdown.
	extras := map[string]any{"client::display": map[string]string{"contentType": "text/plain"}}
	if page := g.words.PageURL(); page != "" {
		extras["client::notification"] = map[string]any{"click": map[string]string{"url": page}}
	}
	return gotifyMessage{
		Title: words.Cut(title, gotifyTitle), Message: m.fit(text, gotifyText),
		Priority: g.settings.Priorities.of(m.UrgencyFor(place, g.settings.Escalate)), Extras: extras,
	}
}

// explainGotify reads Gotify's own error.
func explainGotify(body []byte, _ *Error) string {
	var said struct {
		Error       string `json:"error"`
		Description string `json:"errorDescription"`
	}
	if json.Unmarshal(body, &said) != nil {
		return ""
	}
	if said.Description == "" {
		return said.Error
	}
	return said.Description
}
