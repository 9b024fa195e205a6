// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"cmp"
	"math"
	"time"

	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// reading puts the answers together. Only replicas, nodes and services that have
// a severity are in it: it is the rules that say what there is.
func (a *answers) reading(at time.Time) statuspage.Reading {
	r := statuspage.Reading{
		At:       at,
		Newest:   a.newest(),
		Services: map[string]status.Status{},
		Nodes:    map[status.NodeID]status.Status{},
		Replicas: map[status.ID]statuspage.ReplicaReading{},
		Queues:   map[status.NodeID]float64{},
		Layout:   layout(a.layout, a.goneLayout),
	}
	a.addSeverities(&r)
	a.addReasons(r.Replicas)
	update(r.Replicas, a.durations, func(r *statuspage.ReplicaReading, s *model.Sample) {
		r.Latency = time.Duration(clamp(float64(s.Value), 0, math.MaxInt32) * float64(time.Second))
	})
	update(r.Replicas, a.seen, func(r *statuspage.ReplicaReading, s *model.Sample) { r.LastSeen = fromSeconds(s.Value) })
	update(r.Replicas, a.loads, addLoad)
	for _, s := range a.queues {
		if messages := float64(s.Value); messages >= 0 && !math.IsInf(messages, 0) {
			r.Queues[replicaID(s.Metric).NodeID()] = messages
		}
	}
	return r
}

// newest returns the time of the newest data. Severities may be recorded anew
// from samples that are not, so the older of the two counts. While no exporter
// can be scraped there are no samples; the rules then know that all is unknown,
// and that is new.
func (a *answers) newest() time.Time {
	severity, sample := first(a.newestSeverity), first(a.newestSample)
	if !sample.IsZero() && sample.Before(severity) {
		return sample
	}
	return severity
}

func first(v model.Vector) time.Time {
	if len(v) == 0 {
		return time.Time{}
	}
	return fromSeconds(v[0].Value)
}

// addSeverities takes the worst where several series tell of the same thing, as
// those of two rule engines may.
func (a *answers) addSeverities(r *statuspage.Reading) {
	overall := false
	for _, s := range a.severities {
		st := status.FromSeverity(float64(s.Value))
		switch id := replicaID(s.Metric); s.Metric[model.MetricNameLabel] {
		case schema.ReplicaSeverity:
			old, known := r.Replicas[id]
			r.Replicas[id] = statuspage.ReplicaReading{Status: worse(old.Status, known, st)}
		case schema.NodeSeverity:
			old, known := r.Nodes[id.NodeID()]
			r.Nodes[id.NodeID()] = worse(old, known, st)
		case schema.ServiceSeverity:
			old, known := r.Services[id.Service]
			r.Services[id.Service] = worse(old, known, st)
		case schema.OverallSeverity:
			r.Overall = worse(r.Overall, overall, st)
			overall = true
		}
	}
}

func worse(old status.Status, known bool, st status.Status) status.Status {
	if known && old.Severity() > st.Severity() {
		return old
	}
	return st
}

// addReasons takes the reason that most places give, of several such the first
// by the alphabet.
func (a *answers) addReasons(replicas map[status.ID]statuspage.ReplicaReading) {
	places := map[status.ID]float64{}
	update(replicas, a.reasons, func(r *statuspage.ReplicaReading, s *model.Sample) {
		id, count := replicaID(s.Metric), float64(s.Value)
		reason := status.Reason(s.Metric[schema.Reason])
		if c := cmp.Compare(count, places[id]); c > 0 || c == 0 && reason < r.Reason {
			r.Reason, places[id] = reason, count
		}
	})
}

func addLoad(r *statuspage.ReplicaReading, s *model.Sample) {
	load := float64(s.Value)
	if math.IsNaN(load) || math.IsInf(load, 0) {
		return
	}
	switch s.Metric[schema.Resource] {
	case schema.CPU:
		r.CPU = &load
	case schema.RAM:
		r.RAM = &load
	}
}

// update calls f for each sample whose replica is known.
func update(replicas map[status.ID]statuspage.ReplicaReading, v model.Vector, f func(*statuspage.ReplicaReading, *model.Sample)) {
	for _, s := range v {
		id := replicaID(s.Metric)
		if r, known := replicas[id]; known {
			f(&r, s)
			replicas[id] = r
		}
	}
}

func replicaID(m model.Metric) status.ID {
	return status.ID{
		Service: string(m[schema.Service]),
		Node:    string(m[schema.Node]),
		Replica: string(m[schema.Replica]),
	}
}

// fromSeconds returns the time that a sample gives in seconds since 1970, the
// zero time for what can be none.
func fromSeconds(v model.SampleValue) time.Time {
	seconds := float64(v)
	if !(seconds > 0 && seconds < math.MaxInt32*1000.0) {
		return time.Time{}
	}
	return time.UnixMilli(int64(math.Round(seconds * 1000))).UTC()
}

// clamp returns v between low and high, low if it is no number.
func clamp(v, low, high float64) float64 {
	if !(v > low) {
		return low
	}
	return min(v, high)
}
