// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/schema"
)

// A story is an afternoon of trouble, as the metrics of an exporter and of a
// status page tell it.
type story struct {
	end     time.Time    // of what is recorded; it goes on as it is then
	at      atomic.Int64 // the time that is told of, in ms; 0 for now
	latency *prometheus.HistogramVec
	lag     prometheus.Histogram
}

// A fate is what happens to a replica: trouble from a time before the end of the
// story until another one.
type fate struct {
	service, node, mode, replica string
	trouble, reason              string
	from, until                  time.Duration
}

// At the end service shop is dead, mail is sick, lab is unknown, and web has got
// over its outage.
var fates = []fate{
	{"shop", "api", "poll", "https://a.shop.example/", "dead", "connect", 40 * time.Minute, 0},
	{"shop", "api", "poll", "https://b.shop.example/", "sick", "slow", time.Hour, 0},
	{"shop", "api", "poll", "https://c.shop.example/", "unknown", "permission", 30 * time.Minute, 0},
	{"shop", "api", "poll", "https://d.shop.example/", "", "", 0, 0},
	{"shop", "workers", "push", "worker-1", "", "", 0, 0},
	{"shop", "workers", "push", "worker-2", "sick", "load", 20 * time.Minute, 0},
	{"shop", "workers", "push", "worker-3", "dead", "late", 20 * time.Minute, 0},
	{"shop", "gateway", "local", "host-1", "", "", 0, 0},
	{"mail", "smtp", "poll", "tcp://mx.mail.example:25", "sick", "slow", 25 * time.Minute, 0},
	{"lab", "bench", "push", "bench-1", "unknown", "", 50 * time.Minute, 0},
	{"web", "site", "poll", "https://web.example/", "dead", "status", 40 * time.Minute, 30 * time.Minute},
}

// newStory returns a story that ends at a full minute.
func newStory(end time.Time) *story {
	native := prometheus.HistogramOpts{Help: "x", NativeHistogramBucketFactor: 1.1}
	s := &story{end: end.Truncate(time.Minute)}
	native.Name = schema.ReplicaLatency
	s.latency = prometheus.NewHistogramVec(native, []string{schema.Service, schema.Node, schema.Replica})
	native.Name = schema.ExporterProbeLag
	s.lag = prometheus.NewHistogram(native)
	return s
}

// tell lets the story be told as of a time. Everything is probed once a minute.
func (s *story) tell(at time.Time) {
	s.at.Store(at.UnixMilli())
	for _, f := range fates {
		if status, _ := f.is(s.end.Sub(at)); f.mode == "poll" && status != "dead" {
			s.latency.WithLabelValues(f.service, f.node, f.replica).Observe(f.took(status))
			s.lag.Observe(0.001)
		}
	}
}

func (s *story) now() time.Time {
	if at := s.at.Load(); at != 0 {
		return time.UnixMilli(at)
	}
	return time.Now()
}

// is returns status and reason, so long before the end.
func (f fate) is(before time.Duration) (status, reason string) {
	if f.trouble != "" && before <= f.from && (before > f.until || f.until == 0) {
		return f.trouble, f.reason
	}
	return "healthy", ""
}

// took returns how long a probe took, in seconds.
func (f fate) took(status string) float64 {
	if status == "sick" {
		return 6
	}
	return 0.1
}

// exporter serves the metrics of the exporter.
func (s *story) exporter() http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(s.latency, s.lag)
	return s.handler(func(at time.Time) string {
		return s.replicas(at) + s.nodes(at) + s.exporterItself(at)
	}, reg)
}

func (s *story) handler(text func(time.Time) string, others ...prometheus.Gatherer) http.Handler {
	told := prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
		parser := expfmt.NewTextParser(model.UTF8Validation)
		families, err := parser.TextToMetricFamilies(strings.NewReader(text(s.now())))
		return slices.Collect(maps.Values(families)), err
	})
	return promhttp.HandlerFor(append(prometheus.Gatherers{told}, others...), promhttp.HandlerOpts{})
}

func (s *story) replicas(at time.Time) string {
	var b strings.Builder
	for _, f := range fates {
		labels := fmt.Sprintf("service=%q,node=%q,replica=%q", f.service, f.node, f.replica)
		now, reason := f.is(s.end.Sub(at))
		for _, status := range []string{"healthy", "sick", "dead"} {
			value := 0
			if status == now {
				value = 1
			}
			fmt.Fprintf(&b, "pharos_replica_status{%s,status=%q} %d\n", labels, status, value)
		}
		if reason != "" {
			fmt.Fprintf(&b, "pharos_replica_failure_reason{%s,reason=%q} 1\n", labels, reason)
		}
		fmt.Fprintf(&b, "pharos_replica_last_seen_timestamp_seconds{%s} %d\n", labels, at.Unix()-10)
		switch f.mode {
		case "poll":
			fmt.Fprintf(&b, "pharos_replica_probe_duration_seconds{%s} %g\n", labels, f.took(now))
			fmt.Fprintf(&b, "pharos_replica_tls_not_after_timestamp_seconds{%s} %d\n", labels, s.end.Unix()+10*86400)
		case "push":
			fmt.Fprintf(&b, "pharos_replica_load_ratio{%s,resource=\"cpu\"} 0.7\n", labels)
			fmt.Fprintf(&b, "pharos_replica_load_ratio{%s,resource=\"ram\"} 0.95\n", labels)
		}
	}
	return b.String()
}

