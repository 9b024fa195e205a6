// SPDX-License-Identifier: Apache-2.0

// Package config reads exporter.yml into validated values: what is watched, how,
// and what counts as sick or dead. It knows no network: making probers of the
// values is left to package collector.
package config

import (
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/pharos-status/pharos/internal/configfile"
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
	Tokens      []Token   // who may report; none means that every report is refused
	Services    []Service // in the order of the page

	source document // what the file says, to show it
}

// Parallelism is how many probes may run at a time, at least 1 each.
type Parallelism struct{ Poll, Script int }

// A Token lets its holder report for some services.
type Token struct {
	Token    configfile.Secret // never empty
	Services []string          // their IDs; "*" stands for all
}

// A Service is a section of the page. Its ID is unique.
type Service struct {
	ID    string
	Label string // the ID if none is given
	Nodes []Node
}

// A Node is a line of the page. Its ID is unique within its service. Of the four
// settings, the one for its mode counts.
type Node struct {
	ID    string
	Label string // the ID if none is given
	Mode  Mode

	Poll   Poll
	Script Script
	Push   Push
	Local  Local

	HTTP       HTTP      // how to ask http and https replicas
	MinHealthy int       // how many replicas have to be available; 0: all of them
	Reveal     bool      // show the names of the replicas to the public
	Link       Link      // shown beside the node
	Replicas   []Replica // what to probe, at least one; none in modes push and local
}

// A Replica is one target of a node in mode poll, or one script of a node in mode
// script.
type Replica struct {
	// Name is unique within the node, at most status.MaxIDLength bytes, and holds
	// nothing secret: the given one, or else the URL without user information,
	// query and fragment (and with a short hash where two are alike), or a
	// script's place in the list, from 1.
	Name string

	URL     *url.URL // poll: http, https, tcp, icmp or ssh; tcp and ssh have a port
	Shell   string   // script: text for the shell; empty if Command is set
	Command []string // script: a program and its arguments, run without a shell

	Poll   Poll   // the settings of the replica itself
	Script Script // likewise
}

// Poll are the settings of replicas that are asked over the network.
type Poll struct {
	Interval  time.Duration // between two probes, more than 0
	Timeout   time.Duration // dead if there is no answer by then, more than 0
	SickAfter time.Duration // sick if the answer is later; 0: never
	Retries   int           // how often a dead replica is tried again
	RetryWait time.Duration // before each retry

	// An HTTP status is healthy from StatusFrom on, and below StatusBelow.
	StatusFrom, StatusBelow int
}

// Script are the settings of scripts.
type Script struct {
	Interval time.Duration // between two runs, more than 0
	Timeout  time.Duration // dead if it still runs, more than 0
}

// Push are the settings of replicas that report their load.
type Push struct {
	DeadAfter    time.Duration // dead if a report is later than its interval by this much
	ForgetAfter  time.Duration // without a report; 0: never
	CPUSickAbove float64       // sick if the load, a ratio, is above
	RAMSickAbove float64
}

// Local are the settings of replicas that a relay reports of.
type Local struct {
	DeadAfter   time.Duration // dead if a report is later than its interval by this much
	ForgetAfter time.Duration // without a report; 0: never
}

// HTTP says how http and https replicas are asked.
type HTTP struct {
	Method    string         // HEAD if none is given, GET if BodyMatch is set
	Headers   http.Header    // may hold secrets; keys are in canonical form, Host among them
	Body      string         // may hold secrets; empty for HEAD and GET
	BodyMatch *regexp.Regexp // what the body of the answer must match; nil: anything
}

// A Link leads from the page to more about a node. Both are empty, or the URL is
// an http, https or mailto one.
type Link struct{ URL, Label string }

// Default returns what an absent or empty file means: nothing is watched.
func Default() *Config {
	c := &Config{Parallelism: Parallelism{Poll: 256, Script: 8}}
	c.source = document{
		Defaults:    defaultSettings().document(),
		Parallelism: parallelismDocument{&c.Parallelism.Poll, &c.Parallelism.Script},
	}
	return c
}
