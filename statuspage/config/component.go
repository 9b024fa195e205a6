// SPDX-License-Identifier: Apache-2.0

package config

import (
	"math"
	"strconv"

	"github.com/pharos-status/pharos/internal/status"
)

// A Component is a line of the page that is no probe: an expression and what its
// values mean. It has [Thresholds] or a mapping.
type Component struct {
	ID         string                   `yaml:"id"`
	Group      string                   `yaml:"group"`       // ID of the service that it belongs to
	GroupLabel string                   `yaml:"group_label"` // of the service, if no node says another one
	Label      string                   `yaml:"label"`
	Expr       string                   `yaml:"expr"`    // PromQL, a scalar or an instant vector
	Latency    string                   `yaml:"latency"` // PromQL, in seconds; empty: it has none
	Unit       string                   `yaml:"unit"`
	ShowValue  bool                     `yaml:"show_value"`
	Thresholds Thresholds               `yaml:"thresholds"`
	Mapping    map[string]status.Status `yaml:"mapping"` // by value
	Labels     map[string]string        `yaml:"labels"`  // that pages select by
	Link       Link                     `yaml:"link"`
}

// Thresholds say from where on a value is no longer healthy; nil: there is no such
// limit. A value that is just at a limit has not crossed it.
type Thresholds struct {
	SickAbove *float64 `yaml:"sick_above"`
	DeadAbove *float64 `yaml:"dead_above"`
	SickBelow *float64 `yaml:"sick_below"`
	DeadBelow *float64 `yaml:"dead_below"`
}

// A Link is shown beside a component.
type Link struct {
	URL   string `yaml:"url"`
	Label string `yaml:"label"`
}

// NodeID returns the node that the component is on the page.
func (c *Component) NodeID() status.NodeID { return status.NodeID{Service: c.Group, Node: c.ID} }

// Judge returns what a value of the expression means. NaN, and what the mapping does
// not have, is unknown.
func (c *Component) Judge(value float64) status.Status {
	switch {
	case math.IsNaN(value):
		return status.Unknown
	case len(c.Mapping) > 0:
		for key, s := range c.Mapping {
			if known, err := strconv.ParseFloat(key, 64); err == nil && known == value {
				return s
			}
		}
		return status.Unknown
	}
	return c.Thresholds.judge(value)
}

func (t *Thresholds) judge(value float64) status.Status {
	above := func(limit *float64) bool { return limit != nil && value > *limit }
	below := func(limit *float64) bool { return limit != nil && value < *limit }
	switch {
	case above(t.DeadAbove), below(t.DeadBelow):
		return status.Dead
	case above(t.SickAbove), below(t.SickBelow):
		return status.Sick
	}
	return status.Healthy
}

func (t *Thresholds) empty() bool {
	return t.SickAbove == nil && t.DeadAbove == nil && t.SickBelow == nil && t.DeadBelow == nil
}
