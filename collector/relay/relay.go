// SPDX-License-Identifier: Apache-2.0

// Package relay reports what this exporter sees to another one, the master: by
// requests that go out only, so that it may stand behind a firewall. What there
// is to see is left to the store, and what becomes of it to the master.
//
// At the master the nodes are in mode local, whatever they are here. Each replica
// is reported when its status changes, and else once in an interval, which each
// report holds: so the master takes a replica for dead if it hears nothing for
// that interval and the node's dead_after, however seldom the replica is probed.
//
// There is no queue of reports. What counts is the last status of each replica,
// and that is in the store: all that is kept here is what the master was told of
// each. So an outage of the master costs no memory, however long it is, and after
// it the master is told what holds then.
//
// A report says why in words, which the master shows to those who run it alone: a
// target may be named there. Other words with the same status are no change.
//
// Where the status can't be told, that is reported, too: silence would make the
// replica dead at the master. A replica that is gone is flushed there. A master that
// knows no batches, such as Vigil, is told each replica by itself, and no reasons; as
// it has no word for unknown, such a replica is flushed there until more is known.
package relay

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
)

const (
	defaultInterval = 30 * time.Second
	defaultTimeout  = 10 * time.Second
	coalesce        = 100 * time.Millisecond // changes that come within it are reported together
	firstRetry      = 500 * time.Millisecond // after a failure; twice as long after each further one
	lastRetry       = 15 * time.Second       // about the longest wait, but for one that the master asks for
	maxRetryAfter   = 5 * time.Minute        // that is granted
	maxRefused      = 1000                   // nodes whose refusal is remembered
)

// Options are what a [Relay] works with. Snapshot and Logger are required.
type Options struct {
	Snapshot func(now time.Time) []state.Replica // what there is to report, sorted by ID
	Changed  <-chan struct{}                     // holds a value once a status has changed; nil: all is told by the interval
	File     string                              // keeps of which replicas the master was told, across restarts; empty: nothing does
	Logger   *slog.Logger
}

// Settings say to whom is reported, and what.
type Settings struct {
	URL      string        // of the master, without /reporter; empty: nothing is reported
	Token    string        // of the master's reporter API; never logged
	Services []string      // their IDs; "*" stands for all
	Interval time.Duration // between two reports of a replica whose status stays; 0: 30 s
	Timeout  time.Duration // of a request; 0: 10 s

	// Client asks; it follows no redirects, whatever it says of them. Nil: one of
	// the Relay's own.
	Client *http.Client
}

// A Relay reports to one master. It is a [prometheus.Collector] of its success.
// Its methods may be called at any time.
type Relay struct {
	o       Options
	own     *http.Client  // for those who bring none
	updated chan struct{} // capacity 1
	metrics *metrics

	mu       sync.Mutex
	settings Settings
}

// New returns a Relay that reports nothing until [Relay.Update] says to whom.
func New(o Options) *Relay {
	return &Relay{
		o:       o,
		own:     &http.Client{Transport: newTransport()},
		updated: make(chan struct{}, 1),
		metrics: newMetrics(),
	}
}

// Update replaces the settings.
func (r *Relay) Update(s Settings) {
	s.Interval = cmp.Or(s.Interval, defaultInterval)
	s.Timeout = cmp.Or(s.Timeout, defaultTimeout)
	s.Client = cmp.Or(s.Client, r.own)
	r.mu.Lock()
	r.settings = s
	r.mu.Unlock()
	select {
	case r.updated <- struct{}{}:
	default:
	}
}

func (r *Relay) current() Settings {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.settings
}

// Describe implements [prometheus.Collector].
func (r *Relay) Describe(ch chan<- *prometheus.Desc) { r.metrics.describe(ch) }

// Collect implements [prometheus.Collector]. A Relay that reports to nobody has
// no metrics.
func (r *Relay) Collect(ch chan<- prometheus.Metric) {
	if r.current().URL != "" {
		r.metrics.collect(ch)
	}
}

// Run reports until ctx is done.
func (r *Relay) Run(ctx context.Context) error {
	defer r.own.CloseIdleConnections()
	w := &work{Relay: r, memory: &memory{file: r.o.File}, rounds: newAlarm()}
	defer w.rounds.timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.updated:
			w.adopt(r.current())
		case <-r.o.Changed:
			if w.failures == 0 {
				w.rounds.within(coalesce)
			}
		case <-w.rounds.C:
			if w.master != nil {
				w.rounds.in(w.round(ctx))
			}
		}
	}
}

// work is what a Relay does while it runs.
type work struct {
	*Relay
	memory   *memory
	master   *master // nil if nothing is reported
	rounds   *alarm
	failures int                   // rounds that failed, one after the other
	refused  map[status.NodeID]int // what the master answers to reports of a node that it refuses
}

// adopt begins to work by new settings.
func (w *work) adopt(s Settings) {
	w.failures = 0
	if s.URL == "" {
		w.master = nil
		return
	}
	if err := w.memory.open(s.URL, time.Now()); err != nil {
		w.o.Logger.Warn("What an earlier run has told the master can't be read; replicas that were removed since may be left there", "err", err)
	}
	w.master, w.refused = newMaster(s), map[status.NodeID]int{}
	w.rounds.in(0)
}
