// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/klauspost/compress/snappy"
	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/tsdb"

	"github.com/pharos-status/pharos/internal/testkit"
)

// An engine keeps series and answers PromQL. What was written is there for the
// next query. Neither method is for concurrent use.
type engine interface {
	write(ctx context.Context, samples []sample) error
	query(ctx context.Context, expr string, at time.Time) (promql.Vector, error)
}

// A sample is one value of one series, or the staleness marker that ends it.
type sample struct {
	labels labels.Labels
	at     int64 // in ms
	value  float64
}

// embeddedEngine is what pharos embeds: the storage and the query engine, in the
// process of the test.
type embeddedEngine struct {
	db  *tsdb.DB
	ask rules.QueryFunc
}

func startEmbedded(t *testing.T) engine {
	t.Helper()
	db, err := tsdb.Open(t.TempDir(), promslog.NewNopLogger(), nil, tsdb.DefaultOptions(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	queries := promql.NewEngine(promql.EngineOpts{
		Logger: promslog.NewNopLogger(), MaxSamples: 10_000_000, Timeout: patience, LookbackDelta: 5 * time.Minute,
		Parser: parser.NewParser(parser.Options{}), EnableAtModifier: true, EnableNegativeOffset: true,
		NoStepSubqueryIntervalFn: func(int64) int64 { return tick.Milliseconds() },
	})
	t.Cleanup(func() { _ = queries.Close() })
	return &embeddedEngine{db, rules.EngineQueryFunc(queries, db)}
}

func (e *embeddedEngine) write(ctx context.Context, samples []sample) error {
	app := e.db.Appender(ctx)
	for _, s := range samples {
		if _, err := app.Append(0, s.labels, s.at, s.value); err != nil {
			return errors.Join(fmt.Errorf("append %v: %w", s, err), app.Rollback())
		}
	}
	return app.Commit()
}

func (e *embeddedEngine) query(ctx context.Context, expr string, at time.Time) (promql.Vector, error) {
	return e.ask(ctx, expr, at)
}

// httpEngine is a program that takes Prometheus remote write 1.0 and has the HTTP
// API of Prometheus.
type httpEngine struct {
	writeURL string
	flushURL string // asked after every write; empty: what is written is there at once
	api      v1.API
}

func newHTTPEngine(t *testing.T, queryURL, writeURL, flushURL string) *httpEngine {
	t.Helper()
	client, err := api.NewClient(api.Config{Address: queryURL})
	if err != nil {
		t.Fatal(err)
	}
	return &httpEngine{writeURL, flushURL, v1.NewAPI(client)}
}

// samplesPerRequest keeps requests below what receivers take by default.
const samplesPerRequest = 20_000

func (e *httpEngine) write(ctx context.Context, samples []sample) error {
	for len(samples) > 0 {
		n := min(len(samples), samplesPerRequest)
		if err := e.send(ctx, samples[:n]); err != nil {
			return err
		}
		samples = samples[n:]
	}
	if e.flushURL == "" {
		return nil
	}
	return do(ctx, http.MethodGet, e.flushURL, nil)
}

func (e *httpEngine) send(ctx context.Context, samples []sample) error {
	var request prompb.WriteRequest
	place := map[uint64]int{} // of a series in the request
	for _, s := range samples {
		hash := s.labels.Hash()
		i, ok := place[hash]
		if !ok {
			i = len(request.Timeseries)
			place[hash] = i
			request.Timeseries = append(request.Timeseries, prompb.TimeSeries{Labels: prompb.FromLabels(s.labels, nil)})
		}
		request.Timeseries[i].Samples = append(request.Timeseries[i].Samples, prompb.Sample{Value: s.value, Timestamp: s.at})
	}
	message, err := request.Marshal()
	if err != nil {
		return err
	}
	return do(ctx, http.MethodPost, e.writeURL, snappy.Encode(nil, message))
}

// do sends a request that must succeed.
func do(ctx context.Context, method, url string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.Header.Set("Content-Encoding", "snappy")
	req.Header.Set("X-Prometheus-Remote-Write-Version", "0.1.0")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %s", method, url, res.Status, text)
	}
	return nil
}

func (e *httpEngine) query(ctx context.Context, expr string, at time.Time) (promql.Vector, error) {
	got, _, _, err := e.api.Query(ctx, expr, at)
	if err != nil {
		return nil, err
	}
	switch v := got.(type) {
	case model.Vector:
		answer := make(promql.Vector, 0, len(v))
		for _, s := range v {
			b := labels.NewScratchBuilder(len(s.Metric))
			for name, value := range s.Metric {
				b.Add(string(name), string(value))
			}
			b.Sort()
			answer = append(answer, promql.Sample{Metric: b.Labels(), T: int64(s.Timestamp), F: float64(s.Value)})
		}
		return answer, nil
	case *model.Scalar:
		return promql.Vector{{T: int64(v.Timestamp), F: float64(v.Value)}}, nil
	default:
		return nil, fmt.Errorf("%s has a %s for an answer", expr, got.Type())
	}
}

func startPrometheus(t *testing.T, _ []labels.Labels) engine {
	t.Helper()
	base := "http://" + runPrometheus(t, "{}\n")
	return newHTTPEngine(t, base, base+"/api/v1/write", "")
}

// runPrometheus starts Debian's Prometheus, and returns its address.
func runPrometheus(t *testing.T, config string) string {
	t.Helper()
	dir, address := t.TempDir(), testkit.FreePort(t)
	write(t, dir, "prometheus.yml", config)
	start(t, testkit.Program(t, "prometheus"), "--config.file="+dir+"/prometheus.yml", "--storage.tsdb.path="+dir+"/data",
		"--web.enable-remote-write-receiver", "--web.listen-address="+address, "--rules.alert.resend-delay=1s", "--log.level=warn")
	answers(t, "http://"+address+"/-/ready")
	return address
}

// startVictoriaMetrics tells the server of every series before it is asked for
// the first one: it finds those that are new up to 10 s late, which are an hour of
// the scene. The staleness markers that do it lie before and after the scene, since
// the server keeps an index for each day.
func startVictoriaMetrics(t *testing.T, series []labels.Labels) engine {
	t.Helper()
	base := "http://" + runVictoriaMetrics(t)
	e := newHTTPEngine(t, base, base+"/api/v1/write", base+"/internal/force_flush")
	var ends []sample
	for _, l := range series {
		for _, at := range []time.Time{sceneStart().Add(-time.Hour), sceneStart().Add(sceneLength + time.Hour)} {
			ends = append(ends, sample{l, at.UnixMilli(), math.Float64frombits(value.StaleNaN)})
		}
	}
	if err := e.write(t.Context(), ends); err != nil {
		t.Fatal(err)
	}
	return e
}

// runVictoriaMetrics returns the address of a server that answers with what it
// was just told, of whatever time.
func runVictoriaMetrics(t *testing.T) string {
	t.Helper()
	address := testkit.FreePort(t)
	start(t, testkit.Program(t, "victoria-metrics"), "-storageDataPath="+t.TempDir(), "-httpListenAddr="+address,
		"-retentionPeriod=100y", "-search.latencyOffset=0s", "-search.disableCache", "-memory.allowedBytes=256MiB", "-loggerLevel=WARN")
	answers(t, "http://"+address+"/health")
	return address
}

func startThanos(t *testing.T, _ []labels.Labels) engine {
	t.Helper()
	writeURL, queryURL := runThanos(t)
	e := newHTTPEngine(t, queryURL, writeURL, "")
	// The querier asks nobody before it knows what time a store has.
	first := sample{labels.FromStrings(model.MetricNameLabel, "first"), sceneStart().Add(-time.Hour).UnixMilli(), 1}
	if err := e.write(t.Context(), []sample{first}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the querier finds what the receiver has", func() bool {
		answer, err := e.query(t.Context(), "first", time.UnixMilli(first.at))
		return err == nil && len(answer) == 1
	})
	return e
}

