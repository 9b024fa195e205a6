// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"context"
	"io"
	"net/http"
	"net/url"
	goruntime "runtime"
	"time"

	"github.com/grafana/regexp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/common/route"
	"github.com/prometheus/common/version"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/util/features"
	"github.com/prometheus/prometheus/util/notifications"
	apiv1 "github.com/prometheus/prometheus/web/api/v1"
)

// Limits of the remote-read interface, Prometheus' own.
const (
	remoteReadSamples     = 50_000_000
	remoteReadConcurrency = 10
	remoteReadFrame       = 1 << 20
)

// handler serves Prometheus' HTTP API under prefix. What changes the history
// (administration, receivers) is off.
func (p *prom) handler(prefix string, rules apiv1.RulesRetriever, ready func() bool) http.Handler {
	r := route.New().WithPrefix(prefix)
	r.Get("/-/healthy", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "Prometheus Server is Healthy.\n") // the client is gone if this fails
	})
	r.Get("/-/ready", func(w http.ResponseWriter, _ *http.Request) {
		if !ready() {
			http.Error(w, "Service Unavailable", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "Prometheus Server is Ready.\n")
	})
	// Links in notifications lead to the expression browser, which is not here:
	// the answer to the expression is.
	r.Get("/graph", func(w http.ResponseWriter, r *http.Request) {
		query := url.Values{"query": {r.FormValue("g0.expr")}}
		http.Redirect(w, r, p.url.JoinPath("api/v1/query").String()+"?"+query.Encode(), http.StatusFound)
	})
	p.newAPI(rules).Register(r.WithPrefix("/api/v1"))
	return r
}

func (p *prom) newAPI(rules apiv1.RulesRetriever) *apiv1.API {
	gatherer, ok := p.o.Registerer.(prometheus.Gatherer)
	if !ok {
		gatherer = prometheus.NewRegistry()
	}
	release := prometheusVersion()
	return apiv1.NewAPI(
		p.queries, p.db,
		nil, nil, // nothing is written by HTTP
		p.db,
		func(context.Context) apiv1.ScrapePoolsRetriever { return p.scrape },
		func(context.Context) apiv1.TargetRetriever { return p.scrape },
		func(context.Context) apiv1.AlertmanagerRetriever { return p.notifier },
		func() config.Config { return *p.conf.Load().config },
		map[string]string{"storage.tsdb.retention.time": model.Duration(p.o.RetentionTime).String()},
		apiv1.GlobalURLOptions{ListenAddress: p.o.ListenAddress, Host: p.url.Host, Scheme: p.url.Scheme},
		func(h http.HandlerFunc) http.HandlerFunc { return h }, // the engine's handler waits until it runs
		dbStats{p.db, p.stats}, p.db.Dir(),
		false, false, 0, // administration, search and its limit
		p.log("api"),
		func(context.Context) apiv1.RulesRetriever { return rules },
		remoteReadSamples, remoteReadConcurrency, remoteReadFrame,
		false,                    // agent
		regexp.MustCompile(`^$`), // no other origin
		p.runtimeInfo,
		&apiv1.PrometheusVersion{Version: release, GoVersion: version.GoVersion},
		func() []notifications.Notification { return nil },
		func() (<-chan notifications.Notification, func(), bool) { return nil, func() {}, false },
		gatherer, p.o.Registerer,
		nil,        // statistics as they are
		false, nil, // remote write receiver
		false, false, false, // OTLP receiver
		false, // start timestamps
		lookback,
		false, false, // type and unit labels, metadata
		nil, // error codes as they are
		features.NewRegistry(),
		apiv1.OpenAPIOptions{ExternalURL: p.url.String(), Version: release},
		p.parser,
	)
}

func (p *prom) runtimeInfo() (apiv1.RuntimeInfo, error) {
	now := p.conf.Load()
	retention := now.config.StorageConfig.TSDBConfig.Retention
	return apiv1.RuntimeInfo{
		StartTime: p.started, ServerTime: time.Now(), ReloadConfigSuccess: now.ok, LastConfigTime: now.at,
		GoroutineCount: goruntime.NumGoroutine(), GOMAXPROCS: goruntime.GOMAXPROCS(0),
		StorageRetention: retention.Time.String(),
	}, nil
}

// dbStats implements [apiv1.TSDBAdminStats].
type dbStats struct {
	*tsdb.DB
	stats *tsdb.DBStats
}

// BlockMetas implements [apiv1.TSDBAdminStats].
func (d dbStats) BlockMetas() ([]tsdb.BlockMeta, error) { return d.DB.BlockMetas(), nil }

// Stats implements [apiv1.TSDBAdminStats].
func (d dbStats) Stats(label string, limit int) (*tsdb.Stats, error) {
	return d.Head().Stats(label, limit), nil
}

// WALReplayStatus implements [apiv1.TSDBAdminStats].
func (d dbStats) WALReplayStatus() (tsdb.WALReplayStatus, error) {
	return d.stats.Head.WALReplayStatus.GetWALReplayStatus(), nil
}
