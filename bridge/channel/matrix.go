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

// Matrix are the settings of a channel that writes into rooms of Matrix, without
// encryption: what it tells is told to everybody in a room.
type Matrix struct {
	Homeserver      string                      `yaml:"homeserver"` // https://matrix.example.com
	AccessToken     configfile.Secret           `yaml:"access_token"`
	AccessTokenFile string                      `yaml:"access_token_file"`
	Rooms           []string                    `yaml:"rooms"` // "!id:example.com" or "#alias:example.com"
	Text            string                      `yaml:"text"`  // template
	HTML            string                      `yaml:"html"`  // template of the same for those whose client shows HTML
	HTTP            promconfig.HTTPClientConfig `yaml:"http_config"`
}

// Check implements [Settings].
func (x *Matrix) Check(f *configfile.File, p configfile.Path, w *words.Words) configfile.Errors {
	c := checker{file: f, path: p, words: w}
	c.base("homeserver", &x.Homeserver, "https://matrix.example.com")
	c.secret("access_token", &x.AccessToken, x.AccessTokenFile)
	c.list("rooms", x.Rooms, func(room string) string {
		if len(room) < 2 || !strings.ContainsAny(room[:1], "!#") || strings.HasPrefix(room, "#") && !strings.Contains(room, ":") {
			return `not a room; write its id, such as "!id:example.com", or an alias, such as "#ops:example.com", in quotes`
		}
		return ""
	})
	if len(x.Rooms) == 0 {
		c.errs = append(c.errs, f.Errorf(p, "nobody is told; set rooms"))
	}
	c.template("text", &x.Text, `{{ template "bridge.text" . }}`)
	c.template("html", &x.HTML, `{{ template "bridge.html" . }}`)
	c.client(&x.HTTP)
	return c.errs
}

// Open implements [Settings].
func (x *Matrix) Open(o Options) (Channel, error) { return &matrix{settings: x, o: o}, nil }

type matrix struct {
	settings *Matrix
	o        Options
}

func (x *matrix) Recipients() []string { return x.settings.Rooms }

func (x *matrix) Send(ctx context.Context, recipient string, m Message) error {
	return errors.ErrUnsupported
}

func (x *matrix) Keyed() bool { return true }

func (x *matrix) Close() error { return nil }