// runThanos starts a receiver, and a querier before it and the other stores. The
// querier takes off the labels that these add, as it does for replicas.
func runThanos(t *testing.T, stores ...string) (writeURL, queryURL string) {
	t.Helper()
	thanos := thanosProgram(t)
	grpc, http1, remote, grpc2, http2 := testkit.FreePort(t), testkit.FreePort(t), testkit.FreePort(t), testkit.FreePort(t), testkit.FreePort(t)
	start(t, thanos, "receive", "--log.level=warn", "--tsdb.path="+t.TempDir(), `--label=receive="one"`,
		"--grpc-address="+grpc, "--http-address="+http1, "--remote-write.address="+remote, "--receive.capnproto-address=127.0.0.1:0")
	answers(t, "http://"+http1+"/-/ready")
	args := []string{
		"query", "--log.level=warn", "--grpc-address=" + grpc2, "--http-address=" + http2,
		"--query.replica-label=receive", "--query.replica-label=tenant_id", "--query.replica-label=ruler",
	}
	for _, store := range append(stores, grpc) {
		args = append(args, "--endpoint="+store)
	}
	start(t, thanos, args...)
	answers(t, "http://"+http2+"/-/ready")
	return "http://" + remote + "/api/v1/receive", "http://" + http2
}

// thanosProgram returns what make test builds from tools/thanos.
func thanosProgram(t *testing.T) string {
	t.Helper()
	path := absolute(t, "../../.tools/thanos")
	if _, err := os.Stat(path); err != nil {
		testkit.Skip(t, "thanos is not built (scripts/tool.sh thanos)")
	}
	return path
}
