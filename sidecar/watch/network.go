// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"time"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/sidecar/config"
)

// An asked watch is one that is asked over the network, as the exporter asks.
type asked struct {
	prober probe.Prober
	limits probe.Limits
}

// Check implements [Watch].
func (a *asked) Check(ctx context.Context) Verdict {
	result := a.prober.Probe(ctx)
	verdict := a.limits.Judge(result)
	f := nothing()
	f.Answer = result.Took.Seconds()
	return Verdict{verdict.Status, verdict.Detail, f}
}

func limitsOf(w *config.Watch) probe.Limits {
	return probe.Limits{SickAfter: time.Duration(w.SickAfter), Timeout: time.Duration(w.Timeout)}
}

func newTCP(w *config.Watch) Watch {
	return &asked{prober: probe.TCP(probe.TCPOptions{Addr: w.TCP}), limits: limitsOf(w)}
}

func newHTTP(h *Host, w *config.Watch) (Watch, error) {
	u, err := url.Parse(string(w.HTTP.URL))
	if err != nil {
		return nil, fmt.Errorf("watch %s: not a URL", w.ID())
	}
	var tlsConfig *tls.Config
	if w.HTTP.TLS != (promconfig.TLSConfig{}) {
		if tlsConfig, err = promconfig.NewTLSConfig(&w.HTTP.TLS); err != nil {
			return nil, fmt.Errorf("watch %s: %w", w.ID(), err)
		}
	}
	headers := make(http.Header, len(w.HTTP.Headers))
	for name, value := range w.HTTP.Headers {
		headers.Set(name, string(value))
	}
	return &asked{limits: limitsOf(w), prober: probe.HTTP(probe.HTTPOptions{
		URL: u, Method: w.HTTP.Method, Headers: headers, Body: string(w.HTTP.Body), UserAgent: h.o.UserAgent,
		TLS: tlsConfig, StatusFrom: w.HTTP.HTTPStatus.From, StatusBelow: w.HTTP.HTTPStatus.Below, BodyMatch: w.HTTP.Match(),
	})}, nil
}
