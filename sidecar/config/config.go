// SPDX-License-Identifier: Apache-2.0

// Package config reads reporter.yml: what is watched, with which limits, and which
// servers are told. It checks values and reads secret files, and asks nothing of what
// is watched; that is left to package watch, and telling to package sidecar.
package config

import (
	"os"
	"time"

	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/configfile"
)

// Which servers get a report.
const (
	SendAll   = "all"   // each of them
	SendFirst = "first" // the first one that takes it, in the order of the file
)

// What becomes of the replicas of the watches when the program ends.
const (
	OnStopKeep  = "keep"  // they go on to count, and are dead once a report is overdue
	OnStopFlush = "flush" // they are taken away
)

// What is reported of a watch.
const (
	ReportHealth = "health" // to a node in mode local
	ReportLoad   = "load"   // to a node in mode push: a load, and the health besides
)

// A Config is what reporter.yml says, checked and completed. It is not changed once
// loaded.
type Config struct {
	Servers   []Server       `yaml:"servers"`
	Send      string         `yaml:"send"`
	Replica   string         `yaml:"replica"` // of the watches that name none
	OnStop    string         `yaml:"on_stop"`
	Interval  model.Duration `yaml:"interval"`   // between two checks, and two reports, of the watches that have none of their own
	Timeout   model.Duration `yaml:"timeout"`    // likewise: of a single check
	Retries   int            `yaml:"retries"`    // likewise: how often a watch that looks dead is checked again
	RetryWait model.Duration `yaml:"retry_wait"` // before each of these
	Watch     []Watch        `yaml:"watch"`
}

// Load reads the file at path. Its error tells everything that is wrong with the
// file, a line each, and wraps [os.ErrNotExist] if there is no such file.
func Load(path string) (*Config, error) {
	f, err := configfile.Read(path)
	if err != nil {
		return nil, err
	}
	return parse(f, os.LookupEnv, os.Hostname)
}

// YAML returns the configuration as a file would give it, without its secrets.
func (c *Config) YAML() ([]byte, error) {
	shown := *c
	shown.Servers = make([]Server, len(c.Servers))
	for i, s := range c.Servers {
		s.HTTP = configfile.ShownHTTPClient(s.HTTP)
		shown.Servers[i] = s
	}
	return configfile.Marshal(shown)
}

// String returns what [Config.YAML] does, so that no secret of the HTTP settings is
// printed by chance.
func (c *Config) String() string {
	text, err := c.YAML()
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// defaults are what holds where the file says nothing.
func defaults() *Config {
	return &Config{
		Send: SendAll, OnStop: OnStopKeep,
		Interval: model.Duration(30 * time.Second), Timeout: model.Duration(10 * time.Second),
		Retries: 2, RetryWait: model.Duration(500 * time.Millisecond),
	}
}

func parse(f *configfile.File, lookup func(string) (string, bool), hostname func() (string, error)) (*Config, error) {
	if err := f.ExpandEnv(lookup); err != nil {
		return nil, err
	}
	c := defaults()
	if err := f.Decode(c); err != nil {
		return nil, err
	}
	if !f.Has("timeout") {
		c.Timeout = min(c.Timeout, max(c.Interval, model.Duration(time.Second)))
	}
	k := checker{file: f, config: c, hostname: hostname}
	k.check()
	if err := k.errs.Err(); err != nil {
		return nil, err
	}
	return c, nil
}
