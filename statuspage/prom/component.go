// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// A Component is a line of the page that is no probe: an expression, and what its
// value means. Expressions come from the configuration and from nowhere else.
type Component struct {
	ID           status.NodeID                     // its group, which may be that of a service, and itself; a node of the same ID goes before it
	ServiceLabel string                            // of the group, where it is no service
	Layout       statuspage.NodeLayout             // ID and Mode need not be set
	Expr         string                            // whose answer is a scalar or one sample; anything else is unknown
	Judge        func(value float64) status.Status // what a value means; not called for NaN
	Latency      string                            // an expression of one sample, in seconds; may be empty
}

// A sample is a value, if there is one.
type sample struct {
	value float64
	ok    bool
}

// judge returns the status of the component with the value.
func (c *Component) judge(s sample) status.Status {
	if !s.ok || math.IsNaN(s.value) {
		return status.Unknown
	}
	return c.Judge(s.value)
}

// ask evaluates the expression of a component. What Prometheus can't evaluate is
// unknown.
func (s *Source) ask(ctx context.Context, c *Component, at time.Time) (sample, error) {
	value, warnings, infos, err := s.api.Query(ctx, c.Expr, at, promv1.WithTimeout(s.timeout), promv1.WithLimit(maxSeries))
	if err != nil {
		return sample{}, s.refused(c, c.Expr, err)
	}
	s.failing.Delete(c.Expr)
	s.tell(c.Expr, warnings, infos)
	switch v := value.(type) {
	case *model.Scalar:
		return sample{float64(v.Value), true}, nil
	case model.Vector:
		if len(v) == 1 && v[0].Histogram == nil {
			return sample{float64(v[0].Value), true}, nil
		}
	}
	return sample{}, nil
}

// refused returns the error of a component's query, nil if Prometheus has answered that
// it can't, or that it takes too long: that may lie in the expression, and is no reason
// to know nothing of all others.
func (s *Source) refused(c *Component, query string, err error) error {
	var apiErr *promv1.Error
	if errors.As(err, &apiErr) && apiErr.Type != promv1.ErrCanceled || errors.Is(err, errTooLarge) {
		s.blame(c, query, err)
		return nil
	}
	return fmt.Errorf("component %s: %w", c.ID, err)
}

// blame logs what is wrong with an expression when that begins.
func (s *Source) blame(c *Component, query string, err error) {
	if _, before := s.failing.LoadOrStore(query, struct{}{}); !before {
		s.logger.Warn("Prometheus does not evaluate an expression of a component", "component", c.ID.String(), "query", query, "err", err)
	}
}

// addComponents adds the components to a reading, as nodes and as parts of their
// services. Where nothing else is recorded, their answers are the newest data.
func addComponents(r *statuspage.Reading, components []Component, samples []sample) {
	r.Values = map[status.NodeID]float64{}
	taken := map[status.NodeID]bool{}
	for _, service := range r.Layout.Services {
		for _, n := range service.Nodes {
			taken[status.NodeID{Service: service.ID, Node: n.ID}] = true
		}
	}
	bare := len(r.Services) == 0 && r.Newest.IsZero()
	overall := !bare
	for i := range components {
		c, answer := &components[i], samples[i]
		if taken[c.ID] {
			continue
		}
		taken[c.ID] = true
		r.Layout.Services = withComponent(r.Layout.Services, c)
		st := c.judge(answer)
		r.Nodes[c.ID] = st
		old, known := r.Services[c.ID.Service]
		r.Services[c.ID.Service] = worse(old, known, st)
		r.Overall = worse(r.Overall, overall, st)
		overall = true
		if answer.ok && !math.IsNaN(answer.value) && !math.IsInf(answer.value, 0) {
			r.Values[c.ID] = answer.value
			if bare {
				r.Newest = r.At
			}
		}
	}
}

// withComponent puts the component at the end of its group, and the group at the end
// if there is none.
func withComponent(services []statuspage.ServiceLayout, c *Component) []statuspage.ServiceLayout {
	l := c.Layout
	l.ID, l.Mode, l.Labels = c.ID.Node, statuspage.ModePromQL, maps.Clone(l.Labels)
	at := slices.IndexFunc(services, func(s statuspage.ServiceLayout) bool { return s.ID == c.ID.Service })
	if at < 0 {
		at = len(services)
		services = append(services, statuspage.ServiceLayout{ID: c.ID.Service})
	}
	services[at].Label = cmp.Or(services[at].Label, c.ServiceLabel)
	services[at].Nodes = append(services[at].Nodes, l)
	return services
}
