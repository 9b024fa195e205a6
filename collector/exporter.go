// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pharos-status/pharos/collector/blackbox"
	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/collector/discovery"
	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/collector/queue"
	"github.com/pharos-status/pharos/collector/relay"
	"github.com/pharos-status/pharos/collector/schedule"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/schema"
)

// restorePatience is how long endpoints have to tell of the nodes of an earlier run.
const restorePatience = 10 * time.Minute

// Files in the data folder, besides that of the state.
const (
	relayFile   = "relay.json"     // what the relay has told its master
	targetsFile = "discovery.json" // the last answers of endpoints that tell of targets
)

// An Exporter watches what its configuration names, and shows it as metrics. It is
// an [app.Component]; its methods may be called at any time, from many
// goroutines, and until Run is called they show what an earlier run has left.
type Exporter struct {
	o         Options
	store     *state.Store
	scheduler *schedule.Scheduler
	queues    *queue.Reader
	relay     *relay.Relay
	files     *discovery.Watcher // of the files with services
	found     *discovery.HTTP    // targets
	probing   blackbox.Options
	metrics   *metrics
	changes   changes
	reporter  http.Handler
	demand    *blackbox.Handler // of /probe
	history   *blackbox.History
	running   atomic.Bool
	rejected  atomic.Int64 // targets that were found, and that are not watched

	reload           sync.Mutex // held while the configuration is read and replaced
	master, rabbitmq remote     // guarded by reload

	mu     sync.RWMutex // guards all that follows; held for moments only
	plan   *plan
	loaded *config.Config // without the targets that were found
	file   bool           // whether there was a configuration file
}

// New reads the configuration and opens the data folder. The Exporter must be
// run, or closed.
func New(o Options) (*Exporter, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	e := &Exporter{
		o: o, plan: emptyPlan(), history: blackbox.NewHistory(o.History),
		master: remote{purpose: "relay"}, rabbitmq: remote{purpose: "rabbitmq"},
		probing: blackbox.Options{Pinger: probe.NewPinger(), UserAgent: o.UserAgent},
	}
	c, file, err := e.load(!o.RequireConfig)
	if err != nil {
		return nil, err
	}
	if e.store, err = state.Open(state.Options{Path: o.StoragePath, Patience: patience(c), Logger: o.Logger}); err != nil {
		return nil, err
	}
	e.build()
	if err := e.apply(c, file); err != nil {
		return nil, errors.Join(err, e.store.Close())
	}
	return e, nil
}

// build makes the parts that the store feeds and is fed by.
func (e *Exporter) build() {
	registry := prometheus.NewRegistry()
	e.scheduler = schedule.New(schedule.Options{Record: e.record, Waits: e.waits, Logger: e.o.Logger})
	e.queues = queue.New(queue.Options{Record: e.store.Queue, Logger: e.o.Logger})
	e.relay = relay.New(relay.Options{
		Snapshot: e.store.Snapshot, Changed: e.store.StatusChanged(),
		File: filepath.Join(e.o.StoragePath, relayFile), Logger: e.o.Logger,
	})
	e.files = discovery.NewWatcher(discovery.WatcherOptions{Changed: e.filesChanged, Logger: e.o.Logger})
	e.found = discovery.NewHTTP(discovery.HTTPOptions{
		Changed: e.targetsChanged, UserAgent: e.o.UserAgent,
		File: filepath.Join(e.o.StoragePath, targetsFile), Logger: e.o.Logger,
	})
	e.metrics = newMetrics(e.snapshot, registry, e.o.Logger)
	e.reporter = e.newReporter()
	e.demand = blackbox.NewHandler(blackbox.HandlerOptions{
		Options: e.probing, TimeoutOffset: e.o.TimeoutOffset, History: e.history, Logger: e.o.Logger,
		Modules: func() map[string]*module.Module { return e.current().config.Modules },
	})
	registry.MustRegister(poolMetrics(e.plan)...)
	registry.MustRegister(e.queues, e.relay, e.found,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: schema.ExporterDiscoveryRejected,
			Help: "Discovered targets that are not watched because something is wrong with them; the log says what.",
		}, func() float64 { return float64(e.rejected.Load()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: schema.ModuleUnknown, Help: "Probes on demand that asked for a module that is not there.",
		}, func() float64 { return float64(e.demand.UnknownModules()) }))
}

// patience is how long what an earlier run has left waits for its node.
func patience(c *config.Config) time.Duration {
	if len(c.HTTPSD) == 0 {
		return 0
	}
	return restorePatience // an endpoint may be away, and its last answer lost
}

// Run probes and keeps what comes in, until ctx is done.
func (e *Exporter) Run(ctx context.Context) error {
	e.running.Store(true)
	defer e.running.Store(false)
	defer e.closeRemotes()
	e.checkPermissions()
	return app.Run(ctx,
		app.Part{Name: "state", Component: e.store},
		app.Part{Name: "queues", Component: e.queues},
		app.Part{Name: "relay", Component: e.relay},
		app.Part{Name: "scheduler", Component: e.scheduler},
		app.Part{Name: "service files", Component: e.files},
		app.Part{Name: "service discovery", Component: e.found},
	)
}

// checkPermissions says at the start what else would be said of each replica in turn.
func (e *Exporter) checkPermissions() {
	if !e.current().pings() {
		return
	}
	if err := e.probing.Pinger.Check(); err != nil {
		e.o.Logger.Warn("Replicas that are pinged will be unknown", "err", err)
	}
}

// closeRemotes closes the connections that nobody uses any more.
func (e *Exporter) closeRemotes() {
	e.reload.Lock()
	defer e.reload.Unlock()
	e.master.close()
	e.rabbitmq.close()
}

// Close closes the data folder of an Exporter that does not run.
func (e *Exporter) Close() error { return e.store.Close() }

// Ready tells whether the Exporter runs.
func (e *Exporter) Ready() bool { return e.running.Load() }

// current returns the plan in place.
func (e *Exporter) current() *plan {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.plan
}

// record takes what came of a probe, unless its job is no longer planned.
func (e *Exporter) record(o schedule.Outcome) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	planned, ok := e.plan.jobs[o.Job.ID]
	if !ok || planned.Job != o.Job {
		return
	}
	e.store.Record(o.Job.ID, o.Verdict, o.Result)
	e.metrics.probed(planned.node.Mode, o)
}

// waits lets the verdict on a replica hold until its next probe has had its turn.
func (e *Exporter) waits(j *schedule.Job, within time.Duration) { e.store.Expect(j.ID, within) }

// Gatherer returns the metrics of the Exporter and of its process.
func (e *Exporter) Gatherer() prometheus.Gatherer { return e.metrics.handler }
