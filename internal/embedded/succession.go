// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/prometheus/rules"
)

// replace puts new groups in place of the old ones. Groups that are the same go
// on, changed ones inherit alerts and series, and the series of removed ones end.
func (d *driver) replace(ctx context.Context, groups map[string]*rules.Group) {
	d.mu.Lock()
	defer d.mu.Unlock()
	old := map[string]*entry{}
	for _, e := range d.entries {
		old[rules.GroupKey(e.group.File(), e.group.Name())] = e
	}
	var entries []*entry
	for key, g := range groups {
		before := old[key]
		delete(old, key)
		entries = append(entries, d.succeed(before, g))
	}
	slices.SortFunc(entries, func(a, b *entry) int { return inOrder(a.group, b.group) })
	for _, e := range old {
		d.end(ctx, e.group)
	}
	d.entries = entries
	list := make([]*rules.Group, len(entries))
	for i, e := range entries {
		list[i] = e.group
	}
	d.groups.Store(&list)
	select {
	case d.poke <- struct{}{}:
	default:
	}
}

// succeed returns the entry of g, which was before until now; nil if g is new.
func (d *driver) succeed(before *entry, g *rules.Group) *entry {
	if before != nil && before.group.Equals(g) {
		return before
	}
	e := &entry{group: g, next: time.Now().Truncate(g.Interval()).Add(g.Interval()), settled: d.recover == nil}
	if before != nil {
		g.CopyState(before.group)
		e.settled = before.settled
	}
	if e.settled {
		restored(g)
	}
	return e
}

// restored lets the group's alerts be written; a new one waits for its past.
func restored(g *rules.Group) {
	for _, r := range g.AlertingRules() {
		r.SetRestored(true)
	}
}

// end resolves the alerts and ends the series of a group that is no more: an
// empty one that inherits them is evaluated once.
func (d *driver) end(ctx context.Context, g *rules.Group) {
	for _, r := range g.AlertingRules() {
		for _, a := range r.ActiveAlerts() {
			if a.State == rules.StateFiring {
				d.p.resolve(a.Labels, a.Annotations, a.FiredAt)
			}
		}
	}
	empty := rules.NewGroup(rules.GroupOptions{Name: g.Name(), File: g.File(), Interval: g.Interval(), Opts: d.p.ruleOpts})
	empty.CopyState(g)
	d.p.results.on = false
	at := d.stamp(time.Now(), false)
	empty.Eval(ctx, at)
	d.await(ctx, at)
	forget(d.p.ruleOpts.Metrics, rules.GroupKey(g.File(), g.Name()))
}

// forget removes the metrics of a group.
func forget(m *rules.Metrics, group string) {
	for _, vec := range []interface{ DeleteLabelValues(...string) bool }{
		m.IterationsMissed, m.IterationsScheduled, m.EvalTotal, m.EvalFailures, m.GroupInterval, m.GroupLastEvalTime,
		m.GroupLastDuration, m.GroupRules, m.GroupSamples, m.GroupLastRuleDurationSum, m.GroupLastRestoreDuration,
	} {
		vec.DeleteLabelValues(group)
	}
}
