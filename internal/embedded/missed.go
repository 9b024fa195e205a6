// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/timestamp"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// A gap is the slots of a group, from one until before another, that were missed.
type gap struct {
	*entry
	from, to time.Time
}

// begin takes the first groups, and makes up for the slots over which the process
// before this one ended: also for the last one before, which it may not have been
// through with. It comes before anything else is written, because the storage
// takes no samples that are much older than its newest one.
func (d *driver) begin(ctx context.Context, groups map[string]*rules.Group) {
	d.replace(ctx, groups)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.p.lastSeen == 0 {
		return // nothing was before
	}
	ended := time.UnixMilli(d.p.lastSeen)
	d.makeUp(ctx, ended, func(e *entry) gap { return gap{e, e.slot(ended), e.next} })
}

// catchUp makes up for the slots that passed while the process was held up, but
// for the last one of each group, which is evaluated in earnest.
func (d *driver) catchUp(ctx context.Context, now time.Time) {
	d.makeUp(ctx, d.last, func(e *entry) gap { return gap{e, e.next, e.slot(now)} })
	for _, e := range d.entries {
		if last := e.slot(now); d.slotted(e) && e.next.Before(last) {
			e.next = last
		}
	}
}

// makeUp records what was not recorded at slots that are past and for which there
// is data, which are those up to the first one after the newest sample. What
// groups with shorter intervals leave is data for the others, so those come
// first. Alerts of the past are nobody's business.
func (d *driver) makeUp(ctx context.Context, ended time.Time, missed func(*entry) gap) {
	var gaps []gap
	for _, e := range d.entries {
		if g := missed(e); d.slotted(e) && g.from.Before(g.to) {
			gaps = append(gaps, g)
		}
	}
	slices.SortStableFunc(gaps, func(a, b gap) int { return cmp.Compare(a.group.Interval(), b.group.Interval()) })
	interval, newest, last := time.Duration(0), ended, ended
	for _, g := range gaps {
		if g.group.Interval() > interval {
			interval, last = g.group.Interval(), newest
		}
		for at := g.from; at.Before(g.to) && !at.After(last.Add(interval)); at = at.Add(interval) {
			d.record(ctx, g.group, at)
			if at.After(newest) {
				newest = at
			}
		}
	}
}

// record evaluates the recording rules of the group that were not evaluated as of
// the slot.
func (d *driver) record(ctx context.Context, g *rules.Group, slot time.Time) {
	offset := g.QueryOffset()
	left, err := d.unrecorded(ctx, g, slot.Add(-offset))
	if err != nil {
		d.log.Error("Missed evaluation not made up for", "group", g.Name(), "slot", slot.UTC(), "err", err)
	}
	if len(left) == 0 {
		return
	}
	// Under a name of its own it leaves the metrics of the group alone.
	part := rules.NewGroup(rules.GroupOptions{
		Name: g.Name() + " (missed)", File: g.File(), Interval: g.Interval(), Limit: g.Limit(),
		QueryOffset: &offset, Rules: left, Opts: d.p.ruleOpts,
	})
	d.p.results.on = false
	part.Eval(ctx, slot)
	forget(d.p.ruleOpts.Metrics, rules.GroupKey(part.File(), part.Name()))
	d.log.Debug("Missed evaluation made up for", "group", g.Name(), "slot", slot.UTC())
}

// unrecorded returns the recording rules of the group that were not evaluated as
// of the slot: those behind the last one that left a sample there. To evaluate a
// rule once more could give it a second result, because what it reads may have
// come late.
func (d *driver) unrecorded(ctx context.Context, g *rules.Group, slot time.Time) ([]rules.Rule, error) {
	at := timestamp.FromTime(slot)
	q, err := d.p.db.Querier(at, at)
	if err != nil {
		return nil, fmt.Errorf("read series: %w", err)
	}
	defer q.Close() //nolint:errcheck // only read
	var left []rules.Rule
	for _, rule := range slices.Backward(g.Rules()) {
		if _, ok := rule.(*rules.RecordingRule); !ok {
			continue
		}
		found, err := hasSample(ctx, q, rule, at)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", rule.Name(), err)
		}
		if found {
			break
		}
		left = append(left, rule)
	}
	slices.Reverse(left)
	return left, nil
}

// hasSample tells whether the rule left a sample at this time, in ms.
func hasSample(ctx context.Context, q storage.Querier, rule rules.Rule, at int64) (bool, error) {
	matchers := []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, rule.Name())}
	rule.Labels().Range(func(l labels.Label) {
		matchers = append(matchers, labels.MustNewMatcher(labels.MatchEqual, l.Name, l.Value))
	})
	set := q.Select(ctx, false, nil, matchers...)
	var it chunkenc.Iterator
	for set.Next() {
		it = set.At().Iterator(it)
		if it.Seek(at) != chunkenc.ValNone && it.AtT() == at {
			return true, nil
		}
	}
	return false, set.Err()
}
