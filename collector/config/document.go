// SPDX-License-Identifier: Apache-2.0

package config

import "github.com/pharos-status/pharos/collector/module"

// A document is exporter.yml as it is written. Pointers and empty values are
// what the file does not set.
type document struct {
	Defaults     settings                  `yaml:"defaults"`
	Parallelism  parallelismDocument       `yaml:"parallelism"`
	Modules      map[string]*module.Module `yaml:"modules,omitempty"`
	ModuleFiles  []string                  `yaml:"module_files,omitempty,flow"`
	Reporter     reporterDocument          `yaml:"reporter"`
	Vantage      string                    `yaml:"vantage,omitempty"`
	Shard        *shardDocument            `yaml:"shard,omitempty,flow"`
	Relay        *relayDocument            `yaml:"relay,omitempty"`
	RabbitMQ     *rabbitMQDocument         `yaml:"rabbitmq,omitempty"`
	ServiceFiles []string                  `yaml:"service_files,omitempty,flow"`
	HTTPSD       []httpSDDocument          `yaml:"http_sd_configs,omitempty"`
	Services     []serviceDocument         `yaml:"services,omitempty"`
}

type parallelismDocument struct {
	Poll   *int `yaml:"poll,omitempty"`
	Script *int `yaml:"script,omitempty"`
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
	Module     string            `yaml:"module,omitempty"`
	HTTP       *httpDocument     `yaml:"http,omitempty"`
	Queue      *queueDocument    `yaml:"rabbitmq_queue,omitempty"`
	MinHealthy *int              `yaml:"min_healthy,omitempty"`
	Reveal     bool              `yaml:"reveal_replica_name,omitempty"`
	Link       linkDocument      `yaml:"link,omitempty"`
}

// A replicaDocument is a URL, or a mapping that also takes a name and settings of
// this replica alone:
//
//	replicas:
//	  - https://a.example.com/health
//	  - {url: "https://b.example.com/health?key=${KEY}", name: b, poll: {timeout: 2s}}
type replicaDocument struct {
	URL  targetURL     `yaml:"url"`
	Name string        `yaml:"name,omitempty"`
	Poll *pollDocument `yaml:"poll,omitempty"`
	TLS  *tlsDocument  `yaml:"tls,omitempty"`
	SSH  *sshDocument  `yaml:"ssh,omitempty"`
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
	Method    string         `yaml:"method,omitempty"`
	Headers   module.Headers `yaml:"headers,omitempty"`
	Body      module.Text    `yaml:"body,omitempty"`
	BodyMatch string         `yaml:"body_match,omitempty"`

	// TLS may stand here as well as on the node itself, and means the same.
	TLS *tlsDocument `yaml:"tls,omitempty"`
}

type linkDocument struct {
	URL   string `yaml:"url,omitempty"`
	Label string `yaml:"label,omitempty"`
}
