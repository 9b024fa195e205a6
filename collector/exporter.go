// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/collector/schedule"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/app"
)

// An Exporter watches what its configuration names, and shows it as metrics. It is
// an [app.Component]; its methods may be called at any time, from many
// goroutines, and until Run is called they show what an earlier run has left.
type Exporter struct {
	o         Options
	store     *state.Store
	scheduler *schedule.Scheduler
	probers   proberMaker
	metrics   *metrics
	changes   changes
	reporter  http.Handler
	running   atomic.Bool

	reload sync.Mutex // held while the configuration is read and replaced

	mu   sync.RWMutex // guards all that follows; held for moments only
	plan *plan
	file bool // whether there was a configuration file
}

// New reads the configuration and opens the data folder. The Exporter must be
// run, or closed.
func New(o Options) (*Exporter, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	e := &Exporter{o: o, plan: emptyPlan(), probers: proberMaker{o.UserAgent, probe.NewPinger()}}
	c, file, err := e.load(!o.RequireConfig)
	if err != nil {
		return nil, err
	}
	if e.store, err = state.Open(state.Options{Path: o.StoragePath, Logger: o.Logger}); err != nil {
		return nil, err
	}
	e.scheduler = schedule.New(schedule.Options{Record: e.record, Logger: o.Logger})
	e.metrics = newMetrics(e.snapshot, prometheus.NewRegistry(), o.Logger)
	e.reporter = e.newReporter()
	e.apply(c, file)
	return e, nil
}

// Run probes and keeps what comes in, until ctx is done.
func (e *Exporter) Run(ctx context.Context) error {
	e.running.Store(true)
	defer e.running.Store(false)
	return app.Run(ctx, app.Part{Name: "state", Component: e.store}, app.Part{Name: "scheduler", Component: e.scheduler})
}

// Close closes the data folder of an Exporter that does not run.
func (e *Exporter) Close() error { return e.store.Close() }

// Ready tells whether the Exporter runs.
func (e *Exporter) Ready() bool { return e.running.Load() }

// Reload reads the configuration again. An error leaves the old one in place;
// the metrics of the reload tell of it.
func (e *Exporter) Reload() error {
	e.reload.Lock()
	defer e.reload.Unlock()
	e.mu.RLock()
	file := e.file
	e.mu.RUnlock()
	// A file that was there and is gone is a mistake, not the wish to watch nothing.
	c, file, err := e.load(!file && !e.o.RequireConfig)
	if err != nil {
		e.metrics.reloadFailed()
		return err
	}
	e.apply(c, file)
	return nil
}

// load reads the configuration file, and tells whether there is one.
func (e *Exporter) load(mayBeAbsent bool) (c *config.Config, file bool, err error) {
	c, err = config.Load(e.o.ConfigFile)
	switch {
	case err == nil:
		return c, true, nil
	case errors.Is(err, fs.ErrNotExist) && mayBeAbsent:
		e.o.Logger.Warn("There is no configuration file, so nothing is watched", "file", e.o.ConfigFile)
		return config.Default(), false, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, false, fmt.Errorf("%w; write the file, or name another one", err)
	}
	return nil, false, err
}

// apply puts a configuration in place.
func (e *Exporter) apply(c *config.Config, file bool) {
	before := e.current()
	after := newPlan(c, before, e.probers)
	e.mu.Lock()
	e.plan, e.file = after, file
	e.mu.Unlock()

	e.changes.restart(func() { e.store.Configure(after.nodes) })
	e.scheduler.Update(after.schedule())
	e.metrics.forget(before, after)
	e.metrics.reloaded()
}

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
	e.metrics.probed(planned.mode, o)
}

// Gatherer returns the metrics of the Exporter and of its process.
func (e *Exporter) Gatherer() prometheus.Gatherer { return e.metrics.handler }
