// SPDX-License-Identifier: Apache-2.0

package config

import (
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
)

const (
	maxComponents = 5000
	maxExpr       = 10_000 // bytes
	maxLabels     = 50
)

func (k *checker) components(all []Component) {
	if len(all) > maxComponents {
		k.errorf(configfile.Path{"components"}, "there are %d; at most %d are possible", len(all), maxComponents)
		return
	}
	taken, labels := map[status.NodeID]int{}, map[string]string{}
	for i := range all {
		c, p := &all[i], configfile.Path{"components", i}
		k.id(p.At("id"), c.ID)
		k.id(p.At("group"), c.Group)
		if first, ok := taken[c.NodeID()]; ok && c.ID != "" {
			k.errorf(p.At("id"), "%q is already components[%d] of group %q; write another one", c.ID, first, c.Group)
		} else {
			taken[c.NodeID()] = i
		}
		if said := labels[c.Group]; said != "" && c.GroupLabel != "" && said != c.GroupLabel {
			k.errorf(p.At("group_label"), "%q: another component of group %q says %q; say it once", c.GroupLabel, c.Group, said)
		} else if c.GroupLabel != "" {
			labels[c.Group] = c.GroupLabel
		}
		k.component(p, c)
	}
}

func (k *checker) component(p configfile.Path, c *Component) {
	k.text(p.At("label"), c.Label)
	k.text(p.At("group_label"), c.GroupLabel)
	k.text(p.At("unit"), c.Unit)
	k.text(p.At("link", "label"), c.Link.Label)
	k.link(p.At("link", "url"), c.Link.URL)
	if c.Expr == "" {
		k.errorf(p.At("expr"), "is missing; write the PromQL expression whose value is judged")
	} else {
		k.expr(p.At("expr"), c.Expr)
	}
	if c.Latency != "" {
		k.expr(p.At("latency"), c.Latency)
	}
	switch {
	case c.Thresholds.empty() && len(c.Mapping) == 0:
		k.errorf(p, "has neither thresholds nor a mapping; write what its values mean, such as thresholds: {sick_above: 1, dead_above: 5}")
	case !c.Thresholds.empty() && len(c.Mapping) > 0:
		k.errorf(p.At("mapping"), "both thresholds and mapping are set; keep one")
	}
	k.thresholds(p.At("thresholds"), &c.Thresholds)
	k.mapping(p.At("mapping"), c.Mapping)
	k.labels(p.At("labels"), c.Labels)
}

// expr checks PromQL as a current Prometheus reads it.
func (k *checker) expr(p configfile.Path, text string) {
	if len(text) > maxExpr {
		k.errorf(p, "has %d bytes; use at most %d, or record a rule", len(text), maxExpr)
		return
	}
	o := parser.Options{EnableExperimentalFunctions: true, ExperimentalDurationExpr: true, EnableExtendedRangeSelectors: true}
	expr, err := parser.NewParser(o).ParseExpr(text)
	if err != nil {
		k.errorf(p, "not PromQL: %v", err)
		return
	}
	if t := expr.Type(); t != parser.ValueTypeScalar && t != parser.ValueTypeVector {
		k.errorf(p, "is a %s; write an expression that is one number at a time, such as sum(rate(errors_total[5m]))", parser.DocumentedType(t))
	}
}

func (k *checker) thresholds(p configfile.Path, t *Thresholds) {
	at := func(v *float64, otherwise float64) float64 {
		if v == nil {
			return otherwise
		}
		return *v
	}
	up, down := math.Inf(1), math.Inf(-1)
	sickAbove, deadAbove := at(t.SickAbove, up), at(t.DeadAbove, up)
	sickBelow, deadBelow := at(t.SickBelow, down), at(t.DeadBelow, down)
	switch {
	case math.IsNaN(sickAbove + deadAbove - sickBelow - deadBelow):
		k.errorf(p, "has .nan or .inf; write numbers")
	case t.SickAbove != nil && t.DeadAbove != nil && deadAbove < sickAbove:
		k.errorf(p.At("dead_above"), "%v is below sick_above, which is %v; nothing would ever be sick", deadAbove, sickAbove)
	case t.SickBelow != nil && t.DeadBelow != nil && deadBelow > sickBelow:
		k.errorf(p.At("dead_below"), "%v is above sick_below, which is %v; nothing would ever be sick", deadBelow, sickBelow)
	case max(sickBelow, deadBelow) > min(sickAbove, deadAbove):
		k.errorf(p, "no value is healthy: each is below %v or above %v; write limits with room between them", max(sickBelow, deadBelow), min(sickAbove, deadAbove))
	}
}

func (k *checker) mapping(p configfile.Path, mapping map[string]status.Status) {
	taken := map[float64]string{}
	for _, key := range slices.Sorted(maps.Keys(mapping)) {
		v, err := strconv.ParseFloat(key, 64)
		switch {
		case err != nil || math.IsNaN(v):
			k.errorf(p.At(key), "%q is not a number; write the value in quotation marks, such as \"0\": healthy", key)
		case taken[v] != "":
			k.errorf(p.At(key), "%q and %q are the same number; keep one", taken[v], key)
		default:
			taken[v] = key
		}
	}
}

func (k *checker) labels(p configfile.Path, labels map[string]string) {
	if len(labels) > maxLabels {
		k.errorf(p, "there are %d; at most %d are possible", len(labels), maxLabels)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		switch {
		case name == schema.Service || name == schema.Node || name == schema.Mode:
			k.errorf(p.At(name), "comes from group and id; remove it")
		case !model.LegacyValidation.IsValidLabelName(name):
			k.errorf(p.At(name), "%q is not the name of a label; use letters, digits and _", name)
		}
		k.text(p.At(name), labels[name])
	}
}
