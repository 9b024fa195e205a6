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
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	commonconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery"
	"github.com/prometheus/prometheus/notifier"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/scrape"
	"github.com/prometheus/prometheus/storage/remote"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/util/logging"

	"github.com/pharos-status/pharos/internal/app"
)

// Settings of Prometheus that are not options: its own defaults, unless said.
const (
	defaultScrapeTimeout = 10 * time.Second
	queryConcurrency     = 20
	queryMaxSamples      = 50_000_000
	queryTimeout         = 2 * time.Minute
	lookback             = 5 * time.Minute
	outageTolerance      = time.Hour
	notifierQueue        = 10_000
	remoteFlushDeadline  = 5 * time.Second // its default of a minute would hold up a stop

	// Targets settle this fast after a start or a reload; Prometheus waits 5 s.
	discoveryDelay = time.Second
)

// prom is Prometheus without its web interface and its rule loops.
type prom struct {
	o        Options
	url      *url.URL // where people reach its API
	db       *tsdb.DB
	stats    *tsdb.DBStats
	queries  *promql.Engine
	parser   parser.Parser
	remote   *remote.Storage
	notifier *notifier.Manager
	scrape   *scrape.Manager
	rules    *ruleLoader
	loader   *rules.Manager // of LoadGroups alone; never Run, never Update
	ruleOpts *rules.ManagerOptions
	results  *sparse
	targets  *discovery.Manager // what to scrape
	pagers   *discovery.Manager // whom to notify
	cancel   context.CancelFunc // of the discoveries
	memory   *app.MemoryListener
	conf     atomic.Pointer[applied]
	started  time.Time
	lastSeen int64 // ms; the newest sample of the process before this one
}

// applied is the configuration that runs.
type applied struct {
	config *config.Config
	at     time.Time
	ok     bool // the last reload was good
}

