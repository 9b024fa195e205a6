// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"cmp"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Gather implements [prometheus.Gatherer], for those who need the metrics as
// values. It takes much longer than a scrape.
func (h *Handler) Gather() ([]*dto.MetricFamily, error) {
	v := view{View: h.o.View()}
	defer v.done()
	all, err := gatherRest(h.o.Rest, v.Common)
	for _, t := range v.Tables {
		for c := range t.columns() {
			if f := gatherColumn(t, c, v.Common); len(f.Metric) > 0 {
				all = append(all, f)
			}
		}
	}
	slices.SortFunc(all, func(a, b *dto.MetricFamily) int { return cmp.Compare(a.GetName(), b.GetName()) })
	return all, err
}

// gatherRest returns the metrics of a registry, with the common labels.
func gatherRest(g prometheus.Gatherer, common []Label) ([]*dto.MetricFamily, error) {
	families, err := g.Gather()
	for _, f := range families {
		for _, m := range f.Metric {
			m.Label = withCommon(m.Label, common)
		}
	}
	return families, err
}

// withCommon returns labels and those of the common ones that are not among them.
// The slice that it is given belongs to a metric, and is not written to.
func withCommon(labels []*dto.LabelPair, common []Label) []*dto.LabelPair {
	labels = slices.Clip(labels)
	for _, l := range common {
		i, found := slices.BinarySearchFunc(labels, l.Name, func(p *dto.LabelPair, name string) int {
			return cmp.Compare(p.GetName(), name)
		})
		if !found {
			labels = slices.Insert(labels, i, &dto.LabelPair{Name: &l.Name, Value: &l.Value})
		}
	}
	return labels
}

func gatherColumn(t Table, c int, common []Label) *dto.MetricFamily {
	f := t.family(c)
	out := &dto.MetricFamily{Name: &f.Name, Help: &f.Help, Type: dto.MetricType_GAUGE.Enum()}
	if f.Type == TypeHistogram {
		out.Type = dto.MetricType_HISTOGRAM.Enum()
	}
	var s Samples
	s.reset(f, true)
	t.add(c, 0, t.rows(), &s)
	rows := rowLabels{width: len(t.labels()), values: t.values(0, t.rows(), nil)}
	all := places(f, t.labels(), common)
	for i, row := range s.rows {
		m := &dto.Metric{Label: pairsOf(all, rows.of(row), s.of(i))}
		if f.Type == TypeHistogram {
			m.Histogram = s.histograms[i].dto()
		} else {
			m.Gauge = &dto.Gauge{Value: &s.values[i]}
		}
		out.Metric = append(out.Metric, m)
	}
	slices.SortFunc(out.Metric, func(a, b *dto.Metric) int {
		return slices.CompareFunc(a.Label, b.Label, func(a, b *dto.LabelPair) int { return cmp.Compare(a.GetValue(), b.GetValue()) })
	})
	return out
}

func pairsOf(all []place, row, sample []string) []*dto.LabelPair {
	pairs := make([]*dto.LabelPair, 0, len(all))
	for _, p := range all {
		value := p.value
		if p.of != ofAll {
			value = strings.ToValidUTF8(p.valueOf(row, sample), "\uFFFD")
		}
		pairs = append(pairs, &dto.LabelPair{Name: &p.name, Value: &value})
	}
	return pairs
}

// dto returns the histogram as client_golang has it.
func (s *Snapshot) dto() *dto.Histogram {
	threshold := zeroThreshold
	h := &dto.Histogram{
		SampleCount: &s.Count, SampleSum: &s.Sum, Schema: &s.Schema, ZeroThreshold: &threshold, ZeroCount: &s.Zero,
		CreatedTimestamp: timestamppb.New(s.Created), PositiveDelta: slices.Collect(s.deltas()),
	}
	for offset, length := range s.spans() {
		h.PositiveSpan = append(h.PositiveSpan, &dto.BucketSpan{Offset: &offset, Length: &length})
	}
	return h
}
