// SPDX-License-Identifier: Apache-2.0

package server

import (
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pharos-status/pharos/internal/schema"
)

// A certificate shows when that of the public listener expires, as it is found at
// each scrape: it is renewed without a word to the process.
type certificate struct {
	desc     *prometheus.Desc
	notAfter func() (time.Time, error)
	logger   *slog.Logger
}

func newCertificate(o Options) prometheus.Collector {
	return &certificate{
		desc: prometheus.NewDesc(schema.StatuspageTLSNotAfter,
			"When the certificate of the public listener expires, the first of its chain, in whole seconds. Not there without TLS by a web configuration file, nor while the certificate can't be read.", nil, nil),
		notAfter: o.CertificateNotAfter, logger: o.Logger,
	}
}

// Describe implements [prometheus.Collector].
func (c *certificate) Describe(to chan<- *prometheus.Desc) { to <- c.desc }

// Collect implements [prometheus.Collector].
func (c *certificate) Collect(to chan<- prometheus.Metric) {
	at, err := c.notAfter()
	if err != nil {
		c.logger.Warn("Nobody can connect to the public listener: its certificate can't be read", "err", err)
		return
	}
	if at.IsZero() {
		return
	}
	to <- prometheus.MustNewConstMetric(c.desc, prometheus.GaugeValue, float64(at.Unix()))
}
