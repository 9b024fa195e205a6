// SPDX-License-Identifier: Apache-2.0

// Package server ties the status page together: it asks the Source, follows the store,
// builds the pages, draws each view once and serves the bytes to all visitors. What a
// page shows is left to statuspage, view and format, what is kept to store, what
// operators do to desk, and the listeners to whoever runs it.
package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/duty"
	"github.com/pharos-status/pharos/statuspage/history"
	"github.com/pharos-status/pharos/statuspage/store"
	"github.com/pharos-status/pharos/statuspage/subscribe"
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
	o           Options
	store       *store.Store
	metrics     *metrics
	gallery     *gallery
	follower    *follower
	pages       *refresher
	past        *history.Keeper
	desk        *desk.Desk
	admin, mcp  http.Handler
	manager     http.Handler
	subscribers *subscribe.Service
	duty        *duty.Duty
	streams     *streams
	signups     *limiter
	writes      *limiter
	calls       *limiter // of language models
	door        *doorkeeper
	sameOrigin  *http.CrossOriginProtection

	settings  atomic.Pointer[settings]
	reloading sync.Mutex // one Reload at a time
}

// Limits of what changes something, and of what language models ask, by address.
const (
	writesAtOnce = 60
	writeEvery   = 200 * time.Millisecond
	callsAtOnce  = 30
	callEvery    = 500 * time.Millisecond
)

// openTimeout bounds how long the start waits for a store that is away.
const openTimeout = 15 * time.Second

// New reads the configuration, opens the store and draws the first pages, on which
// all is unknown. Prometheus is not asked before [Server.Run].
func New(o Options) (*Server, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	first, err := loadSettings(&o, false)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), openTimeout)
	defer cancel()
	kept, err := store.Open(ctx, store.Options{Path: o.StoragePath, URL: string(first.config.Store.URL), Logger: o.Logger})
	if err != nil {
		first.release()
		return nil, err
	}
	s := &Server{
		o: o, store: kept, metrics: newMetrics(o), streams: newStreams(),
		writes: newLimiter(writeEvery, writesAtOnce), calls: newLimiter(callEvery, callsAtOnce), signups: newLimiter(signupEvery, signupsAtOnce), door: newDoorkeeper(), sameOrigin: http.NewCrossOriginProtection(),
	}
	s.settings.Store(first)
	if err := s.tie(); err != nil {
		return nil, errors.Join(err, s.giveUp())
	}
	if err := s.operate(); err != nil {
		return nil, errors.Join(err, s.giveUp())
	}
	s.metrics.more = append(s.metrics.more, s.duty.Collector())
	if err := s.metrics.register(o.Registerer); err != nil {
		s.subscribers.Close()
		return nil, errors.Join(err, s.giveUp())
	}
	s.metrics.reloaded(true)
	s.follower.look(ctx)
	s.pages.begin(ctx)
	return s, nil
}

// giveUp releases what has no metrics yet.
func (s *Server) giveUp() error {
	s.settings.Load().release()
	return s.store.Close()
}

// tie makes the parts and ties them together.
func (s *Server) tie() (err error) {
	o := s.o
	if s.past, err = history.New(history.Options{
		Source: func() statuspage.Source { return s.settings.Load().source }, Store: s.store,
		Changed: func() { s.pages.redrawSoon() }, Logger: o.Logger,
	}); err != nil {
		return err
	}
	s.gallery = newGallery(newStudio(runtime.GOMAXPROCS(0), s.metrics.rendered.Inc, o.Logger))
	s.pages = &refresher{
		settings: s.settings.Load, gallery: s.gallery, metrics: s.metrics, log: o.Logger, layouts: s.store,
		keeper: s.past,
		ask:    make(chan struct{}, 1), redraw: make(chan struct{}, 1),
	}
	s.pages.known.Store(&knowledge{})
	s.follower = newFollower(s.store, s.followed, o.Logger)
	s.pages.contents = s.follower.now.Load
	s.metrics.watch(s)
	return nil
}

// Layout returns the components of all pages, as they were last known. It is shared
// and must not be changed.
func (s *Server) Layout() statuspage.Layout { return s.pages.known.Load().layout }

// Close releases what New acquired, for a server that never runs.
func (s *Server) Close() error {
	s.EndStreams()
	s.subscribers.Close()
	s.metrics.unregister(s.o.Registerer)
	return s.giveUp()
}

// EndStreams ends the event streams of all visitors, of which a listener knows nothing
// when it stops. Those who come later are turned away.
func (s *Server) EndStreams() {
	s.streams.end()
	if now := s.gallery.shown.Load(); now != nil {
		for _, h := range now.hubs {
			h.close()
		}
	}
	s.streams.alive.Wait()
}

// Run keeps the pages up to date until ctx is done, then closes the store. Listeners
// must have stopped before: see [app.Run].
func (s *Server) Run(ctx context.Context) error {
	var parts sync.WaitGroup
	parts.Go(func() { s.follower.run(ctx) })
	parts.Go(func() { s.duties(ctx) })
	parts.Go(func() { _ = s.past.Run(ctx) }) // ends with ctx
	parts.Go(func() { s.exporting(ctx) })
	s.pages.run(ctx)
	parts.Wait()
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
	if next.config.Store.URL != s.settings.Load().config.Store.URL {
		s.o.Logger.Warn("The address of the store has changed; it counts after a restart")
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
