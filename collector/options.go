// SPDX-License-Identifier: Apache-2.0

// Package collector ties the exporter together: it makes probers of the
// configuration, has them run on time, keeps what they and the reporters say, and
// shows it to Prometheus. A scrape reads state; it never probes. The listeners
// are left to the commands, and what is made of the metrics to rules and readers.
package collector

import (
	"cmp"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/common/version"
)

// Defaults of blackbox_exporter, for programs that have no flags for these.
const (
	DefaultTimeoutOffset = 500 * time.Millisecond
	DefaultHistory       = 100
)

// Options are the settings of an [Exporter].
type Options struct {
	ConfigFile    string // exporter.yml
	RequireConfig bool   // whether an absent ConfigFile is an error; else nothing is watched then
	StoragePath   string // the data folder, made if there is none
	UserAgent     string // of HTTP probes; empty: pharos/ and the version
	ServeReporter bool   // whether Handler serves /reporter/ too
	Logger        *slog.Logger

	// TimeoutOffset is taken from Prometheus' time limit for a scrape of /probe, so
	// that the answer is there in time.
	TimeoutOffset time.Duration
	// History is how many probes of /probe are remembered, and how many failed
	// ones besides. 0: none.
	History int

	// Title heads the landing page; empty: Pharos exporter. Links are shown there
	// beside those of the exporter itself.
	Title string
	Links []Link
}

// A Link leads from the landing page to another part of the program.
type Link struct{ URL, Text string }

// validate returns what is wrong with the options, and fills in defaults.
func (o *Options) validate() error {
	switch {
	case o.Logger == nil:
		return errors.New("collector: Options.Logger is nil")
	case o.ConfigFile == "":
		return errors.New("collector: Options.ConfigFile is empty")
	case o.StoragePath == "":
		return errors.New("collector: Options.StoragePath is empty")
	}
	o.Title = cmp.Or(o.Title, "Pharos exporter")
	if o.UserAgent == "" {
		o.UserAgent = "pharos/" + cmp.Or(version.Version, "unknown")
	}
	return nil
}

// UserAgent returns what HTTP probes call themselves for the sake of those who
// read the logs of a target: the program, and where its page is. It is empty, for
// the default, if url is.
func UserAgent(url string) string {
	if url == "" {
		return ""
	}
	return "pharos (+" + url + ")"
}
