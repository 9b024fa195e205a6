// SPDX-License-Identifier: Apache-2.0

package prombridge

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/pharos-status/pharos/reporter"
)

// A Source makes loads and checks of the metrics of an application. They gather
// once for all that is read in the same second. A Source may be used concurrently, and
// so may what it makes.
type Source struct {
	gatherer prometheus.Gatherer

	mu       sync.Mutex
	at       time.Time // of the gathering of what follows
	families []*dto.MetricFamily
	err      error
}

// FromGatherer returns a source of the metrics of a gatherer, such as
// prometheus.DefaultGatherer.
func FromGatherer(g prometheus.Gatherer) *Source { return &Source{gatherer: g} }

// A Metric chooses series of counters and gauges; what counts is their sum. A gauge is
// its value, a counter its increase a second since it was read before, and 0 when it
// is read for the first time.
type Metric struct {
	Name   string            // such as process_cpu_seconds_total
	Labels map[string]string // that the series have, among others; default: all series of that name
}

// A Share is a metric by what there is of it, to make it a ratio.
type Share struct {
	Metric Metric
	Of     float64 // such as the number of cores, or of bytes; more than 0
}

// Load returns a meter whose load is that of two metrics, such as
//
//	source.Load(
//		prombridge.Share{Metric: prombridge.Metric{Name: "process_cpu_seconds_total"}, Of: 2},
//		prombridge.Share{Metric: prombridge.Metric{Name: "process_resident_memory_bytes"}, Of: 512 << 20},
//	)
func (s *Source) Load(cpu, ram Share) reporter.Meter {
	var of [2]reading
	return func(context.Context) (reporter.Load, error) {
		var ratios [2]float64
		for i, share := range []Share{cpu, ram} {
			if !(share.Of > 0) {
				return reporter.Load{}, fmt.Errorf("the share of metric %s is of %v, want more than 0", share.Metric.Name, share.Of)
			}
			value, err := s.read(share.Metric, &of[i])
			if err != nil {
				return reporter.Load{}, err
			}
			ratios[i] = value / share.Of
		}
		return reporter.Load{CPU: ratios[0], RAM: ratios[1]}, nil
	}
}

// Check returns a check that judges a metric, as [Above] does or a function of the
// application's. While there is no such metric the check finds the replica sick.
func (s *Source) Check(m Metric, judge func(value float64) error) reporter.Check {
	var of reading
	return func(context.Context) error {
		value, err := s.read(m, &of)
		if err != nil {
			return fmt.Errorf("%w: %w", reporter.ErrSick, err)
		}
		return judge(value)
	}
}

// Above judges a value that should be low: above sick it is sick, above dead it is
// dead. Where one of the limits is not wanted it is math.Inf(1). What is no number (NaN),
// such as a quantile of nothing, is sick: nobody knows whether it is low.
func Above(sick, dead float64) func(value float64) error {
	return func(value float64) error {
		switch {
		case math.IsNaN(value):
			return fmt.Errorf("%w: its value is not a number", reporter.ErrSick)
		case value > dead:
			return fmt.Errorf("%.6g is above %.6g", value, dead)
		case value > sick:
			return fmt.Errorf("%w: %.6g is above %.6g", reporter.ErrSick, value, sick)
		}
		return nil
	}
}

// A reading is what a counter was when it was read last.
type reading struct {
	mu    sync.Mutex
	at    time.Time
	total float64
	rate  float64
}

// read returns the value of a metric.
func (s *Source) read(m Metric, last *reading) (float64, error) {
	families, at, gathering := s.gather()
	for _, family := range families {
		if family.GetName() == m.Name {
			return m.of(family, at, last)
		}
	}
	return 0, errors.Join(fmt.Errorf("there is no metric %s", m.Name), gathering)
}

// of returns the value of the metric in a family that was gathered at a time.
func (m Metric) of(family *dto.MetricFamily, at time.Time, last *reading) (float64, error) {
	sum, found := 0.0, false
	for _, series := range family.GetMetric() {
		if m.fits(series) {
			sum, found = sum+series.GetCounter().GetValue()+series.GetGauge().GetValue()+series.GetUntyped().GetValue(), true
		}
	}
	if !found {
		return 0, fmt.Errorf("metric %s has no series with the labels %v", m.Name, m.Labels)
	}
	switch family.GetType() {
	case dto.MetricType_GAUGE, dto.MetricType_UNTYPED:
		return sum, nil
	case dto.MetricType_COUNTER:
		return last.increase(sum, at), nil
	default:
		return 0, fmt.Errorf("metric %s is a %s, want a counter or a gauge", m.Name, family.GetType())
	}
}

func (m Metric) fits(series *dto.Metric) bool {
	found := 0
	for _, label := range series.GetLabel() {
		value, wanted := m.Labels[label.GetName()]
		if wanted && value != label.GetValue() {
			return false
		}
		if wanted {
			found++
		}
	}
	return found == len(m.Labels)
}

// increase returns the increase a second since the reading before, which it replaces.
func (r *reading) increase(total float64, at time.Time) float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	passed := at.Sub(r.at).Seconds()
	if passed <= 0 {
		return r.rate // of the same gathering
	}
	r.rate = 0
	if !r.at.IsZero() && total >= r.total {
		r.rate = (total - r.total) / passed
	}
	r.at, r.total = at, total
	return r.rate
}

// fresh is how long what was gathered counts as the present.
const fresh = time.Second

// gather returns the metrics, and when they were gathered. A gatherer that fails
// may have gathered some of them.
func (s *Source) gather() ([]*dto.MetricFamily, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at.IsZero() || time.Since(s.at) >= fresh {
		s.families, s.err = s.gatherer.Gather()
		s.at = time.Now()
	}
	return s.families, s.at, s.err
}
