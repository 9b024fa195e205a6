// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/url"
	"time"

	promconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/configfile"
)

// minRefresh keeps an endpoint from being worn out.
const minRefresh = time.Second

// An HTTPSD is an endpoint that says what else to watch, in Prometheus' HTTP SD
// format.
type HTTPSD struct {
	URL     string        // http or https; may hold secrets
	Refresh time.Duration // between two questions, at least a second
	Client  promconfig.HTTPClientConfig
}

type httpSDDocument struct {
	URL     targetURL                   `yaml:"url"`
	Refresh *model.Duration             `yaml:"refresh_interval,omitempty"`
	Client  promconfig.HTTPClientConfig `yaml:",inline"`
}

// UnmarshalYAML puts the defaults of Prometheus in before it decodes.
func (d *httpSDDocument) UnmarshalYAML(unmarshal func(any) error) error {
	d.Client = promconfig.DefaultHTTPClientConfig
	type plain httpSDDocument
	return unmarshal((*plain)(d))
}

func (l *loader) httpSDs(p configfile.Path, all []httpSDDocument) []HTTPSD {
	var out []HTTPSD
	for i := range all {
		d, at := &all[i], p.At(i)
		sd := HTTPSD{URL: string(d.URL), Refresh: time.Minute}
		set(d.Refresh, &sd.Refresh)
		if sd.Refresh < minRefresh {
			l.fail(at.At("refresh_interval"), "is %v, want at least %v", *d.Refresh, minRefresh)
		}
		switch u, err := url.Parse(sd.URL); {
		case err != nil:
			l.fail(at.At("url"), "%v", urlProblem(err))
		case (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "":
			l.fail(at.At("url"), "not an address; write one such as https://inventory.example.com/targets")
		}
		l.errs = append(l.errs, l.file.HTTPClient(at, &d.Client)...)
		sd.Client = d.Client
		out = append(out, sd)
	}
	return out
}
