// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"math"
	"slices"
	"time"

	"github.com/pharos-status/pharos/collector/exposition"
	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
)

// A replicaRow is what there is to show of a replica. It has what a [state.Replica]
// has of that, in a third of the memory.
type replicaRow struct {
	id       status.ID
	version  uint64
	status   status.Status
	probed   bool  // whether a probe has been there
	seen     int64 // Unix seconds; 0: never
	notAfter int64 // likewise
	reason   status.Reason
	took     time.Duration
	cpu, ram *float64
	script   *scriptFigures        // nil if there are none
	latency  *exposition.Histogram // nil if no probe has found it alive
}

// scriptFigures are what a script has found out.
type scriptFigures struct {
	perfdata []probe.Perfdatum
	steps    []probe.Step
}

// newReplicaRow keeps nothing of r but what does not change.
func newReplicaRow(r *state.Replica) replicaRow {
	row := replicaRow{
		id: r.ID, version: r.Version, status: r.Status, reason: r.Reason, took: r.Took, cpu: r.CPU, ram: r.RAM,
		probed: !r.At.IsZero() && (r.Mode == state.Poll || r.Mode == state.Script),
	}
	if !r.At.IsZero() {
		row.seen = r.At.Unix()
	}
	if !r.NotAfter.IsZero() {
		row.notAfter = r.NotAfter.Unix()
	}
	if len(r.Perfdata)+len(r.Steps) > 0 {
		row.script = &scriptFigures{r.Perfdata, r.Steps}
	}
	return row
}

// families are all metrics that are made of state whenever it is read, as tables
// without rows.
type families struct {
	replica exposition.TableOf[replicaRow]
	node    exposition.TableOf[nodeRow]
	queue   exposition.TableOf[state.NodeQueue]
	count   exposition.TableOf[statusRow]
}

func newFamilies() *families {
	return &families{
		replica: exposition.TableOf[replicaRow]{
			Labels:  []string{schema.Service, schema.Node, schema.Replica},
			Values:  func(r *replicaRow, to []string) { to[0], to[1], to[2] = r.id.Service, r.id.Node, r.id.Replica },
			Columns: replicaColumns(),
		},
		node: exposition.TableOf[nodeRow]{
			Labels:  []string{schema.Service, schema.Node},
			Values:  func(r *nodeRow, to []string) { to[0], to[1] = r.service.ID, r.node.ID },
			Columns: nodeColumns(),
		},
		queue: exposition.TableOf[state.NodeQueue]{
			Labels:  []string{schema.Service, schema.Node, schema.Queue},
			Values:  func(q *state.NodeQueue, to []string) { to[0], to[1], to[2] = q.Node.Service, q.Node.Node, q.Name },
			Columns: queueColumns(),
		},
		count: exposition.TableOf[statusRow]{
			Labels:  []string{schema.Status},
			Values:  func(r *statusRow, to []string) { to[0] = r.status.String() },
			Columns: countColumns(),
		},
	}
}

