// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/collector/state"
)

// Reload reads the configuration again. An error leaves the old one in place;
// the metrics of the reload tell of it.
func (e *Exporter) Reload() error {
	e.reload.Lock()
	defer e.reload.Unlock()
	e.mu.RLock()
	before, file := e.loaded, e.file
	e.mu.RUnlock()
	// A file that was there and is gone is a mistake, not the wish to watch nothing.
	c, file, err := e.load(!file && !e.o.RequireConfig)
	if err == nil {
		err = c.Lost(before)
	}
	if err != nil {
		e.metrics.reloadFailed()
		return err
	}
	if err := e.apply(c, file); err != nil {
		e.metrics.reloadFailed()
		return err
	}
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

// apply puts a configuration in place, or nothing of it if a file that it names
// can't be used.
func (e *Exporter) apply(c *config.Config, file bool) error {
	relaying, relayErr := relaySettings(c.Relay, &e.master)
	queues, queueErr := queueSettings(c, &e.rabbitmq)
	if err := errors.Join(relayErr, queueErr); err != nil {
		return err
	}
	e.found.Update(sources(c))
	e.place(c)
	e.mu.Lock()
	e.loaded, e.file = c, file
	e.mu.Unlock()

	e.store.SetLimits(state.Limits(c.Limits))
	e.queues.Update(queues)
	e.relay.Update(relaying)
	e.files.Update(c.ServiceFiles)
	e.metrics.reloaded()
	e.tellProblems(c)
	return nil
}

// tellProblems says which modules can't work.
func (e *Exporter) tellProblems(c *config.Config) {
	for _, name := range slices.Sorted(maps.Keys(c.Modules)) {
		if err := c.Modules[name].Problem(); err != nil {
			e.o.Logger.Warn("No probe by this module can succeed", "module", name, "err", err)
		}
	}
}

// place has what a configuration names, and the targets that were found, watched
// from now on. Replicas for which nothing changes go on undisturbed.
func (e *Exporter) place(c *config.Config) {
	before := e.current()
	probers := newProberMaker(e.probing)
	after := newPlan(e.withTargets(c), before, probers)
	for text, replicas := range probers.failures {
		e.o.Logger.Warn("Replicas are unknown until a file can be used", "replicas", replicas, "err", text)
	}
	e.mu.Lock()
	e.plan = after
	e.mu.Unlock()

	e.changes.restart(func() { e.store.Configure(after.nodes) })
	after.resize(openFiles())
	e.scheduler.Update(after.schedule())
	e.metrics.forget(before, after)
}
