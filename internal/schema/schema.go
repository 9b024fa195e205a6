// SPDX-License-Identifier: Apache-2.0

// Package schema holds the names of metrics and labels: the contract between
// what writes them (collector), what transforms them (rules) and what reads them
// (statuspage, dashboards). Nothing else spells such a name, and the package
// itself does nothing with them.
package schema

// Metrics of the exporter.
const (
	ReplicaStatus        = "pharos_replica_status"
	ReplicaFailureReason = "pharos_replica_failure_reason"
	ReplicaProbeDuration = "pharos_replica_probe_duration_seconds"
	ReplicaLatency       = "pharos_replica_latency_seconds"
	ReplicaLastSeen      = "pharos_replica_last_seen_timestamp_seconds"
	ReplicaLoad          = "pharos_replica_load_ratio"
	ReplicaTLSNotAfter   = "pharos_replica_tls_not_after_timestamp_seconds"
	ScriptPerfdata       = "pharos_script_perfdata"
	ScriptStepDuration   = "pharos_script_step_duration_seconds"
	NodeInfo             = "pharos_node_info"
	NodeMinHealthy       = "pharos_node_min_healthy"
	NodeQueueMessages    = "pharos_node_queue_messages"
	NodeQueueDeadAbove   = "pharos_node_queue_dead_above_messages"
)

// Series that Prometheus itself writes.
const (
	Up     = "up"
	Alerts = "ALERTS"
)

// Metrics of the exporter about itself. Its build information is ExporterPrefix
// and "build_info".
const (
	ExporterPrefix            = "pharos_exporter"
	ExporterProbes            = ExporterPrefix + "_probes_total"
	ExporterProbeLag          = ExporterPrefix + "_probe_lag_seconds"
	ExporterReplicas          = ExporterPrefix + "_replicas"
	ExporterPoolSize          = ExporterPrefix + "_pool_size"
	ExporterPoolRunning       = ExporterPrefix + "_pool_running"
	ExporterReports           = ExporterPrefix + "_reports_total"
	ExporterQueueReadings     = ExporterPrefix + "_queue_readings_total"
	ExporterRelayReports      = ExporterPrefix + "_relay_reports_total"
	ExporterRelayReplicas     = ExporterPrefix + "_relay_replicas"
	ExporterRelayPending      = ExporterPrefix + "_relay_pending_reports"
	ExporterRelayLastSuccess  = ExporterPrefix + "_relay_last_success_timestamp_seconds"
	ExporterDiscoveryTargets  = ExporterPrefix + "_discovery_targets"
	ExporterDiscoveryLeftOut  = ExporterPrefix + "_discovery_left_out_targets"
	ExporterDiscoveryRejected = ExporterPrefix + "_discovery_rejected_targets"
	ExporterDiscoveryRequests = ExporterPrefix + "_discovery_requests_total"
	ExporterDiscoverySuccess  = ExporterPrefix + "_discovery_last_success_timestamp_seconds"
	ExporterReloadSuccessful  = ExporterPrefix + "_config_last_reload_successful"
	ExporterReloadSuccessTime = ExporterPrefix + "_config_last_reload_success_timestamp_seconds"
)

// Recording rules that readers may rely on. Their value is a severity:
// 0 healthy, 1 unknown, 2 sick, 3 dead.
const (
	ReplicaSeverity = "replica:pharos_status:severity"
	NodeSeverity    = "node:pharos_status:severity"
	ServiceSeverity = "service:pharos_status:severity"
	OverallSeverity = "pharos:status:severity"
)

// NodeReplicas is recorded too: how many replicas a node has, by the label
// severity, which holds the number.
const NodeReplicas = "node:pharos_replicas:count"

// Labels.
const (
	Service         = "service"
	Node            = "node"
	Replica         = "replica"
	Status          = "status"
	Reason          = "reason"
	Resource        = "resource"
	Mode            = "mode"
	ServiceLabel    = "service_label"
	NodeLabel       = "node_label"
	ServicePosition = "service_position"
	NodePosition    = "node_position"
	Reveal          = "reveal"
	LinkURL         = "link_url"
	LinkLabel       = "link_label"
	TLSVerify       = "tls_verify" // "false" where certificates are not verified, absent elsewhere
	Queue           = "queue"
	State           = "state" // of messages: Ready or Unacknowledged
	Label           = "label" // of performance data
	UOM             = "uom"   // the unit of performance data
	Step            = "step"  // of a script's round trip
	Vantage         = "vantage"
	Code            = "code"
	Result          = "result"
	Source          = "source" // of discovered targets: an address without what is secret in it
)

// Labels that Prometheus gives what it scrapes.
const (
	Job      = "job"
	Instance = "instance"
)

// Labels of alerts, besides service, node and replica.
const (
	Severity     = "severity"     // critical, warning or info
	Notification = "notification" // NotificationChange or NotificationReminder
	Part         = "part"         // which part of Pharos: exporter, statuspage, engine, prometheus or alertmanager
)

// Values of the label notification.
const (
	NotificationChange   = "change"
	NotificationReminder = "reminder"
)

// Values of the resource label.
const (
	CPU = "cpu"
	RAM = "ram"
)

// Values of the state label.
const (
	Ready          = "ready"
	Unacknowledged = "unacknowledged"
)

// JobExporter is the job label under which the shipped scrape configurations,
// and pharos itself, scrape the exporter.
const JobExporter = "pharos_exporter"

// StaleBits are the bits of the float64 that ends a series: the staleness marker
// of Prometheus (package model/value of prometheus/prometheus), spelled out here
// because the exporter must not import the server.
const StaleBits uint64 = 0x7ff0000000000002
