// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"math"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/collector/exposition"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/schema"
)

// changes is what [Exporter.Changes] remembers between two calls.
type changes struct {
	mu      sync.Mutex // held while the store is configured, too
	told    bool       // whether everything there is has been told
	nodes   []sample   // as they were told
	vantage string     // likewise
}

// Changed returns a channel of capacity 1. It holds a value once Changes has
// something to tell, and when a deadline that changes a status has passed.
func (e *Exporter) Changed() <-chan struct{} { return e.store.Changed() }

// Changes returns the samples that differ from those of the last call, without
// job and instance. A series that has ended has the value with the bits
// [schema.StaleBits]. The first call, and the first one after a reload, returns
// everything there is. Histograms and metrics of the exporter about itself are
// left to scrapes.
func (e *Exporter) Changes() []*model.Sample {
	e.changes.mu.Lock()
	defer e.changes.mu.Unlock()
	now := time.Now()
	c := e.current().config
	d := &differ{
		families: e.metrics.families, everything: !e.changes.told, at: model.TimeFromUnixNano(now.UnixNano()),
		before: e.changes.vantage, after: c.Vantage,
	}
	if d.everything {
		nodes := d.nodes(c)
		d.compare(e.changes.nodes, nodes)
		e.changes.nodes, e.changes.vantage, e.changes.told = nodes, c.Vantage, true
	}
	for _, change := range e.store.Drain(now) {
		d.compare(d.replica(change.Before), d.replica(change.After))
	}
	return d.out
}

// restart has configure replace what the store knows, and makes the next call of
// Changes tell everything.
func (c *changes) restart(configure func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	configure()
	c.told = false
}

// A sample is one value of a family, with the names and the values of its labels.
type sample struct {
	name          string
	names, values []string
	value         float64
}

// A differ collects what differs.
type differ struct {
	*families
	everything    bool
	before, after string // the vantage
	at            model.Time
	out           []*model.Sample
}

// nodes returns the samples of all nodes of a configuration.
func (d *differ) nodes(c *config.Config) (all []sample) {
	rows := nodeRows(c)
	for i := range rows {
		all = appendSamples(all, d.node, &rows[i])
	}
	return all
}

// replica returns the samples of a replica, none if there is no such replica.
func (d *differ) replica(r *state.Replica) []sample {
	if r == nil {
		return nil
	}
	row := newReplicaRow(r)
	return appendSamples(nil, d.families.replica, &row)
}

func appendSamples[R any](to []sample, table exposition.TableOf[R], row *R) []sample {
	table.Each(row, func(f *exposition.Family, names, values []string, value float64) {
		to = append(to, sample{f.Name, names, values, value})
	})
	return to
}

// compare adds what is new in after, and the end of what is only in before. At
// another vantage everything is new, and all that was before has ended.
func (d *differ) compare(before, after []sample) {
	moved := d.before != d.after
	old := make(map[string]float64, len(before))
	for _, s := range before {
		old[s.key()] = s.value
	}
	for _, s := range after {
		key := s.key()
		if value, ok := old[key]; !ok || d.everything || value != s.value {
			d.add(s, s.value, d.after)
		}
		if !moved {
			delete(old, key)
		}
	}
	for _, s := range before {
		if _, ended := old[s.key()]; ended {
			d.add(s, math.Float64frombits(schema.StaleBits), d.before)
		}
	}
}

func (d *differ) add(s sample, value float64, vantage string) {
	metric := make(model.Metric, len(s.names)+2)
	metric[model.MetricNameLabel] = model.LabelValue(s.name)
	for i, label := range s.names {
		if s.values[i] != "" { // an empty label is no label
			metric[model.LabelName(label)] = model.LabelValue(s.values[i])
		}
	}
	if vantage != "" {
		metric[schema.Vantage] = model.LabelValue(vantage)
	}
	d.out = append(d.out, &model.Sample{Metric: metric, Value: model.SampleValue(value), Timestamp: d.at})
}

// key returns what tells the series of the sample from any other of this vantage.
func (s sample) key() string {
	return s.name + "\xff" + strings.Join(s.values, "\xff") // no label value has this byte: it is not UTF-8
}
