// SPDX-License-Identifier: Apache-2.0

// Package prom reads the page's data from the HTTP API of Prometheus, or of any
// engine that has the same: the present, the days, the latencies. It asks for the
// recorded severities and minutes and never judges a replica itself; laying the answer
// out is left to package statuspage, and keeping what is over to package history.
package prom

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	commonconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/statuspage"
)

// defaultTimeout is that of a reading, all of its queries together.
const defaultTimeout = 10 * time.Second

// Options are the settings of a [Source].
type Options struct {
	URL       string                        // the address below which /api/v1 is; required
	HTTP      commonconfig.HTTPClientConfig // how to reach it; ignored if Transport is set
	Transport http.RoundTripper             // nil: over the network, as HTTP says
	Timeout   time.Duration                 // of one reading as a whole; 0: 10 s
	Logger    *slog.Logger                  // for the warnings that come with answers; required

	Components []Component // in the order of the page
}

func (o *Options) validate() error {
	if o.Logger == nil {
		return errors.New("prom: Options.Logger is required")
	}
	u, err := url.Parse(o.URL)
	if err != nil {
		return fmt.Errorf("address of Prometheus: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("address of Prometheus: %q is no http or https URL", u.Redacted())
	}
	for _, c := range o.Components {
		if c.Judge == nil || c.Expr == "" || c.ID.Service == "" || c.ID.Node == "" {
			return fmt.Errorf("prom: component %q: ID, Expr and Judge are required", c.ID)
		}
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	return nil
}

// A Source is a [statuspage.Source] over the API of Prometheus. It is safe for
// concurrent use.
type Source struct {
	api     promv1.API
	client  *http.Client
	timeout time.Duration
	logger  *slog.Logger

	components []Component
	failing    sync.Map // the expressions of components that Prometheus refuses → struct{}
}

var _ statuspage.Source = (*Source)(nil)

// New returns a Source. It asks nothing yet: a Prometheus that can't be reached
// is no error here.
func New(o Options) (*Source, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	client := &http.Client{Transport: o.Transport}
	if o.Transport == nil {
		var err error
		if client, err = commonconfig.NewClientFromConfig(o.HTTP, "prometheus"); err != nil {
			return nil, fmt.Errorf("client of Prometheus at %s: %w", o.URL, err)
		}
	}
	client.Transport = limited{next: client.Transport}
	c, err := api.NewClient(api.Config{Address: o.URL, Client: client})
	if err != nil {
		return nil, fmt.Errorf("client of Prometheus: %w", err)
	}
	return &Source{api: promv1.NewAPI(c), client: client, timeout: o.Timeout, logger: o.Logger, components: slices.Clone(o.Components)}, nil
}

// Close gives up the connections that are kept for the next reading. Readings
// may still follow; they make their own.
func (s *Source) Close() { s.client.CloseIdleConnections() }
