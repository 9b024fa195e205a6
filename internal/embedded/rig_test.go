// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/testkit"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

const instance = "127.0.0.1:9640"

// An exporter is a fake of Pharos' exporter: statuses, a histogram, and changes.
type exporter struct {
	reg     *prometheus.Registry
	status  *prometheus.GaugeVec
	latency *prometheus.HistogramVec
	wake    chan struct{}

	mu      sync.Mutex
	pending []*model.Sample
}

func newExporter(replicas int) *exporter {
	labels := []string{schema.Service, schema.Node, schema.Replica}
	e := &exporter{
		reg:    prometheus.NewRegistry(),
		status: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: schema.ReplicaStatus, Help: "x"}, append(labels, schema.Status)),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: schema.ReplicaLatency, Help: "x", NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100,
		}, labels),
		wake: make(chan struct{}, 1),
	}
	e.reg.MustRegister(e.status, e.latency)
	for i := range replicas {
		e.set(i, true)
		e.latency.WithLabelValues(place(i)...).Observe(0.05)
	}
	return e
}

func exposition(e *exporter) http.Handler { return promhttp.HandlerFor(e.reg, promhttp.HandlerOpts{}) }

// place returns service, node and replica of the i-th one.
func place(i int) []string {
	return []string{fmt.Sprintf("service-%02d", i%10), fmt.Sprintf("node-%02d", i%60), fmt.Sprintf("replica-%04d", i)}
}

// set makes the replica healthy or dead, in the metrics first.
func (e *exporter) set(i int, healthy bool) {
	for status, on := range map[string]bool{"healthy": healthy, "sick": false, "dead": !healthy} {
		var v float64
		if on {
			v = 1
		}
		e.status.WithLabelValues(append(place(i), status)...).Set(v)
		e.tell(i, status, v)
	}
	e.poke()
}

// remove ends the series of the replica.
func (e *exporter) remove(i int) {
	for _, status := range []string{"healthy", "sick", "dead"} {
		e.status.DeleteLabelValues(append(place(i), status)...)
		e.tell(i, status, math.Float64frombits(schema.StaleBits))
	}
	e.poke()
}

func (e *exporter) tell(i int, status string, v float64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pending = append(e.pending, &model.Sample{Metric: e.metric(i, status), Value: model.SampleValue(v)})
}

func (e *exporter) metric(i int, status string) model.Metric {
	p := place(i)
	return model.Metric{
		model.MetricNameLabel: schema.ReplicaStatus, schema.Service: model.LabelValue(p[0]), schema.Node: model.LabelValue(p[1]),
		schema.Replica: model.LabelValue(p[2]), schema.Status: model.LabelValue(status), "empty": "",
	}
}

func (e *exporter) poke() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

func (e *exporter) Changed() <-chan struct{} { return e.wake }

func (e *exporter) Changes() []*model.Sample {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := e.pending
	e.pending = nil
	return out
}

const testRules = `groups:
- name: status
  rules:
  - {record: "replica:pharos_status:severity", expr: 'max by (service, node, replica) (pharos_replica_status{status="dead"} * 3)'}
  - {record: "node:pharos_status:severity", expr: 'max by (service, node) (replica:pharos_status:severity)'}
  - {alert: ReplicaDead, expr: 'replica:pharos_status:severity == 3', annotations: {summary: "{{ $labels.replica }} is dead"}}
`

// A rig is an engine with what surrounds it.
type rig struct {
	*Engine
	t        testing.TB
	o        Options
	exporter *exporter
	hook     string       // the address of the receiver
	pages    chan string  // "firing ReplicaDead replica-0001"
	messages atomic.Int64 // how many brought them
	summary  atomic.Value // of the last notification
	reg      *prometheus.Registry
	stopOnce func()
}

type option func(*Options)

// newRig prepares folders and a receiver of notifications; nothing runs yet.
func newRig(t testing.TB, replicas int, options ...option) *rig {
	t.Helper()
	r := &rig{t: t, exporter: newExporter(replicas), pages: make(chan string, 10_000), stopOnce: func() {}}
	r.o = usual(t, r.exporter)
	for _, set := range options {
		set(&r.o)
	}
	hook := httptest.NewServer(http.HandlerFunc(r.receive))
	t.Cleanup(hook.Close)
	r.hook = hook.URL
	r.alertmanager("group_by: ['...']", "")
	return r
}

// alertmanager writes an alertmanager.yml whose route and webhook have more than the usual.
func (r *rig) alertmanager(route, webhook string, more ...string) {
	r.t.Helper()
	r.write("alertmanager.yml", fmt.Sprintf(`
route: {receiver: hook, group_wait: 0s, group_interval: 1s, repeat_interval: 4h, %s}
receivers: [{name: hook, webhook_configs: [{url: %q, %s}]}]
%s
`, route, r.hook, webhook, strings.Join(more, "\n")))
}

