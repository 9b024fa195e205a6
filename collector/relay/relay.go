// SPDX-License-Identifier: Apache-2.0

// Package relay reports what this exporter sees to another one, the master: by
// requests that go out only, so that it may stand behind a firewall. What there
// is to see is left to the store, and what becomes of it to the master.
package relay

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pharos-status/pharos/collector/state"
)

// Options are what a [Relay] works with. Snapshot and Logger are required.
type Options struct {
	Snapshot func(now time.Time) []state.Replica // what there is to report, sorted by ID
	Changed  <-chan struct{}                     // holds a value once a status has changed; nil: all is told by the interval
	File     string                              // keeps what the master has been told of, across restarts; empty: nothing does
	Logger   *slog.Logger
}

// Settings say to whom is reported, and what.
type Settings struct {
	URL      string        // of the master, without /reporter; empty: nothing is reported
	Token    string        // of the master's reporter API; never logged
	Services []string      // their IDs; "*" stands for all
	Interval time.Duration // between two reports of a replica whose status stays; 0: 30 s
	Timeout  time.Duration // of a request; 0: 10 s
	Client   *http.Client  // nil: one of the Relay's own
}

// A Relay reports to one master. It is a [prometheus.Collector] of its success.
type Relay struct{ o Options }

// New returns a Relay that reports nothing until [Relay.Update] says to whom.
func New(o Options) (*Relay, error) { return &Relay{o: o}, nil }

// Update replaces the settings.
func (r *Relay) Update(Settings) {}

// Describe implements [prometheus.Collector].
func (r *Relay) Describe(chan<- *prometheus.Desc) {}

// Collect implements [prometheus.Collector].
func (r *Relay) Collect(chan<- prometheus.Metric) {}

// Run reports until ctx is done.
func (r *Relay) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}
