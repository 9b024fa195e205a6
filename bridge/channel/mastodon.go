// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"slices"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/bridge/words"
	"github.com/pharos-status/pharos/internal/configfile"
)

// languageCode matches a code of ISO 639, with or without a region, and nothing.
var languageCode = regexp.MustCompile(`^([a-z]{2,3}(-[A-Za-z]{2,4})?)?$`)

// Mastodon are the settings of a channel that posts to the followers of an account
// of Mastodon.
type Mastodon struct {
	URL             string                      `yaml:"url"` // of the server: https://mastodon.example
	AccessToken     configfile.Secret           `yaml:"access_token"`
	AccessTokenFile string                      `yaml:"access_token_file"`
	Visibility      string                      `yaml:"visibility"`     // public, unlisted or private
	Language        string                      `yaml:"language"`       // such as en; empty: that of the account
	MaxCharacters   int                         `yaml:"max_characters"` // as the server counts them
	Text            string                      `yaml:"text"`           // template
	HTTP            promconfig.HTTPClientConfig `yaml:"http_config"`
}

// Check implements [Settings].
func (s *Mastodon) Check(f *configfile.File, p configfile.Path, w *words.Words) configfile.Errors {
	c := checker{file: f, path: p, words: w}
	c.base("url", &s.URL, "https://mastodon.example")
	c.token("access_token", &s.AccessToken, s.AccessTokenFile)
	if s.Visibility == "" {
		s.Visibility = "public"
	}
	if !slices.Contains([]string{"public", "unlisted", "private"}, s.Visibility) {
		c.errorf("visibility", "%q is none of public, unlisted and private", s.Visibility)
	}
	if !languageCode.MatchString(s.Language) {
		c.errorf("language", "%q is not a language; write two letters, such as en", s.Language)
	}
	if s.MaxCharacters == 0 {
		s.MaxCharacters = 500
	}
	if s.MaxCharacters < 50 || s.MaxCharacters > 100_000 {
		c.errorf("max_characters", "%d is not between 50 and 100000", s.MaxCharacters)
	}
	c.template("text", &s.Text, words.Public)
	c.client(&s.HTTP)
	return c.errs
}

// Open implements [Settings].
func (s *Mastodon) Open(o Options) (Channel, error) {
	u, err := url.Parse(s.URL)
	if err != nil {
		return nil, errors.New("url: not an address")
	}
	client, err := newHTTPClient(&s.HTTP, o.Name, s.AccessToken)
	if err != nil {
		return nil, err
	}
	client.explain = explainMastodon
	return &mastodon{settings: s, words: o.Words, client: client, host: u.Host}, nil
}

type mastodon struct {
	settings *Mastodon
	words    *words.Words
	client   *httpClient
	host     string
}

// Recipients returns the host of the server: those who follow the account there, and
// from elsewhere, are not known.
func (s *mastodon) Recipients() []string { return []string{s.host} }

// Keyed returns true: a server remembers the key of a status for an hour.
func (s *mastodon) Keyed() bool { return true }

func (s *mastodon) Close() error { return s.client.close() }

func (s *mastodon) Send(ctx context.Context, _ string, m Message) error {
	form := url.Values{"status": {s.text(m)}, "visibility": {s.settings.Visibility}}
	if s.settings.Language != "" {
		form.Set("language", s.settings.Language)
	}
	r, err := s.client.post(ctx, s.settings.URL+"/api/v1/statuses", "application/x-www-form-urlencoded", []byte(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+string(s.settings.AccessToken))
	r.Header.Set("Idempotency-Key", m.Key)
	status, body, err := s.client.do(ctx, r)
	if err != nil {
		return err
	}
	var answer struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.ID == "" {
		return s.client.unclear(r, status, "Mastodon")
	}
	return nil
}

// text returns the words of a status. The note is never cut: it says that the rest
// is not as new as it looks.
func (s *mastodon) text(m Message) string {
	safe := m
	safe.Notification = defused(m.Notification, plainForMastodon, isLinkForMastodon)
	return m.Noted(cutForMastodon(safe.text(s.words, s.settings.Text, words.Public), s.settings.MaxCharacters-mastodonLength(m.Noted(""))))
}

// explainMastodon reads Mastodon's own error.
func explainMastodon(body []byte, _ *Error) string {
	var said struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &said) != nil {
		return ""
	}
	return said.Error
}