func (s *story) nodes(at time.Time) string {
	var b strings.Builder
	seen := map[string]bool{}
	for _, f := range fates {
		labels := fmt.Sprintf("service=%q,node=%q", f.service, f.node)
		if !seen[labels] {
			fmt.Fprintf(&b, "pharos_node_info{%s,mode=%q} 1\n", labels, f.mode)
		}
		seen[labels] = true
	}
	for _, state := range []string{"ready", "unacknowledged"} {
		labels := fmt.Sprintf("service=\"shop\",node=\"workers\",queue=\"orders\",state=%q", state)
		fmt.Fprintf(&b, "pharos_node_queue_messages{%s} %d\n", labels, int(at.Sub(s.end).Minutes())+600)
		fmt.Fprintf(&b, "pharos_node_queue_dead_above_messages{%s} 700\n", labels)
	}
	return b.String()
}

// exporterItself grows its counters with time.
func (s *story) exporterItself(at time.Time) string {
	n := at.Sub(s.end.Add(-24 * time.Hour)).Seconds()
	return fmt.Sprintf(`
pharos_exporter_build_info{version="1.2.3",revision="abc",goversion="go1.26.8"} 1
pharos_exporter_config_last_reload_successful 0
pharos_exporter_config_last_reload_success_timestamp_seconds %[2]d
pharos_exporter_probes_total{mode="poll",result="healthy"} %[1]g
pharos_exporter_probes_total{mode="poll",result="dead"} %[1]g
pharos_exporter_reports_total{code="200"} %[1]g
pharos_exporter_reports_total{code="401"} %[1]g
pharos_exporter_queue_readings_total{result="error"} %[1]g
pharos_exporter_pool_size{pool="poll"} 256
pharos_exporter_pool_running{pool="poll"} 3
pharos_exporter_pool_size{pool="script"} 8
pharos_exporter_pool_running{pool="script"} 8
pharos_exporter_relay_reports_total{result="failed"} %[1]g
pharos_exporter_relay_pending_reports 7
pharos_exporter_relay_last_success_timestamp_seconds %[2]d
pharos_exporter_discovery_targets{source="http://inventory.example"} 12
pharos_exporter_discovery_left_out_targets{source="http://inventory.example"} 1
pharos_exporter_discovery_rejected_targets 1
pharos_exporter_discovery_requests_total{result="error",source="http://inventory.example"} %[1]g
`, n, s.end.Add(-time.Hour).Unix())
}

// own serves the metrics of the process, among which those of the status page;
// those of the engines come from the registry.
func (s *story) own(engines prometheus.Gatherer) http.Handler {
	reg := prometheus.NewRegistry()
	refreshes := prometheus.NewHistogram(prometheus.HistogramOpts{Name: schema.StatuspageRefreshDuration, Help: "x"})
	deliveries := prometheus.NewHistogram(prometheus.HistogramOpts{Name: schema.BridgeDelivery, Help: "x", ConstLabels: prometheus.Labels{schema.Channel: "sms"}})
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), refreshes, deliveries)
	return s.handler(func(at time.Time) string {
		refreshes.Observe(0.01)
		deliveries.Observe(0.01)
		var b strings.Builder
		for _, f := range fates {
			if f.replica == "host-1" {
				fmt.Fprintf(&b, "pharos_maintenance_active{service=%q,node=%q} 1\n", f.service, f.node)
			}
		}
		fmt.Fprintf(&b, `
pharos_bridge_build_info{version="1.2.3",revision="abc",goversion="go1.26.8"} 1
pharos_bridge_config_last_reload_successful 1
pharos_bridge_config_last_reload_success_timestamp_seconds %[2]d
pharos_bridge_notifications_total{channel="sms",outcome="delivered"} %[1]g
pharos_bridge_queue_oldest_age_seconds{channel="sms"} 3
pharos_statuspage_build_info{version="1.2.3",revision="abc",goversion="go1.26.8"} 1
pharos_statuspage_config_last_reload_successful 1
pharos_statuspage_config_last_reload_success_timestamp_seconds %[2]d
pharos_statuspage_last_success_timestamp_seconds %[2]d
pharos_statuspage_refreshes_total{result="success"} %[1]g
pharos_statuspage_store_up 1
pharos_statuspage_leader 1
pharos_statuspage_listeners 3
pharos_statuspage_listeners_refused_total %[1]g
pharos_statuspage_messages_total{kind="email",outcome="delivered"} %[1]g
pharos_statuspage_tls_not_after_timestamp_seconds %[2]d
`, at.Sub(s.end.Add(-24*time.Hour)).Seconds(), at.Unix()-5)
		return b.String()
	}, reg, engines)
}
