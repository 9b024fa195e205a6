// SPDX-License-Identifier: Apache-2.0

package config

import (
	"regexp"

	promconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/status"
)

// A Watch is one thing that is watched, and the replica as which it is reported. It
// has exactly one of Process, Unit, TCP and HTTP.
type Watch struct {
	Service string `yaml:"service"`
	Node    string `yaml:"node"`
	Replica string `yaml:"replica"`
	Report  string `yaml:"report"`

	Interval  model.Duration `yaml:"interval"`
	Timeout   model.Duration `yaml:"timeout"`
	Retries   *int           `yaml:"retries"` // not nil once loaded
	RetryWait model.Duration `yaml:"retry_wait"`

	Process *Process `yaml:"process,omitempty"`
	Unit    string   `yaml:"unit,omitempty"` // of systemd, with its suffix
	TCP     string   `yaml:"tcp,omitempty"`  // host:port
	HTTP    *HTTP    `yaml:"http,omitempty"`

	Limits    Limits         `yaml:"limits,omitempty"`     // of Process and Unit
	SickAfter model.Duration `yaml:"sick_after,omitempty"` // of TCP and HTTP: sick if the answer is later; 0: never
}

// ID returns the replica as which the watch is reported.
func (w *Watch) ID() status.ID {
	return status.ID{Service: w.Service, Node: w.Node, Replica: w.Replica}
}

// A Process says which processes are watched: by one of PIDFile, Name and Cgroup, or
// by PIDFile and Name together.
type Process struct {
	PIDFile string `yaml:"pid_file,omitempty"` // relative ones begin in the folder of the configuration
	Name    string `yaml:"name,omitempty"`     // as the kernel has it, or the last part of the program's path
	Cgroup  string `yaml:"cgroup,omitempty"`   // from the root of the cgroups on, such as /system.slice/postgresql.service
	Min     int    `yaml:"min,omitempty"`      // with fewer processes than this it is dead; at least 1
}

// HTTP says how a URL is asked.
type HTTP struct {
	URL        configfile.Secret    `yaml:"url"`              // may hold a password
	Method     string               `yaml:"method,omitempty"` // empty: HEAD, or GET if BodyMatch is set
	Headers    map[string]Value     `yaml:"headers,omitempty"`
	Body       configfile.Secret    `yaml:"body,omitempty"`
	BodyMatch  string               `yaml:"body_match,omitempty"`
	HTTPStatus StatusRange          `yaml:"http_status"`
	TLS        promconfig.TLSConfig `yaml:"tls_config,omitempty"`

	match *regexp.Regexp
}

// A Value is that of a header, which may be secret.
type Value = configfile.Secret

// A StatusRange is what HTTP statuses are healthy: from From on, and below Below.
type StatusRange struct {
	From  int `yaml:"from"`
	Below int `yaml:"below"`
}

// UnmarshalYAML puts the defaults in before it decodes.
func (h *HTTP) UnmarshalYAML(unmarshal func(any) error) error {
	type plain HTTP
	h.HTTPStatus = StatusRange{From: 200, Below: 400}
	return unmarshal((*plain)(h))
}

// Match returns what the body has to match; nil if anything does.
func (h *HTTP) Match() *regexp.Regexp { return h.match }
