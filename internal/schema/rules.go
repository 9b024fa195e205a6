// SPDX-License-Identifier: Apache-2.0

package schema

// What an operator chose, as series that rules read: constants, generated from
// alerting.yml.
const (
	QuorumQuantile        = "pharos:quorum:quantile"
	UptimeWeightUp        = "pharos:uptime_weight:up"
	UptimeWeightTotal     = "pharos:uptime_weight:total"
	UptimePolicy          = "pharos:uptime_policy:info"
	ApdexThreshold        = "pharos:apdex_threshold:seconds"
	ServiceApdexThreshold = "service:pharos_apdex_threshold:seconds"
	NodeApdexThreshold    = "node:pharos_apdex_threshold:seconds"
	Objective             = "service:pharos_slo:objective"
)

// What was there at the last good scrape of an exporter, and when that was. Present
// is 1 while the exporter is remembered; of what was removed, 0 is written once, and
// -1 as a minimum.
const (
	InstanceLastGood   = "instance:pharos_last_good:timestamp_seconds"
	ReplicaLastGood    = "replica:pharos_last_good:present"
	NodeLastGood       = "node:pharos_last_good:present"
	MinHealthyLastGood = "node:pharos_last_good:min_healthy"
)

// KnownSeverity is the severity of a node without the time in which it is unknown.
const KnownSeverity = "node:pharos_status_known:severity"

// OutageStart is when a service became dead, in seconds since 1970; 0 while it is
// not dead.
const OutageStart = "service:pharos_outage:start_timestamp_seconds"

// OutageAge is for how long a service that is dead has been so. It is recorded only
// where somebody is reminded.
const OutageAge = "service:pharos_outage:age_seconds"

// Uptime is counted in minutes. A tick is 1 for the state that holds; the sums are
// of the hour before the one in which they are recorded, and of the day in UTC
// before the one in which they are recorded.
const (
	NodeTick        = "node:pharos_up:tick"
	NodeTicks       = "node:pharos_up_ticks:sum1h"
	NodeDayTicks    = "node:pharos_up_ticks:sum1d"
	ServiceTick     = "service:pharos_up:tick"
	ServiceTicks    = "service:pharos_up_ticks:sum1h"
	ServiceDayTicks = "service:pharos_up_ticks:sum1d"
	SummedHour      = "pharos:uptime_hour:start_timestamp_seconds" // the last one
)

// The share of the time that counts in which a node or a service was up, over the
// last 24 and the last 720 hours.
const (
	NodeUptimeDay      = "node:pharos_uptime:ratio1d"
	NodeUptimeMonth    = "node:pharos_uptime:ratio30d"
	ServiceUptimeDay   = "service:pharos_uptime:ratio1d"
	ServiceUptimeMonth = "service:pharos_uptime:ratio30d"
)

// Objectives: what is left of the budget for errors, and how fast it goes.
const (
	Errors     = "service:pharos_errors:ratio"
	BurnRate   = "service:pharos_burn_rate:ratio"
	BudgetLeft = "service:pharos_error_budget_left:ratio"

	ServiceRecentTicks = "service:pharos_up_ticks:recent"     // not yet in the sum of an hour
	ServiceWindowTicks = "service:pharos_up_ticks:sum"        // by window
	ObjectiveWindow    = "service:pharos_slo_window:ratio30d" // how long, in windows of 30 days
	WindowMinutes      = "pharos:slo_window:minutes"          // how long each window is
)

// How fast nodes answer, and what that is made from: native histograms, or the
// last probe of each replica.
const (
	NodeLatency       = "node:pharos_latency_seconds:quantile"
	NodeLatencyNative = "node:pharos_latency_seconds_native:quantile"
	NodeLatencyLast   = "node:pharos_latency_seconds_last:quantile"
	NodeLatencyRate   = "node:pharos_latency_seconds:rate15m"
	NodeApdex         = "node:pharos_apdex:ratio"
	NodeApdexNative   = "node:pharos_apdex_native:ratio"
	NodeApdexLast     = "node:pharos_apdex_last:ratio"
	NodeApdexTarget   = "node:pharos_apdex_target:seconds"
	NodeNotDead       = "node:pharos_not_dead:ratio15m"
	NodeMedian        = "node:pharos_latency_seconds:median1h"
	NodeSameHour      = "node:pharos_latency_seconds:same_hour"
	NodeUsual         = "node:pharos_latency_seconds:usual"
	NodeSpread        = "node:pharos_latency_seconds:spread"
)

// How late the probes of an exporter have begun, on average.
const (
	ProbeLagMean       = "instance:pharos_probe_lag_seconds:mean10m"
	ProbeLagMeanNative = "instance:pharos_probe_lag_seconds_native:mean10m"
)

// MaintenanceActive is 1 while a declared maintenance covers a node. The status
// page writes it.
const MaintenanceActive = "pharos_maintenance_active"

// Labels of recorded series, besides those of what they are made from.
const (
	Parity      = "parity"      // of the hour of a tick, in UTC: 0 even, 1 odd
	Window      = "window"      // a duration, as Prometheus writes it
	Quantile    = "quantile"    // 0.5, 0.95 or 0.99
	Sick        = "sick"        // what time in this state counts as: exclude, count_up or count_down
	Unknown     = "unknown"     // likewise
	Maintenance = "maintenance" // likewise
	Reminder    = "reminder"    // the number of a reminder, from 1
	Day         = "day"         // how many days ago
	Pool        = "pool"        // of probes that run at a time: PoolPoll or PoolScript
)

// Values of the pool label.
const (
	PoolPoll   = "poll"
	PoolScript = "script"
)
