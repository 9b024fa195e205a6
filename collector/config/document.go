// SPDX-License-Identifier: Apache-2.0

package config

import (
	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/configfile"
)

// A document is exporter.yml as it is written. Pointers and empty values are
// what the file does not set.
type document struct {
	Defaults    settings            `yaml:"defaults"`
	Parallelism parallelismDocument `yaml:"parallelism"`
	Reporter    reporterDocument    `yaml:"reporter,omitempty"`
	Services    []serviceDocument   `yaml:"services,omitempty"`
}

type parallelismDocument struct {
	Poll   *int `yaml:"poll,omitempty"`
	Script *int `yaml:"script,omitempty"`
}

type reporterDocument struct {
	Tokens []tokenDocument `yaml:"tokens,omitempty"`
}

type tokenDocument struct {
	Token     configfile.Secret `yaml:"token,omitempty"`
	TokenFile string            `yaml:"token_file,omitempty"`
	Services  []string          `yaml:"services,omitempty,flow"`
}

type serviceDocument struct {
	ID       string `yaml:"id"`
	Label    string `yaml:"label,omitempty"`
	settings `yaml:",inline"`
	Nodes    []nodeDocument `yaml:"nodes"`
}

type nodeDocument struct {
	ID         string `yaml:"id"`
	Label      string `yaml:"label,omitempty"`
	Mode       Mode   `yaml:"mode"`
	settings   `yaml:",inline"`
	Replicas   []replicaDocument `yaml:"replicas,omitempty"`
	Scripts    []scriptDocument  `yaml:"scripts,omitempty"`
	HTTP       *httpDocument     `yaml:"http,omitempty"`
	MinHealthy *int              `yaml:"min_healthy,omitempty"`
	Reveal     bool              `yaml:"reveal_replica_name,omitempty"`
	Link       linkDocument      `yaml:"link,omitempty"`
}

// A replicaDocument is a URL, or a mapping that also takes a name and the poll
// settings of this replica alone:
//
//	replicas:
//	  - https://a.example.com/health
//	  - {url: "https://b.example.com/health?key=${KEY}", name: b, poll: {timeout: 2s}}
type replicaDocument struct {
	URL  targetURL     `yaml:"url"`
	Name string        `yaml:"name,omitempty"`
	Poll *pollDocument `yaml:"poll,omitempty"`
}

// UnmarshalYAML takes both forms.
func (r *replicaDocument) UnmarshalYAML(unmarshal func(any) error) error {
	if err := unmarshal(&r.URL); err == nil {
		return nil
	}
	type plain replicaDocument
	return unmarshal((*plain)(r))
}

// A scriptDocument is a text for the shell, or a mapping with such a text or
// with a command that is run without a shell, which also takes a name and the
// script settings of this script alone:
//
//	scripts:
//	  - test -d /srv/data
//	  - {script: "test -d /srv/data", name: data, interval: 1m}
//	  - {command: ["/usr/lib/nagios/plugins/check_load", "-w", "5", "-c", "10"], name: load, timeout: 5s}
type scriptDocument struct {
	Script         string   `yaml:"script,omitempty"`
	Command        []string `yaml:"command,omitempty,flow"`
	Name           string   `yaml:"name,omitempty"`
	scriptSettings `yaml:",inline"`
}

// UnmarshalYAML takes both forms.
func (s *scriptDocument) UnmarshalYAML(unmarshal func(any) error) error {
	if err := unmarshal(&s.Script); err == nil {
		return nil
	}
	type plain scriptDocument
	return unmarshal((*plain)(s))
}

type httpDocument struct {
	Method    string  `yaml:"method,omitempty"`
	Headers   headers `yaml:"headers,omitempty"`
	Body      body    `yaml:"body,omitempty"`
	BodyMatch string  `yaml:"body_match,omitempty"`
}

type linkDocument struct {
	URL   string `yaml:"url,omitempty"`
	Label string `yaml:"label,omitempty"`
}

// settings may stand on every level; what a level does not set, it takes from
// the one above.
type settings struct {
	Poll   *pollDocument   `yaml:"poll,omitempty"`
	Script *scriptSettings `yaml:"script,omitempty"`
	Push   *pushDocument   `yaml:"push,omitempty"`
	Local  *localDocument  `yaml:"local,omitempty"`
}

type pollDocument struct {
	Interval   *model.Duration     `yaml:"interval,omitempty"`
	Timeout    *model.Duration     `yaml:"timeout,omitempty"`
	SickAfter  *model.Duration     `yaml:"sick_after,omitempty"`
	Retries    *int                `yaml:"retries,omitempty"`
	RetryWait  *model.Duration     `yaml:"retry_wait,omitempty"`
	HTTPStatus *httpStatusDocument `yaml:"http_status,omitempty,flow"`
}

type httpStatusDocument struct {
	From  *int `yaml:"from,omitempty"`
	Below *int `yaml:"below,omitempty"`
}

type scriptSettings struct {
	Interval *model.Duration `yaml:"interval,omitempty"`
	Timeout  *model.Duration `yaml:"timeout,omitempty"`
}

type pushDocument struct {
	DeadAfter    *model.Duration `yaml:"dead_after,omitempty"`
	ForgetAfter  *model.Duration `yaml:"forget_after,omitempty"`
	CPUSickAbove *float64        `yaml:"cpu_sick_above,omitempty"`
	RAMSickAbove *float64        `yaml:"ram_sick_above,omitempty"`
}

type localDocument struct {
	DeadAfter   *model.Duration `yaml:"dead_after,omitempty"`
	ForgetAfter *model.Duration `yaml:"forget_after,omitempty"`
}