// openPrometheus opens the storage and makes the parts. Nothing of it works on
// its own before run, but for the storage's compactions.
func openPrometheus(o Options, pager http.Handler) (*prom, error) {
	p := &prom{
		o: o, url: o.ExternalURL.JoinPath("prometheus"), parser: parser.NewParser(parser.Options{}),
		memory: app.NewMemoryListener(), started: time.Now(),
	}
	dir := filepath.Join(o.StoragePath, "prometheus")
	if err := p.openStorage(dir); err != nil {
		return nil, err
	}
	tracker, err := promql.NewActiveQueryTracker(dir, queryConcurrency, p.log("query"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the list of running queries: %w", err), p.db.Close())
	}
	p.queries = promql.NewEngine(promql.EngineOpts{
		Logger: p.log("query"), Reg: o.Registerer, ActiveQueryTracker: tracker, Parser: p.parser,
		MaxSamples: queryMaxSamples, Timeout: queryTimeout, LookbackDelta: lookback,
		NoStepSubqueryIntervalFn: func(int64) int64 { return o.ScrapeInterval.Milliseconds() },
		EnableAtModifier:         true, EnableNegativeOffset: true,
	})
	p.notifier = notifier.NewManager(&notifier.Options{
		QueueCapacity: notifierQueue, DrainOnShutdown: true, Registerer: o.Registerer, Do: sendTo(pager), //nolint:bodyclose // the notifier closes it
	}, model.UTF8Validation, p.log("notifier"))
	p.results = newSparse(p.db)
	p.rules = &ruleLoader{parser: p.parser, log: p.log("rules")}
	p.ruleOpts = &rules.ManagerOptions{
		NameValidationScheme: model.UTF8Validation,
		QueryFunc:            rules.EngineQueryFunc(p.queries, p.db), Queryable: p.db,
		NotifyFunc: newTeller(rules.SendAlerts(p.notifier, p.url.String())).tell, ExternalURL: p.url, Context: context.Background(),
		Registerer: o.Registerer, Metrics: rules.NewGroupMetrics(o.Registerer), Logger: p.log("rules"),
		Appendable: p.results, OutageTolerance: outageTolerance, Parser: p.parser,
		GroupLoader: p.rules,
	}
	p.loader = rules.NewManager(p.ruleOpts)
	if err := p.openScrapes(); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (p *prom) log(part string) *slog.Logger { return p.o.Logger.With("component", part) }

// openScrapes makes what finds and reads targets.
func (p *prom) openScrapes() (err error) {
	reg := p.o.Registerer
	alignScrapes()
	if p.scrape, err = scrape.NewManager(&scrape.Options{
		DiscoveryReloadInterval: model.Duration(discoveryDelay), DiscoveryReloadOnStartup: true,
		HTTPClientOptions: []commonconfig.HTTPClientOption{commonconfig.WithDialContextFunc(p.dial)},
	}, p.log("scrape"), logging.NewJSONFileLogger, nil, lateTolerant{p.db}, reg); err != nil {
		return fmt.Errorf("make the scrape manager: %w", err)
	}
	metrics, err := discovery.CreateAndRegisterSDMetrics(reg)
	if err != nil {
		return fmt.Errorf("register the metrics of discovery: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background()) // ends in stop, before the rest
	p.cancel = cancel
	manager := func(name string) *discovery.Manager {
		return discovery.NewManager(ctx, p.log("discovery_"+name), reg, metrics, discovery.Name(name), discovery.Updatert(discoveryDelay))
	}
	if p.targets, p.pagers = manager("scrape"), manager("notify"); p.targets == nil || p.pagers == nil {
		return errors.New("make the discovery managers: metrics of another engine are registered")
	}
	return nil
}

// dial reaches what is in the process by memory, and all else by the network.
func (p *prom) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if address == exporterHost || address == ownHost {
		return p.memory.Dial(ctx)
	}
	var d net.Dialer
	return d.DialContext(ctx, network, address)
}

// sendTo hands what the notifier posts to our Alertmanager to its handler, and
// all else to the network.
func sendTo(pager http.Handler) func(context.Context, *http.Client, *http.Request) (*http.Response, error) {
	return func(ctx context.Context, client *http.Client, req *http.Request) (*http.Response, error) {
		if req.URL.Host == alertmanagerHost {
			return app.HandlerTransport{Handler: pager}.RoundTrip(req.WithContext(ctx))
		}
		return client.Do(req.WithContext(ctx))
	}
}

// apply gives each part the configuration, those that take targets before those
// that find them.
func (p *prom) apply(c *configuration) error {
	return errors.Join(
		p.db.ApplyConfig(c.prom),
		p.remote.ApplyConfig(c.prom),
		p.scrape.ApplyConfig(c.prom), p.targets.ApplyConfig(c.targets),
		p.notifier.ApplyConfig(c.prom), p.pagers.ApplyConfig(c.pagers),
	)
}

// run scrapes and notifies while evaluate runs, then stops what it started:
// first what brings work, last what carries it away.
func (p *prom) run(ctx context.Context, evaluate func(context.Context)) {
	server := &http.Server{
		Handler: p.inMemory(), ReadHeaderTimeout: defaultScrapeTimeout,
		ErrorLog: slog.NewLogLogger(p.log("scrape").Handler(), slog.LevelDebug),
	}
	var serving, finding, scraping, notifying sync.WaitGroup
	serving.Go(func() { _ = server.Serve(p.memory) }) // ends when it is closed
	finding.Go(func() { _ = p.targets.Run() })        // ends with its context, and says so
	finding.Go(func() { _ = p.pagers.Run() })
	notifying.Go(func() { p.notifier.Run(p.pagers.SyncCh()) })
	scraping.Go(func() { _ = p.scrape.Run(p.targets.SyncCh()) }) // has no error to return

	p.awaitPager(ctx)
	evaluate(ctx)

	p.cancel()
	p.scrape.Stop()
	scraping.Wait()
	_ = server.Close() // connections of scrapes that are over
	serving.Wait()
	p.notifier.Stop()
	notifying.Wait()
	finding.Wait()
}

// awaitPager waits until the notifier has found our Alertmanager. It would drop
// what the first evaluation has to tell, and repeat it a minute later.
func (p *prom) awaitPager(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for len(p.notifier.Alertmanagers()) == 0 {
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
		}
	}
}

// inMemory serves what is scraped in memory.
func (p *prom) inMemory() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Host == exporterHost:
			p.o.Exporter.ServeHTTP(w, r)
		case r.Host == ownHost && p.o.Own != nil:
			p.o.Own.ServeHTTP(w, r)
		default:
			http.NotFound(w, r)
		}
	})
}

// close releases what openPrometheus acquired.
func (p *prom) close() error {
	if p.cancel != nil {
		p.cancel()
	}
	_ = p.memory.Close() // has no error to return
	return errors.Join(p.queries.Close(), p.remote.Close(), p.db.Close())
}
