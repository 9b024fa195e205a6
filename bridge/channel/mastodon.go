// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"slices"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/bridge/words"
	"github.com/pharos-status/pharos/internal/configfile"
)

// languageCode matches a code of ISO 639, and nothing.
var languageCode = regexp.MustCompile(`^([a-z]{2,3})?$`)

// Mastodon are the settings of a channel that posts to the followers of an account
// of Mastodon.
type Mastodon struct {
	URL             string                      `yaml:"url"` // of the server: https://mastodon.example
	AccessToken     configfile.Secret           `yaml:"access_token"`
	AccessTokenFile string                      `yaml:"access_token_file"`
	Visibility      string                      `yaml:"visibility"`     // public, unlisted or private
	Language        string                      `yaml:"language"`       // ISO 639-1; empty: that of the account
	MaxCharacters   int                         `yaml:"max_characters"` // as the server counts them
	Text            string                      `yaml:"text"`           // template
	HTTP            promconfig.HTTPClientConfig `yaml:"http_config"`
}

// Check implements [Settings].
func (s *Mastodon) Check(f *configfile.File, p configfile.Path, w *words.Words) configfile.Errors {
	c := checker{file: f, path: p, words: w}
	c.base("url", &s.URL, "https://mastodon.example")
	c.secret("access_token", &s.AccessToken, s.AccessTokenFile)
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
	c.template("text", &s.Text, `{{ template "bridge.public" . }}`)
	c.client(&s.HTTP)
	return c.errs
}

// Open implements [Settings].
func (s *Mastodon) Open(o Options) (Channel, error) {
	u, err := url.Parse(s.URL)
	if err != nil {
		return nil, errors.New("url: not an address")
	}
	return &mastodon{settings: s, o: o, host: u.Host}, nil
}

type mastodon struct {
	settings *Mastodon
	o        Options
	host     string
}

func (s *mastodon) Recipients() []string { return []string{s.host} }

func (s *mastodon) Send(ctx context.Context, _ string, m Message) error {
	return errors.ErrUnsupported
}

func (s *mastodon) Keyed() bool { return true }

func (s *mastodon) Close() error { return nil }
