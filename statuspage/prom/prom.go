// SPDX-License-Identifier: Apache-2.0

// Package prom reads the page's data from the HTTP API of Prometheus, or of any
// engine that has the same. It asks for the recorded severities and never judges
// a replica itself; laying the answer out is left to package statuspage.
package prom

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	commonconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/statuspage"
)

// Options are the settings of a [Source].
type Options struct {
	URL       string                        // the address below which /api/v1 is; required
	HTTP      commonconfig.HTTPClientConfig // how to reach it; ignored if Transport is set
	Transport http.RoundTripper             // nil: over the network, as HTTP says
	Timeout   time.Duration                 // of one reading as a whole; 0: 10 s
	Logger    *slog.Logger                  // for the warnings that come with answers; required
}

// A Source is a [statuspage.Source] over the API of Prometheus. It is safe for
// concurrent use.
type Source struct{ o Options }

var _ statuspage.Source = (*Source)(nil)

// New returns a Source. It asks nothing yet: a Prometheus that can't be reached
// is no error here.
func New(o Options) (*Source, error) { return &Source{o: o}, nil }

// Current implements [statuspage.Source].
func (s *Source) Current(context.Context) (statuspage.Reading, error) {
	return statuspage.Reading{}, errors.New("not yet")
}
