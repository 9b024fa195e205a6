// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"

	"github.com/pharos-status/pharos/internal/schema"
)

// Events that are only a new measurement, with the status as it was, wait for
// the next scrape: they change no rule's result, come with every probe, and would
// fill the disk with samples at uneven times.
func isMeasurement(name model.LabelValue) bool {
	switch name {
	case schema.ReplicaProbeDuration, schema.ReplicaLastSeen, schema.ReplicaLoad, schema.ReplicaLatency:
		return true
	}
	return false
}

// inBatches are the metrics of which the first batch has every series there is.
func inBatches() []string {
	return []string{
		schema.ReplicaStatus, schema.ReplicaFailureReason, schema.ReplicaLoad, schema.ReplicaProbeDuration,
		schema.ReplicaLastSeen, schema.NodeInfo, schema.NodeMinHealthy,
	}
}

// A feed turns changes into samples of the exporter's scrape job. It belongs to
// one goroutine.
type feed struct {
	source   Changes
	instance string
	full     bool // the first batch, which is everything, has been read
	known    map[model.Fingerprint]float64
}

func newFeed(source Changes, instance string) *feed {
	return &feed{source: source, instance: instance, known: map[model.Fingerprint]float64{}}
}

// wake returns the channel that tells of changes; nil if there is no source.
func (f *feed) wake() <-chan struct{} {
	if f.source == nil {
		return nil
	}
	return f.source.Changed()
}

// A point is a sample whose time is not set yet.
type point struct {
	labels labels.Labels
	value  float64
}

// next returns what is to be written now. It returns nothing if nothing that
// rules read has changed; the scrape brings the rest.
func (f *feed) next() []point {
	if f.source == nil {
		return nil
	}
	var out []point
	news := false
	for _, s := range newest(f.source.Changes()) {
		if f.changed(s) {
			news = news || !isMeasurement(s.Metric[model.MetricNameLabel])
			out = append(out, point{f.scraped(s.Metric), float64(s.Value)})
		}
	}
	if !f.full {
		f.full = true
		out = append(out, point{f.scraped(model.Metric{model.MetricNameLabel: schema.Up}), 1})
		return out
	}
	if !news {
		return nil
	}
	return out
}

// newest returns the last sample of each series; there is room for one at a time.
// Histograms are left to the scrape.
func newest(all []*model.Sample) map[model.Fingerprint]*model.Sample {
	last := make(map[model.Fingerprint]*model.Sample, len(all))
	for _, s := range all {
		if s.Histogram == nil {
			last[s.Metric.Fingerprint()] = s
		}
	}
	return last
}

// changed notes the sample, and tells whether it differs from the last one.
func (f *feed) changed(s *model.Sample) bool {
	key, v := s.Metric.Fingerprint(), float64(s.Value)
	old, ok := f.known[key]
	if math.Float64bits(v) == schema.StaleBits {
		delete(f.known, key)
		return ok
	}
	f.known[key] = v
	return !ok || math.Float64bits(old) != math.Float64bits(v)
}

// scraped returns the labels that the scrape gives the series: empty ones are
// none, and those of the target are added.
func (f *feed) scraped(m model.Metric) labels.Labels {
	b := labels.NewBuilder(labels.EmptyLabels())
	for name, v := range m {
		b.Set(string(name), string(v))
	}
	b.Set(model.JobLabel, schema.JobExporter)
	b.Set(model.InstanceLabel, f.instance)
	return b.Labels()
}

// write appends the points, all at one time.
func write(ctx context.Context, to storage.AppendableV2, at time.Time, points []point) error {
	if len(points) == 0 {
		return nil
	}
	app := to.AppenderV2(ctx)
	for _, p := range points {
		v := p.value
		if math.Float64bits(v) == schema.StaleBits {
			v = math.Float64frombits(value.StaleNaN)
		}
		_, err := app.Append(0, p.labels, 0, at.UnixMilli(), v, nil, nil, storage.AOptions{RejectOutOfOrder: true})
		if err != nil && !isLate(err) { // late: the clock was set back, the scrapes catch up
			return errors.Join(fmt.Errorf("write %s: %w", p.labels, err), app.Rollback())
		}
	}
	if err := app.Commit(); err != nil {
		return fmt.Errorf("write samples: %w", err)
	}
	return nil
}
