// SPDX-License-Identifier: Apache-2.0

// Package prombridge joins a reporter with the Prometheus metrics of an application.
// [NewCollector] makes metrics of what a reporter knows; [FromGatherer] makes loads
// and checks of metrics that the application has already. It is a package of its own
// so that applications without Prometheus need none of it.
package prombridge

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/pharos-status/pharos/reporter"
)

// NewCollector returns a collector of the state of a reporter, to be registered:
//
//	pharos_client_last_report_timestamp_seconds{endpoint}  when a report was taken last
//	pharos_client_reports_total{endpoint}                  reports that were taken
//	pharos_client_report_failures_total{endpoint}          attempts to report that failed
//	pharos_client_load_ratio{resource}                     the load, of the cpu and the ram
//	pharos_client_health{status}                           1 on the status that the replica has, else 0
//	pharos_client_check_health{check, status}              the same of each check
//
// The status is healthy, sick or dead; all three are 0 as long as it is not known. All
// have the labels service, node and replica besides, so that several reporters, each of
// a replica of its own, can be registered together. A nil Reporter has no metrics.
func NewCollector(r *reporter.Reporter) prometheus.Collector {
	state := r.State()
	of := prometheus.Labels{"service": state.Service, "node": state.Node, "replica": state.Replica}
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(prometheus.BuildFQName("pharos", "client", name), help, labels, of)
	}
	return &collector{
		reporter: r,
		last:     describe("last_report_timestamp_seconds", "When the server took a report last, in seconds since 1970.", "endpoint"),
		reports:  describe("reports_total", "Reports that the server has taken.", "endpoint"),
		failures: describe("report_failures_total", "Attempts to report that have failed.", "endpoint"),
		load:     describe("load_ratio", "The load that was measured last.", "resource"),
		health:   describe("health", "1 on the status of the replica.", "status"),
		check:    describe("check_health", "1 on the status that a check has found.", "check", "status"),
	}
}

type collector struct {
	reporter                                     *reporter.Reporter
	last, reports, failures, load, health, check *prometheus.Desc
}

// Describe implements [prometheus.Collector].
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	if c.reporter == nil {
		return
	}
	for _, d := range []*prometheus.Desc{c.last, c.reports, c.failures, c.load, c.health, c.check} {
		to <- d
	}
}

// Collect implements [prometheus.Collector].
func (c *collector) Collect(to chan<- prometheus.Metric) {
	if c.reporter == nil {
		return
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	state := c.reporter.State()
	for _, e := range state.Endpoints {
		if !e.LastReport.IsZero() {
			gauge(c.last, float64(e.LastReport.UnixMilli())/1000, e.URL)
		}
		to <- prometheus.MustNewConstMetric(c.reports, prometheus.CounterValue, float64(e.Reports), e.URL)
		to <- prometheus.MustNewConstMetric(c.failures, prometheus.CounterValue, float64(e.Failures), e.URL)
	}
	if state.Load != nil {
		gauge(c.load, state.Load.CPU, "cpu")
		gauge(c.load, state.Load.RAM, "ram")
	}
	for _, status := range []reporter.Health{reporter.Healthy, reporter.Sick, reporter.Dead} {
		gauge(c.health, one(state.Health == status), string(status))
		for name, check := range state.Checks {
			gauge(c.check, one(check.Health == status), name, string(status))
		}
	}
}

func one(holds bool) float64 {
	if holds {
		return 1
	}
	return 0
}
