// SPDX-License-Identifier: Apache-2.0

package prom

import "github.com/pharos-status/pharos/internal/schema"

// The queries of a reading. All are constants: nothing that a visitor or a
// target says gets into PromQL. They use what Prometheus 2.42 understands.
//
// Several places may watch the same replica. The recorded severities have that
// folded in; of the rest the page shows the slowest probe, the highest load and
// the latest sign of life, and counts the places that give a reason.
const (
	severitiesQuery = `{__name__=~"` + schema.ReplicaSeverity + `|` + schema.NodeSeverity + `|` +
		schema.ServiceSeverity + `|` + schema.OverallSeverity + `"}`

	layoutQuery = schema.NodeInfo
	// goneLayoutQuery is the layout that went away with its exporter, for as long
	// as the rules remember it. A node that an exporter which is up does not have
	// was removed, and so was one whose last sample is older than that of a metric
	// which every exporter has.
	goneLayoutQuery = `(last_over_time(` + schema.NodeInfo + `[1h]) unless on (job, instance) (up == 1)) ` +
		`unless max_over_time(timestamp(` + schema.NodeInfo + `)[1h:1m]) < on (job, instance) group_left () ` +
		`max by (job, instance) (max_over_time(timestamp(` + schema.ExporterReloadSuccessful + `)[1h:1m]))`

	replicaLabels = schema.Service + `, ` + schema.Node + `, ` + schema.Replica

	reasonQuery   = `count by (` + replicaLabels + `, ` + schema.Reason + `) (` + schema.ReplicaFailureReason + ` == 1)`
	durationQuery = `max by (` + replicaLabels + `) (` + schema.ReplicaProbeDuration + `)`
	loadQuery     = `max by (` + replicaLabels + `, ` + schema.Resource + `) (` + schema.ReplicaLoad + `)`
	lastSeenQuery = `max by (` + replicaLabels + `) (` + schema.ReplicaLastSeen + `)`

	newestSeverityQuery = `max(timestamp(` + schema.OverallSeverity + `))`
	newestSampleQuery   = `max(timestamp(` + schema.ReplicaStatus + `))`
)
