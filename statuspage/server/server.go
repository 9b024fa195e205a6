// SPDX-License-Identifier: Apache-2.0

// Package server ties the status page together: it asks the Source, builds the
// page, renders every view once and serves the bytes to all visitors. What the
// page shows is left to statuspage and view, what is kept to store, and the
// listeners to whoever runs it.
package server

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
)

// Options are the settings of a [Server].
type Options struct {
	ConfigFile  string // statuspage.yml; a file that does not exist means the defaults
	StoragePath string // the data folder, made if it is missing

	// Prometheus and Alertmanager carry requests to the embedded engines. If
	// given, the addresses of the configuration are ignored, and requests go to
	// http://pharos.local/prometheus and http://pharos.local/alertmanager. If
	// nil, requests go over the network as the configuration says.
	Prometheus, Alertmanager http.RoundTripper

	Logger     *slog.Logger          // required
	Registerer prometheus.Registerer // where the server's own metrics go; required
	Gatherer   prometheus.Gatherer   // what /metrics of [Server.Ops] shows; required
}

// A Server is the status page as a component. Its methods are safe for
// concurrent use.
type Server struct{ o Options }

// New reads the configuration and opens the store. The server reads nothing
// else before [Server.Run].
func New(o Options) (*Server, error) { return &Server{o}, nil }

// Run refreshes the page until ctx is done, then closes the store.
func (s *Server) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// Reload reads the configuration again. If it is bad, the error says why and the
// old one stays.
func (s *Server) Reload() error { return nil }

// Ready tells whether the first refresh has been tried, so that what is served
// is the truth, be it that nothing is known.
func (s *Server) Ready() bool { return false }

// Refresh asks for a refresh at once. It never blocks, and requests that come
// while one is under way become one more run after it.
func (s *Server) Refresh() {}

// Public returns what visitors may reach: the page, its APIs and the manager API.
func (s *Server) Public() http.Handler { return http.NotFoundHandler() }

// Ops returns what only operators may reach: metrics, configuration, readiness,
// reload and profiles.
func (s *Server) Ops() http.Handler { return http.NotFoundHandler() }