// usual returns options for a test.
func usual(t testing.TB, e *exporter) Options {
	t.Helper()
	u, err := url.Parse("http://ops.example.com")
	require.NoError(t, err)
	return Options{
		ConfigDir: t.TempDir(), StoragePath: t.TempDir(), ExternalURL: u, ListenAddress: instance,
		Exporter: exposition(e), Changes: e,
		testRules:      map[string][]byte{"test.rules.yml": []byte(testRules)},
		ScrapeInterval: 200 * time.Millisecond,
		Logger:         slog.New(slog.NewTextHandler(testkit.Output(t), &slog.HandlerOptions{Level: logLevel()})),
		Registerer:     prometheus.NewRegistry(),
	}
}

func (r *rig) receive(_ http.ResponseWriter, req *http.Request) {
	var message struct {
		Alerts []struct {
			Status              string
			Labels, Annotations map[string]string
		}
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // a reload cut it off; it comes again
	}
	if err := json.Unmarshal(body, &message); err != nil {
		r.t.Error("unreadable notification", err, string(body))
	}
	r.messages.Add(1)
	for _, a := range message.Alerts {
		r.summary.Store(a.Annotations["summary"])
		r.pages <- strings.TrimSpace(a.Status + " " + a.Labels["alertname"] + " " + a.Labels["replica"])
	}
}

func (r *rig) write(name, text string) {
	r.t.Helper()
	path := filepath.Join(r.o.ConfigDir, name)
	require.NoError(r.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(r.t, os.WriteFile(path, []byte(text), 0o600))
}

func (r *rig) read(name string) string {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(r.o.ConfigDir, name))
	require.NoError(r.t, err)
	return string(text)
}

// start runs an engine until stop, or the end of the test.
func (r *rig) start() {
	r.t.Helper()
	r.reg = prometheus.NewRegistry()
	r.o.Registerer = r.reg
	e, err := New(r.o)
	require.NoError(r.t, err)
	r.Engine = e
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	r.stopOnce = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Error("run:", err)
		}
	})
	r.t.Cleanup(r.stopOnce)
	r.eventually(r.Ready, "the engine is not ready")
}

func (r *rig) stop() { r.stopOnce() }

// eventually waits for what happens soon, by itself.
func (r *rig) eventually(ok func() bool, why string) {
	r.t.Helper()
	require.Eventually(r.t, ok, 20*time.Second, 5*time.Millisecond, why)
}

// page waits for a notification and drops all before it.
func (r *rig) page(want string) {
	r.t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case got := <-r.pages:
			if got == want {
				return
			}
		case <-deadline:
			require.FailNow(r.t, "no notification", want)
		}
	}
}

// logged waits until the notification log on disk knows of the replicas, or of
// anything: a stop or a reload before that means that a notification comes once
// more.
func (r *rig) logged(replicas ...string) {
	r.t.Helper()
	r.eventually(func() bool {
		log, err := os.ReadFile(filepath.Join(r.o.StoragePath, "alertmanager", "nflog"))
		missing := func(replica string) bool { return !bytes.Contains(log, []byte(replica)) }
		return err == nil && len(log) > 0 && !slices.ContainsFunc(replicas, missing)
	}, "the notification log is not written")
}

// next is page, but nothing else may come before.
func (r *rig) next(want string) {
	r.t.Helper()
	select {
	case got := <-r.pages:
		require.Equal(r.t, want, got)
	case <-time.After(20 * time.Second):
		require.FailNow(r.t, "no notification", want)
	}
}

// sum returns the sum of a counter or gauge over its labels.
func (r *rig) sum(name string) (total float64) {
	r.t.Helper()
	families, err := r.reg.Gather()
	require.NoError(r.t, err)
	for _, f := range families {
		if f.GetName() == name {
			for _, m := range f.GetMetric() {
				total += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return total
}

// call asks one of the APIs in memory.
func (r *rig) call(method, path, body string) (int, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, "http://pharos.local"+path, strings.NewReader(body))
	require.NoError(r.t, err)
	req.Header.Set("Content-Type", "application/json")
	res, err := r.PrometheusTransport().RoundTrip(req)
	require.NoError(r.t, err)
	text, err := io.ReadAll(res.Body)
	require.NoError(r.t, err)
	require.NoError(r.t, res.Body.Close())
	return res.StatusCode, string(text)
}

// query returns the instant vector of the expression, a line each.
func (r *rig) query(expr string) map[string]string {
	r.t.Helper()
	code, body := r.call(http.MethodGet, "/prometheus/api/v1/query?"+url.Values{"query": {expr}}.Encode(), "")
	require.Equal(r.t, http.StatusOK, code, body)
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	require.NoError(r.t, json.Unmarshal([]byte(body), &answer), body)
	all := map[string]string{}
	for _, s := range answer.Data.Result {
		all[fmt.Sprint(s.Metric)] = fmt.Sprint(s.Value[1])
	}
	return all
}

func logLevel() slog.Level {
	if os.Getenv("PHAROS_TEST_LOG") != "" {
		return slog.LevelDebug
	}
	return slog.LevelWarn
}
