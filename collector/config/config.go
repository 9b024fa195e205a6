// SPDX-License-Identifier: Apache-2.0

// Package config reads exporter.yml into validated values: what is watched, how,
// and what counts as sick or dead. It knows no network: making probers of the
// values is left to package collector.
package config

import (
	"net/url"

	"github.com/pharos-status/pharos/collector/module"
)

// A Mode says how a node is watched.
type Mode string

// The modes.
const (
	ModePoll   Mode = "poll"   // the replicas are URLs, asked at an interval
	ModeScript Mode = "script" // the replicas are scripts, run at an interval
	ModePush   Mode = "push"   // the replicas report their load
	ModeLocal  Mode = "local"  // a relay reports the status of the replicas
)

// A Config is the content of exporter.yml, with every default resolved. It is
// not changed once loaded.
type Config struct {
	Parallelism Parallelism
	Modules     map[string]*module.Module // by name: the built-in ones and the configured ones

	Tokens []Token        // who may report; none means that every report is refused
	Limits ReporterLimits // how many replicas may come by reports

	Vantage  string    // the place from which this exporter watches; empty: it has no name
	Shard    Shard     // which of the services are its own
	Relay    *Relay    // to whom it reports what it sees; nil: to nobody
	RabbitMQ *RabbitMQ // where the queues of nodes are read; nil: nowhere
	HTTPSD   []HTTPSD  // where more targets are learnt of

	// ServiceFiles are absolute patterns, as [path/filepath.Glob] takes them, of
	// the files that hold more services. They have been read.
	ServiceFiles []string

	// Services are those of this shard, in the order of the page: of the file, of
	// the service files, and of [Config.WithTargets].
	Services []Service

	files  files    // what the files say of services, for WithTargets
	source document // what exporter.yml says, to show it
}

// Parallelism is how many probes may run at a time, at least 1 each. Where Poll is 0,
// the file does not say: at least 256, and as many as an outage of all targets takes.
type Parallelism struct{ Poll, Script int }

// A Service is a section of the page. Its ID is unique.
type Service struct {
	ID       string
	Label    string // the ID if none is given
	Position int    // its place on the page, from 0; the same on every shard
	Nodes    []Node
}

// A Node is a line of the page. Its ID is unique within its service. Of the
// settings, those for its mode count.
type Node struct {
	ID    string
	Label string // the ID if none is given
	Mode  Mode

	Poll   Poll
	Script Script
	Push   Push
	Local  Local
	TLS    *TLS // poll; nil: as the machine has it
	SSH    SSH  // poll

	Module     *module.Module // how to ask, whatever the settings for a protocol say; nil: as the URLs of the replicas say
	ModuleName string         // of Module
	HTTP       HTTP           // how to ask http, https, ws and wss replicas
	Queue      *Queue         // the message queue that speaks for a node in mode push, too; nil: none
	MinHealthy int            // how many replicas have to be available; 0: all of them
	Reveal     bool           // show the names of the replicas to the public
	Link       Link           // shown beside the node
	Replicas   []Replica      // what to probe, at least one; none in modes push and local
}

// A Replica is one target of a node in mode poll, or one script of a node in mode
// script.
type Replica struct {
	// Name is unique within the node, at most status.MaxIDLength bytes, and holds
	// nothing secret: the given one, or else the URL without user information,
	// query and fragment (and with a hash where two are alike), or a
	// script's place in the list, from 1.
	Name string

	URL     *url.URL // poll; nil if the node has a module
	Target  string   // poll: what the module of the node is asked about; may hold secrets
	Shell   string   // script: text for the shell; empty if Command is set
	Command []string // script: a program and its arguments, run without a shell

	Poll   Poll   // the settings of the replica itself
	TLS    *TLS   // likewise
	SSH    SSH    // likewise
	Script Script // likewise
}

// Default returns what an absent or empty file means: nothing is watched.
func Default() *Config {
	c := &Config{
		Parallelism: Parallelism{Script: 8},
		Modules:     module.Builtin(),
		Limits:      defaultLimits(),
		files:       files{defaults: defaultSettings(), above: map[string]resolved{}},
	}
	c.source = shown(&document{}, c)
	return c
}
