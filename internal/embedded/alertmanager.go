// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/alertmanager/alert"
	amapi "github.com/prometheus/alertmanager/api"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/alertmanager/eventrecorder"
	"github.com/prometheus/alertmanager/featurecontrol"
	"github.com/prometheus/alertmanager/inhibit"
	"github.com/prometheus/alertmanager/marker"
	"github.com/prometheus/alertmanager/nflog"
	"github.com/prometheus/alertmanager/notify"
	"github.com/prometheus/alertmanager/provider/mem"
	"github.com/prometheus/alertmanager/silence"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/common/route"

	"github.com/pharos-status/pharos/internal/embedded/check"
)

// Settings of Alertmanager that are not options: its own defaults.
const (
	pagerRetention        = 120 * time.Hour // of silences that ended and of the notification log
	alertCollection       = 30 * time.Minute
	dispatcherMaintenance = 30 * time.Second
)

// pager is Alertmanager without its web interface, its listener and its cluster.
type pager struct {
	o        Options
	url      *url.URL
	alerts   *mem.Alerts
	silences *silence.Silences
	silencer *silence.Silencer
	notified *nflog.Log
	groups   marker.GroupMarker
	api      *amapi.API
	metrics  *dispatch.DispatcherMetrics
	sending  *notify.Metrics
	recorder eventrecorder.Recorder // the zero value records nothing
	keepers  []*keeper              // of silences, then of the notification log
	started  time.Time

	// What a reload replaces.
	dispatcher atomic.Pointer[dispatch.Dispatcher]
	inhibitor  atomic.Pointer[inhibit.Inhibitor]
	routing    sync.WaitGroup // goroutines of the two
}

// go-openapi expands a global: two APIs made at once race.
var apiSpec sync.Mutex //nolint:gochecknoglobals // guards a global of a library

// openPager reads silences and notification log back, and makes the parts.
func openPager(o Options) (*pager, error) {
	p := &pager{o: o, url: o.ExternalURL.JoinPath("alertmanager"), groups: marker.NewGroupMarker(), started: time.Now()}
	dir := filepath.Join(o.StoragePath, "alertmanager")
	if err := writable(dir); err != nil {
		return nil, err
	}
	flags, err := featurecontrol.NewFlags(p.log("features"), "")
	if err != nil {
		return nil, fmt.Errorf("read Alertmanager's feature flags: %w", err)
	}
	check.UseMatchers(p.log("matchers"))
	if err := p.openLogs(dir); err != nil {
		return nil, err
	}
	p.silencer = silence.NewSilencer(p.silences, p.log("silences"), p.recorder)
	p.alerts, err = mem.NewAlerts(context.Background(), alertCollection, 0, p.silencer, p.log("alerts"), p.recorder, o.Registerer, flags)
	if err != nil {
		return nil, fmt.Errorf("make the store of alerts: %w", err)
	}
	if err := p.openAPI(); err != nil {
		p.alerts.Close()
		return nil, err
	}
	p.metrics = dispatch.NewDispatcherMetrics(false, o.Registerer, flags)
	p.sending = notify.NewMetrics(o.Registerer, flags)
	return p, nil
}

func (p *pager) log(part string) *slog.Logger { return p.o.Logger.With("component", "pager_"+part) }

// openLogs opens what survives a restart.
func (p *pager) openLogs(dir string) (err error) {
	silences, notified := filepath.Join(dir, "silences"), filepath.Join(dir, "nflog")
	if p.silences, err = silence.New(silence.Options{
		SnapshotFile: silences, Retention: pagerRetention,
		Limits: silence.Limits{MaxSilences: unlimited, MaxSilenceSizeBytes: unlimited},
		Logger: p.log("silences"), Metrics: p.o.Registerer, EventRecorder: p.recorder,
	}); err != nil {
		return fmt.Errorf("read the silences in %s: %w; restore the file from a backup, or move it away to begin without silences", silences, err)
	}
	if p.notified, err = nflog.New(nflog.Options{
		SnapshotFile: notified, Retention: pagerRetention, Logger: p.log("notified"), Metrics: p.o.Registerer,
	}); err != nil {
		return fmt.Errorf("read the notification log in %s: %w; move it away: alerts that fire are then notified once more", notified, err)
	}
	p.keepers = []*keeper{
		newKeeper(silences, p.silences.Snapshot, p.silences.GC, p.log("silences")),
		newKeeper(notified, p.notified.Snapshot, p.notified.GC, p.log("notified")),
	}
	// Each change is told to the cluster that is not there: to us.
	p.silences.SetBroadcast(func([]byte) { p.keepers[0].changed() })
	p.notified.SetBroadcast(func([]byte) { p.keepers[1].changed() })
	return nil
}

func unlimited() int { return 0 }

func (p *pager) openAPI() (err error) {
	durations := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "alertmanager_http_request_duration_seconds", Help: "Histogram of latencies for HTTP requests.",
	}, []string{"handler", "method", "code"})
	if err := p.o.Registerer.Register(durations); err != nil {
		return fmt.Errorf("register the metrics of Alertmanager's API: %w", err)
	}
	apiSpec.Lock()
	defer apiSpec.Unlock()
	p.api, err = amapi.New(amapi.Options{
		Alerts: p.alerts, Silences: p.silences, GroupMutedFunc: p.groups.Muted,
		Logger: p.log("api"), Registry: p.o.Registerer, RequestDuration: durations,
		GroupFunc: func(ctx context.Context, routes func(*dispatch.Route) bool, alerts func(*alert.Alert, time.Time) bool) (dispatch.AlertGroups, map[model.Fingerprint][]string, error) {
			return p.dispatcher.Load().Groups(ctx, routes, alerts)
		},
	})
	if err != nil {
		return fmt.Errorf("make Alertmanager's API: %w", err)
	}
	return nil
}

// run keeps the snapshots up to date while serve runs, then stops what routes.
func (p *pager) run(serve func()) {
	stop := make(chan struct{})
	var keeping sync.WaitGroup
	for _, k := range p.keepers {
		keeping.Go(func() { k.run(stop) })
	}
	serve()
	p.stopRouting()
	close(stop)
	keeping.Wait()
}

// close releases what openPager acquired.
func (p *pager) close() { p.alerts.Close() }

// handler serves the API under prefix.
func (p *pager) handler(prefix string) http.Handler {
	r := route.New().WithPrefix(prefix)
	for _, path := range []string{"/-/healthy", "/-/ready"} {
		r.Get(path, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("OK")) // the client is gone if this fails
		})
	}
	apiSpec.Lock()
	defer apiSpec.Unlock()
	return p.durable(prefix, p.withVersion(prefix, p.api.Register(r, prefix)))
}
