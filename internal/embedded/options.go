// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
)

// Defaults of [Options].
const (
	DefaultScrapeInterval   = 15 * time.Second
	DefaultRetentionTime    = 400 * 24 * time.Hour
	DefaultMinBlockDuration = 2 * time.Hour
	DefaultMaxBlockDuration = 31 * 24 * time.Hour
)

// Changes tells what happened since it was asked last. One goroutine asks.
type Changes interface {
	// Changed has capacity 1 and receives when Changes has something to tell.
	Changed() <-chan struct{}
	// Changes returns the samples that differ since the last call, without the
	// labels job and instance; a value with the bits schema.StaleBits ends its
	// series. The first call, and the first one after a reload, returns every
	// series there is. Timestamps of the samples are ignored.
	Changes() []*model.Sample
}

// Options are the settings of an [Engine].
type Options struct {
	// ConfigDir is the folder of alerting.yml, prometheus.yml, alertmanager.yml
	// and rules/*.yml, each of them optional.
	ConfigDir string
	// StoragePath is the data folder. The engine keeps to prometheus/ and
	// alertmanager/ in it. Required.
	StoragePath string
	// ExternalURL is where people reach the listener that serves
	// [Engine.Handler]; links in notifications begin with it. Required.
	ExternalURL *url.URL
	// ListenAddress is the address of that listener; it becomes the instance
	// label of the series scraped in memory. Required.
	ListenAddress string

	// Exporter serves /metrics of the exporter, scraped in memory as job
	// schema.JobExporter. Required.
	Exporter http.Handler
	// Own serves the other metrics of the process, scraped in memory as job
	// pharos; only the series that matter are kept. It may be nil.
	Own http.Handler
	// Changes are the events that are evaluated at once. It may be nil: then
	// scrapes and ticks are all there is.
	Changes Changes
	// Dial makes the connections of Alertmanager's receivers that send by HTTP. It
	// may be nil: then the network is used.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Evaluated is called after each evaluation of the rules. It must not
	// block. It may be nil.
	Evaluated func()

	// ScrapeInterval is how often the process is scraped in memory and how often
	// the rules are evaluated if nothing happens; at least 100 ms. Jobs in
	// prometheus.yml have their own interval.
	ScrapeInterval time.Duration
	// RetentionTime and RetentionSize (bytes of blocks; 0 for no limit) bound the
	// history. storage.tsdb.retention in prometheus.yml replaces both.
	RetentionTime time.Duration
	RetentionSize int64
	// MinBlockDuration is the span of a block when it leaves memory,
	// MaxBlockDuration the most that blocks are merged to; less if the retention
	// is short.
	MinBlockDuration, MaxBlockDuration time.Duration

	// Logger is required. Registerer takes the metrics of both engines; nil
	// keeps them private.
	Logger     *slog.Logger
	Registerer prometheus.Registerer

	testBlockReload time.Duration     // how often blocks are looked over; 0 for the usual minute
	testRules       map[string][]byte // instead of the bundled ones; nil for those
}

// withDefaults returns o with its unset fields set.
func (o Options) withDefaults() Options {
	if o.ScrapeInterval == 0 {
		o.ScrapeInterval = DefaultScrapeInterval
	}
	if o.RetentionTime == 0 {
		o.RetentionTime = DefaultRetentionTime
	}
	if o.MinBlockDuration == 0 {
		o.MinBlockDuration = DefaultMinBlockDuration
	}
	if o.MaxBlockDuration == 0 {
		o.MaxBlockDuration = max(o.MinBlockDuration, DefaultMaxBlockDuration)
	}
	if o.Evaluated == nil {
		o.Evaluated = func() {}
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	return o
}

// validate names each field that cannot be used as it is.
func (o Options) validate() error {
	var errs error
	require := func(ok bool, field, why string) {
		if !ok {
			errs = errors.Join(errs, fmt.Errorf("embedded: option %s %s", field, why))
		}
	}
	require(o.StoragePath != "", "StoragePath", "is missing")
	require(o.ExternalURL != nil, "ExternalURL", "is missing")
	require(o.ListenAddress != "", "ListenAddress", "is missing")
	require(o.Exporter != nil, "Exporter", "is missing")
	require(o.Logger != nil, "Logger", "is missing")
	require(o.ScrapeInterval >= 100*time.Millisecond, "ScrapeInterval", "is below 100ms")
	require(o.RetentionTime > 0, "RetentionTime", "is negative")
	require(o.RetentionSize >= 0, "RetentionSize", "is negative")
	require(o.MinBlockDuration > 0 && o.MaxBlockDuration >= o.MinBlockDuration, "MaxBlockDuration", "is below MinBlockDuration")
	return errs
}
