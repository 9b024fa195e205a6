// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"fmt"
	"strconv"
	"time"

	"github.com/pharos-status/pharos/internal/schema"
)

// The queries of a reading. They are constants, those below are made from numbers
// and from the configuration: nothing that a visitor or a target says gets into PromQL. They use what Prometheus 2.42 understands.
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

	queueQuery = `sum by (` + schema.Service + `, ` + schema.Node + `) (max by (` + schema.Service + `, ` + schema.Node + `, ` + schema.Queue +
		`) (` + schema.NodeQueueMessages + `{` + schema.State + `="` + schema.Ready + `"}))`

	newestSeverityQuery = `max(timestamp(` + schema.OverallSeverity + `))`
	newestSampleQuery   = `max(timestamp(` + schema.ReplicaStatus + `))`
)

// Since when something has been at least as bad as it is: the last of some times at
// which it was better, or nobody knew. What was so at all of them has the value 0.
func sinceQuery(times string) string {
	const (
		then = `max by (` + schema.Service + `, ` + schema.Node + `) ({__name__=~"` + wholes + `"})`
		now  = `(max by (` + schema.Service + `, ` + schema.Node + `) ({__name__=~"` + wholes + `"} @ end()) > 0)`
	)
	return `max_over_time(timestamp(` + now + ` unless (` + then + ` >= ` + now + `))[` + times + `]) or ` + now + ` * 0`
}

// The times at which is looked: what has been for longer than a day is told to the hour.
const (
	byTheMinute = `1d:1m`
	byTheHour   = `30d:1h`
)

const wholes = schema.NodeSeverity + `|` + schema.ServiceSeverity + `|` + schema.OverallSeverity

// The minutes in each state, of nodes and of services: docs/uptime.md. Where several
// rule engines record them, those that saw more count.
const (
	byState    = `max by (` + schema.Service + `, ` + schema.Node + `, ` + schema.State + `) (`
	dayTicks   = `{__name__=~"` + schema.NodeDayTicks + `|` + schema.ServiceDayTicks + `"}`
	hourTicks  = `{__name__=~"` + schema.NodeTicks + `|` + schema.ServiceTicks + `"}`
	ticks      = `{__name__=~"` + schema.NodeTick + `|` + schema.ServiceTick + `"}`
	daysQuery  = byState + `sum_over_time(` + dayTicks + `[1d]))`
	thisHour   = byState + `sum_over_time(` + ticks + `[1h]) and on (` + schema.Parity + `) count_values("` + schema.Parity + `", hour() % 2))`
	hourBefore = byState + `sum_over_time(` + ticks + `[2h]) and on (` + schema.Parity + `) count_values("` + schema.Parity + `", (hour() + 1) % 2))`

	weightUpQuery    = `max by (` + schema.State + `) (` + schema.UptimeWeightUp + `)`
	weightTotalQuery = `max by (` + schema.State + `) (` + schema.UptimeWeightTotal + `)`
)

// hoursQuery adds the sums that were recorded in the last hours.
func hoursQuery(hours int) string {
	return byState + `sum_over_time(` + hourTicks + `[` + strconv.Itoa(hours) + `h]))`
}

// ticksQuery adds the ticks of the time before.
func ticksQuery(d time.Duration) string {
	return `sum by (` + schema.Service + `, ` + schema.Node + `, ` + schema.State + `) (max by (` + schema.Service + `, ` + schema.Node + `, ` +
		schema.State + `, ` + schema.Parity + `) (sum_over_time(` + ticks + `[` + milliseconds(d) + `])))`
}

// latencyQuery is the quantile within each step: of quantiles that each stand for the
// quarter of an hour before.
func latencyQuery(quantile string, step time.Duration) string {
	series := schema.NodeLatency + `{` + schema.Quantile + `="` + quantile + `"}`
	if step < 2*quarter {
		return `max by (` + schema.Service + `, ` + schema.Node + `) (` + series + `)`
	}
	return fmt.Sprintf(`max by (%s, %s) (quantile_over_time(%s, %s[%s:15m]))`, schema.Service, schema.Node, quantile, series, milliseconds(step))
}

// componentLatencyQuery is the same of a component's expression.
func componentLatencyQuery(expr string, step time.Duration) string {
	if step < 2*quarter {
		return expr
	}
	return `quantile_over_time(0.5, (` + expr + "\n)[" + milliseconds(step) + `:15m])`
}

// maintenanceQuery has a sample for each part of a service that is in maintenance.
func maintenanceQuery(service string) string {
	return `max by (` + schema.Node + `) (` + schema.MaintenanceActive + `{` + schema.Service + `=` + strconv.Quote(service) + `}) == 1`
}

// stepTicksQuery adds the ticks of a service in the step before. As in the sums, a tick
// at the end of a step belongs to the next one.
func stepTicksQuery(service string) string {
	return `max by (` + schema.State + `) (sum_over_time(` + schema.ServiceTick + `{` + schema.Service + `=` + strconv.Quote(service) + `}[` +
		milliseconds(pointStep) + `] offset 1ms))`
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) + "ms" }
