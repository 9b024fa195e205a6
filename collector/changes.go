// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"math"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/schema"
)

// changes is what [Exporter.Changes] remembers between two calls.
type changes struct {
	mu    sync.Mutex // held while the store is configured, too
	told  bool       // whether everything there is has been told
	nodes []sample   // as they were told
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
	d := &differ{families: e.metrics.families, everything: !e.changes.told, at: model.TimeFromUnixNano(now.UnixNano())}
	if d.everything {
		nodes := d.ofNodes(e.current().config)
		d.compare(e.changes.nodes, nodes)
		e.changes.nodes, e.changes.told = nodes, true
	}
	for _, c := range e.store.Drain(now) {
		d.compare(d.samples(c.Before), d.samples(c.After))
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

// A differ collects what differs.
type differ struct {
	*families
	everything bool
	at         model.Time
	out        []*model.Sample
}

func (d *differ) samples(r *state.Replica) []sample {
	if r == nil {
		return nil
	}
	return d.ofReplica(nil, *r)
}

// compare adds what is new in after, and the end of what is only in before.
func (d *differ) compare(before, after []sample) {
	old := make(map[string]float64, len(before))
	for _, s := range before {
		old[s.key()] = s.value
	}
	for _, s := range after {
		key := s.key()
		if value, ok := old[key]; !ok || d.everything || value != s.value {
			d.add(s, s.value)
		}
		delete(old, key)
	}
	for _, s := range before {
		if _, ended := old[s.key()]; ended {
			d.add(s, math.Float64frombits(schema.StaleBits))
		}
	}
}

func (d *differ) add(s sample, value float64) {
	metric := make(model.Metric, len(s.labels)+1)
	metric[model.MetricNameLabel] = model.LabelValue(s.name)
	for i, label := range s.labels {
		if s.values[i] != "" { // an empty label is no label
			metric[model.LabelName(label)] = model.LabelValue(s.values[i])
		}
	}
	d.out = append(d.out, &model.Sample{Metric: metric, Value: model.SampleValue(value), Timestamp: d.at})
}

// key returns what tells the series of the sample from any other.
func (s sample) key() string {
	return s.name + "\xff" + strings.Join(s.values, "\xff") // no label value has this byte: it is not UTF-8
}
