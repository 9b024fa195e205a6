// SPDX-License-Identifier: Apache-2.0

// Package bridge ties the bridge together: it takes notifications from
// Alertmanager's webhooks, answers once they are on disk, and shows operators how it
// stands. Keeping is left to package spool, sending to deliver and channel, and the
// listeners to whoever runs it.
package bridge

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pharos-status/pharos/bridge/deliver"
	"github.com/pharos-status/pharos/bridge/spool"
	"github.com/pharos-status/pharos/internal/app"
)

// Options are the settings of a [Bridge].
type Options struct {
	ConfigFile    string // bridge.yml; a file that does not exist means that there are no channels
	RequireConfig bool   // whether an absent ConfigFile is an error nevertheless
	StoragePath   string // the data folder, made if it is missing

	// Page returns title and address of the status page, in messages, where the
	// configuration says nothing of them; they may be empty. It is asked whenever the
	// configuration is read. It may be nil.
	Page func() (title, address string)

	Logger     *slog.Logger          // required
	Registerer prometheus.Registerer // where the bridge's own metrics go; required
	Gatherer   prometheus.Gatherer   // what /metrics of [Bridge.Ops] shows; nil: Registerer, if it is one
}

func (o *Options) validate() error {
	switch {
	case o.Logger == nil:
		return errors.New("bridge: Options.Logger is required")
	case o.Registerer == nil:
		return errors.New("bridge: Options.Registerer is required")
	}
	if o.Gatherer == nil {
		o.Gatherer, _ = o.Registerer.(prometheus.Gatherer)
	}
	return nil
}

// A Bridge is the bridge as a component. Its methods are safe for concurrent use.
type Bridge struct {
	o         Options
	spool     *spool.Spool
	deliverer *deliver.Deliverer
	metrics   *metrics
	intake    *intake
	disk      *disk

	rejections rejections

	reloading sync.Mutex  // one Reload at a time
	running   atomic.Bool // between the beginning and the end of Run
	failed    atomic.Bool // the disk, by what was logged last

	settings atomic.Pointer[settings]
}

// New reads the configuration and opens the store. Nothing is sent before [Bridge.Run].
func New(o Options) (_ *Bridge, err error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	b := &Bridge{o: o, intake: newIntake()}
	first, err := loadSettings(&o, false)
	if err != nil {
		return nil, err
	}
	if b.spool, err = spool.Open(spool.Options{Path: o.StoragePath, Logger: o.Logger}); err != nil {
		return nil, errors.Join(err, first.close())
	}
	b.disk = &disk{spool: b.spool}
	if b.deliverer, err = deliver.New(deliver.Options{Spool: b.spool, Registerer: o.Registerer, Logger: o.Logger}); err != nil {
		return nil, errors.Join(err, first.close(), b.spool.Close())
	}
	b.settings.Store(first)
	b.deliverer.Use(first.routes)
	b.metrics = newMetrics(b.disk.err)
	b.metrics.reloaded(true)
	if err := b.metrics.register(o.Registerer); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// Close releases what New acquired, for a bridge that never runs.
func (b *Bridge) Close() error {
	b.metrics.unregister(b.o.Registerer)
	return errors.Join(b.deliverer.Close(), b.spool.Close())
}

// Run delivers what was accepted until ctx is done, then closes the store. Listeners
// must have stopped before: see [app.Run].
func (b *Bridge) Run(ctx context.Context) error {
	b.running.Store(true)
	err := app.Run(ctx,
		app.Part{Name: "spool", Component: b.spool},
		app.Part{Name: "delivery", Component: b.deliverer},
		app.Part{Name: "disk", Component: app.Func(b.watchDisk)},
	)
	b.running.Store(false)
	return errors.Join(err, b.Close())
}

// Reload reads the configuration again. If it is bad, the error says why and the old
// one stays.
func (b *Bridge) Reload() error {
	b.reloading.Lock()
	defer b.reloading.Unlock()
	next, err := loadSettings(&b.o, b.settings.Load().file)
	b.metrics.reloaded(err == nil)
	if err != nil {
		return err
	}
	b.settings.Store(next) // first: Use closes channels, and nobody should have to wait for that
	b.deliverer.Use(next.routes)
	return nil
}

// Found tells whether a host with a port that is dialled within this process means the
// bridge: it is that of the external URL, there is a configuration file, and no
// certificate is expected, which a process does not show to itself.
func (b *Bridge) Found(address string) bool {
	s := b.settings.Load()
	return s.file && s.config.External().Scheme == "http" && s.config.Found(address)
}

// Channels returns the names of the channels, in the order of the configuration.
func (b *Bridge) Channels() []string {
	channels := b.settings.Load().config.Channels
	names := make([]string, len(channels))
	for i := range channels {
		names[i] = channels[i].Name
	}
	return names
}

// ExternalURL returns where the configuration says that Alertmanager finds the bridge.
// It is not to be changed.
func (b *Bridge) ExternalURL() *url.URL { return b.settings.Load().config.External() }