// replicaColumns are in the order of the documentation.
func replicaColumns() []exposition.Column[replicaRow] {
	family := func(name, help string, labels ...string) *exposition.Family {
		return &exposition.Family{Name: name, Help: help, Labels: labels}
	}
	latency := family(schema.ReplicaLatency,
		"How long the probes took that found the replica healthy or sick: of each, the last try. Rounded to 12 significant bits.")
	latency.Type = exposition.TypeHistogram
	version := func(r *replicaRow) uint64 { return r.version }
	// since is for what most replicas never have.
	since := func(has func(r *replicaRow) bool) func(r *replicaRow) uint64 {
		return func(r *replicaRow) uint64 {
			if has(r) {
				return r.version
			}
			return 0
		}
	}
	return []exposition.Column[replicaRow]{
		{Family: family(schema.ReplicaStatus,
			"Whether the replica has this status (1) or not (0). All of them are 0 while the status is unknown.",
			schema.Status), Key: func(r *replicaRow) uint64 { return uint64(r.status) }, Add: addStatus},
		{Family: family(schema.ReplicaFailureReason,
			"1 for the reason why the replica is not healthy. A healthy replica has no such series.",
			schema.Reason), Key: since(func(r *replicaRow) bool { return r.reason != status.None }), Add: addReason},
		{
			Family: family(schema.ReplicaProbeDuration,
				"How long the last probe of the replica took, rounded to 12 significant bits. Probed replicas only."),
			Key: version, Add: addDuration,
		},
		{Family: latency, Key: func(r *replicaRow) uint64 { return r.latency.Version() }, Add: addLatency},
		{
			Family: family(schema.ReplicaLastSeen,
				"When the replica was last probed or last reported, in whole seconds. Not there before the first time."),
			Key: version, Add: addLastSeen,
		},
		{Family: family(schema.ReplicaLoad,
			"The load that the replica last reported. CPU load may exceed 1.",
			schema.Resource), Key: since(func(r *replicaRow) bool { return r.cpu != nil || r.ram != nil }), Add: addLoad},
		{
			Family: family(schema.ReplicaTLSNotAfter,
				"When the earliest certificate that the replica showed at the last probe expires, in whole seconds. Replicas with TLS only."),
			Key: func(r *replicaRow) uint64 { return uint64(r.notAfter) }, Add: addNotAfter,
		},
		{Family: family(schema.ScriptPerfdata,
			"What a monitoring plugin measured in the last probe, in base units where its unit (uom) has one.",
			schema.Label, schema.UOM), Key: since(func(r *replicaRow) bool { return r.script != nil }), Add: addPerfdata},
		{Family: family(schema.ScriptStepDuration,
			"How long each step of a script's round trip took in the last probe, rounded to 12 significant bits.",
			schema.Step), Key: since(func(r *replicaRow) bool { return r.script != nil }), Add: addSteps},
	}
}

func addStatus(r *replicaRow, to *exposition.Samples) {
	to.Add(boolean(r.status == status.Healthy), "healthy")
	to.Add(boolean(r.status == status.Sick), "sick")
	to.Add(boolean(r.status == status.Dead), "dead")
}

func addReason(r *replicaRow, to *exposition.Samples) {
	if r.reason != status.None {
		to.Add(1, string(r.reason))
	}
}

func addDuration(r *replicaRow, to *exposition.Samples) {
	if r.probed {
		to.Add(roundBits(r.took.Seconds()))
	}
}

func addLatency(r *replicaRow, to *exposition.Samples) {
	to.AddHistogram(r.latency)
}

func addLastSeen(r *replicaRow, to *exposition.Samples) {
	if r.seen != 0 {
		to.Add(float64(r.seen))
	}
}

func addLoad(r *replicaRow, to *exposition.Samples) {
	if r.cpu != nil {
		to.Add(*r.cpu, schema.CPU)
	}
	if r.ram != nil {
		to.Add(*r.ram, schema.RAM)
	}
}

func addNotAfter(r *replicaRow, to *exposition.Samples) {
	if r.notAfter != 0 {
		to.Add(float64(r.notAfter))
	}
}

// A plugin may say the same twice; a series must not come twice.
func addPerfdata(r *replicaRow, to *exposition.Samples) {
	if r.script == nil {
		return
	}
	for i, p := range r.script.perfdata {
		if !slices.ContainsFunc(r.script.perfdata[:i], func(q probe.Perfdatum) bool { return q.Label == p.Label && q.Unit == p.Unit }) {
			to.Add(p.Value, p.Label, p.Unit)
		}
	}
}

func addSteps(r *replicaRow, to *exposition.Samples) {
	if r.script == nil {
		return
	}
	for i, s := range r.script.steps {
		if !slices.ContainsFunc(r.script.steps[:i], func(other probe.Step) bool { return other.Name == s.Name }) {
			to.Add(roundBits(s.Took.Seconds()), s.Name)
		}
	}
}

func boolean(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// roundBits rounds a positive number to 12 significant bits, an error of
// 0.025 % at the most. What it drops is noise, and it is the noise that a time series
// database can't compress.
func roundBits(v float64) float64 {
	const dropped = 52 - 11 // of the mantissa, whose first bit is not stored
	bits := math.Float64bits(v) + 1<<(dropped-1)
	return math.Float64frombits(bits &^ (1<<dropped - 1))
}
