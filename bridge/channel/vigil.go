// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"context"
	"errors"
	"slices"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/bridge/webhook"
	"github.com/pharos-status/pharos/bridge/words"
	"github.com/pharos-status/pharos/internal/configfile"
)

// Vigil are the settings of a channel that posts to a webhook in the format that
// Vigil has, for what was made to understand Vigil.
type Vigil struct {
	URL     configfile.Secret           `yaml:"url"`
	URLFile string                      `yaml:"url_file"`
	Types   []webhook.Kind              `yaml:"types"` // which are sent; none: all
	HTTP    promconfig.HTTPClientConfig `yaml:"http_config"`
}

// Check implements [Settings].
func (v *Vigil) Check(f *configfile.File, p configfile.Path, w *words.Words) configfile.Errors {
	c := checker{file: f, path: p, words: w}
	c.secretURL(&v.URL, v.URLFile)
	all := []webhook.Kind{webhook.Startup, webhook.Changed, webhook.Reminder}
	for i, kind := range v.Types {
		if !slices.Contains(all, kind) {
			c.errs = append(c.errs, f.Errorf(p.At("types", i), "%q is none of startup, changed and reminder", kind))
		}
	}
	if len(v.Types) == 0 {
		v.Types = all
	}
	c.client(&v.HTTP)
	return c.errs
}

// Open implements [Settings].
func (v *Vigil) Open(o Options) (Channel, error) { return &vigil{settings: v, o: o}, nil }

type vigil struct {
	settings *Vigil
	o        Options
}

func (v *vigil) Recipients() []string { return []string{"vigil"} }

func (v *vigil) Send(ctx context.Context, _ string, m Message) error {
	return errors.ErrUnsupported
}

func (v *vigil) Keyed() bool { return false }

func (v *vigil) Close() error { return nil }
