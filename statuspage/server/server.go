// SPDX-License-Identifier: Apache-2.0

// Package server ties the status page together: it asks the Source, builds the
// page, renders every view once and serves the bytes to all visitors. What the
// page shows is left to statuspage and view, what is kept to store, and the
// listeners to whoever runs it.
package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/statuspage/api"
	"github.com/pharos-status/pharos/statuspage/store"
)

// Options are the settings of a [Server].
type Options struct {
	ConfigFile    string // statuspage.yml; a file that does not exist means the defaults
	RequireConfig bool   // whether an absent ConfigFile is an error nevertheless
	StoragePath   string // the data folder, made if it is missing
	PageURL       string // where the page is, if the configuration does not say; may be empty

	// Prometheus and Alertmanager carry requests to the embedded engines. If
	// given, the addresses of the configuration are ignored, and requests go to
	// http://pharos.local/prometheus and http://pharos.local/alertmanager. If
	// nil, requests go over the network as the configuration says.
	Prometheus, Alertmanager http.RoundTripper

	// CertificateNotAfter returns when the certificate expires that the public
	// listener shows, or the zero time if it shows none. It is called at each
	// scrape; may be nil.
	CertificateNotAfter func() (time.Time, error)

	Logger     *slog.Logger          // required
	Registerer prometheus.Registerer // where the server's own metrics go; required
	Gatherer   prometheus.Gatherer   // what /metrics of [Server.Ops] shows; nil: Registerer, if it is one
}

func (o *Options) validate() error {
	switch {
	case o.Logger == nil:
		return errors.New("status page: Options.Logger is required")
	case o.Registerer == nil:
		return errors.New("status page: Options.Registerer is required")
	}
	if o.Gatherer == nil {
		o.Gatherer, _ = o.Registerer.(prometheus.Gatherer)
	}
	return nil
}

// A Server is the status page as a component. Its methods are safe for
// concurrent use.
type Server struct {
	o       Options
	store   *store.Store
	metrics *metrics
	pages   *refresher
	manager http.Handler

	settings  atomic.Pointer[settings]
	reloading sync.Mutex // one Reload at a time
}

// New reads the configuration, opens the store and draws a first page, on which
// all is unknown. Prometheus is not asked before [Server.Run].
func New(o Options) (*Server, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	first, err := loadSettings(&o, false)
	if err != nil {
		return nil, err
	}
	kept, err := store.Open(store.Options{Path: o.StoragePath, Logger: o.Logger})
	if err != nil {
		return nil, err
	}
	s := &Server{o: o, store: kept, metrics: newMetrics(o)}
	if err := s.metrics.register(o.Registerer); err != nil {
		return nil, errors.Join(err, kept.Close())
	}
	s.settings.Store(first)
	s.metrics.reloaded(true)
	s.pages = newRefresher(s.settings.Load, kept, s.metrics, o.Logger)
	s.manager = api.Handler(api.Options{
		Token:      func() configfile.Secret { return s.settings.Load().config.Manager.Token },
		Store:      kept,
		Reminders:  func() api.Reminders { return s.settings.Load().reminders },
		Reading:    s.pages.lastReading,
		StaleAfter: func() time.Duration { return time.Duration(s.settings.Load().config.StaleAfter) },
		Changed:    s.pages.redrawSoon,
		Logger:     o.Logger,
	})
	if err := s.pages.begin(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close releases what New acquired, for a server that never runs.
func (s *Server) Close() error {
	s.metrics.unregister(s.o.Registerer)
	s.settings.Load().release()
	return s.store.Close()
}

// Run refreshes the page until ctx is done, then closes the store. Listeners
// must have stopped before: see [app.Run].
func (s *Server) Run(ctx context.Context) error {
	s.pages.run(ctx)
	return s.Close()
}

// Reload reads the configuration again and refreshes the page. If the
// configuration is bad, the error says why and the old one stays.
func (s *Server) Reload() error {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	next, err := loadSettings(&s.o, s.settings.Load().file)
	s.metrics.reloaded(err == nil)
	if err != nil {
		return err
	}
	s.settings.Swap(next).release()
	s.pages.redrawSoon()
	s.pages.refreshSoon()
	return nil
}

// Ready tells whether the first refresh has been tried, so that what is served
// is the truth, be it that nothing is known. A Prometheus that can't be reached
// does not make the server unready: it can say so.
func (s *Server) Ready() bool { return s.pages.tried.Load() }

// Refresh asks for a refresh at once. It never blocks, and requests that come
// while one is under way become one more run after it.
func (s *Server) Refresh() { s.pages.refreshSoon() }
