// SPDX-License-Identifier: Apache-2.0

package config

import (
	"time"

	promconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/configfile"
)

// A Relay says to which other exporter, the master, this one reports.
type Relay struct {
	URL      string            // of the master, without /reporter; http or https
	Token    configfile.Secret // of its reporter API; never empty
	Services []string          // their IDs; "*" stands for all
	Interval time.Duration     // between two reports of a replica whose status stays, more than 0
	Timeout  time.Duration     // of a request, more than 0

	Client promconfig.HTTPClientConfig // without authentication
}

type relayDocument struct {
	URL            string            `yaml:"url,omitempty"`
	Token          configfile.Secret `yaml:"token,omitempty"`
	TokenFile      string            `yaml:"token_file,omitempty"`
	Services       []string          `yaml:"services,omitempty,flow"`
	Interval       *model.Duration   `yaml:"interval,omitempty"`
	Timeout        *model.Duration   `yaml:"timeout,omitempty"`
	clientDocument `yaml:",inline"`
}

// relay returns nil if nothing is relayed: if there is no url.
func (l *loader) relay(p configfile.Path, d *relayDocument) *Relay {
	if d == nil {
		return nil
	}
	r := &Relay{URL: d.URL, Interval: 30 * time.Second, Timeout: 10 * time.Second}
	if d.URL == "" {
		if d.Token != "" || d.TokenFile != "" || d.Services != nil {
			l.fail(p, "there is no url, so nothing is relayed; write the address of the master, or remove the rest")
		}
		return nil
	}
	l.address(p.At("url"), d.URL, "https://pharos.example.com", "token or token_file")
	secret, problem := l.file.Secret(p, "token", d.Token, d.TokenFile)
	switch {
	case problem != nil:
		l.errs = append(l.errs, problem)
	case secret == "":
		l.fail(p, "neither token nor token_file is set; set the one that the master takes")
	}
	r.Token = secret
	if d.Services != nil && len(d.Services) == 0 {
		l.fail(p.At("services"), "the list is empty, so nothing is relayed; name services, or write [\"*\"]")
	}
	r.Services = l.serviceList(p.At("services"), d.Services)
	l.positive(p.At("interval"), d.Interval, &r.Interval)
	l.positive(p.At("timeout"), d.Timeout, &r.Timeout)
	r.Client = l.client(p, d.clientDocument)
	return r
}
