// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"errors"

	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/collector/discovery"
)

// filesChanged reads the files with services again, and all else of the
// configuration with them.
func (e *Exporter) filesChanged() {
	if err := e.Reload(); err != nil {
		e.o.Logger.Error("Service files not read again; the old ones go on", "err", err)
		return
	}
	e.o.Logger.Info("Service files read again")
}

// targetsChanged has the targets watched that there are now.
func (e *Exporter) targetsChanged() {
	e.reload.Lock()
	defer e.reload.Unlock()
	e.mu.RLock()
	c := e.loaded
	e.mu.RUnlock()
	e.place(c)
}

// withTargets adds the targets that were found to a configuration. What is wrong
// with some of them is told, and keeps no other from being watched.
func (e *Exporter) withTargets(c *config.Config) *config.Config {
	found := e.found.Targets()
	targets := make([]config.Target, len(found))
	for i, t := range found {
		targets[i] = config.Target(t)
	}
	all, err := c.WithTargets(targets)
	rejected := 0
	if wrong, ok := errors.AsType[*config.TargetError](err); ok {
		rejected = wrong.LeftOut
		e.o.Logger.Warn("Some discovered targets are not watched", "err", err)
	}
	e.rejected.Store(int64(rejected))
	return all
}

// sources returns the endpoints that a configuration names.
func sources(c *config.Config) []discovery.Source {
	all := make([]discovery.Source, len(c.HTTPSD))
	for i, sd := range c.HTTPSD {
		all[i] = discovery.Source{URL: sd.URL, Interval: sd.Refresh, Client: sd.Client}
	}
	return all
}
