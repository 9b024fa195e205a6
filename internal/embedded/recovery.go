// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/notifier"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/pharos-status/pharos/internal/schema"
)

// Series in which Prometheus keeps its alerts.
const (
	forStateSeries = "ALERTS_FOR_STATE"
	alertState     = "alertstate"
)

// scrapeGrace is how long the users' rules wait, at most, for the first scrape
// of each target before their alerts count as known.
const scrapeGrace = 2 * time.Minute

// A recovery makes good what the end of the process before this one has left,
// however it ended: series that nobody writes any more look alive for as long
// as queries look back, and alerts that cleared meanwhile were never resolved,
// because alerts live in memory. The driver asks it after each evaluation until
// every group has been evaluated on all there is.
type recovery struct {
	p        *prom
	began    int64 // ms; what this process writes is not older
	deadline time.Time
	fed      bool
	done     map[string]bool // names of rules that are dealt with
}

func newRecovery(p *prom) *recovery {
	return &recovery{p: p, deadline: p.started.Add(scrapeGrace), done: map[string]bool{}}
}

// settle takes the groups that were just evaluated back to where they were
// before the restart.
func (d *driver) settle(ctx context.Context, evaluated []*entry, at time.Time) {
	r := d.recover
	if r == nil {
		return
	}
	if r.began == 0 {
		r.began = at.UnixMilli()
	}
	if d.feed.source != nil && !r.fed {
		r.fed = true
		d.report(r.endSeries(ctx, at, r.exporterSeries(d.feed.instance), func(string) bool { return true }))
	}
	var back []*entry
	for _, e := range evaluated {
		if !e.settled && r.complete(e.group) {
			e.group.RestoreForState(at)
			e.settled = true
			back = append(back, e)
		}
	}
	if len(back) > 0 { // alerts are written from now on
		at = d.stamp(time.Now(), false)
		d.await(ctx, at)
		d.evaluate(ctx, back, at, true)
		d.report(r.endRules(ctx, at, d.entries))
	}
	if !slices.ContainsFunc(d.entries, func(e *entry) bool { return !e.settled }) {
		d.recover = nil
	}
}

func (d *driver) report(err error) {
	if err != nil {
		d.log.Error("Series from before the restart not ended", "err", err)
	}
}

// complete tells whether the data that the group reads is there. Bundled groups
// read what the first changes brought; others may read any target.
func (r *recovery) complete(g *rules.Group) bool {
	return (isBundled(g) && r.fed) || r.scraped() || time.Now().After(r.deadline)
}

// scraped tells whether each target has been scraped once.
func (r *recovery) scraped() bool {
	pools := r.p.scrape.TargetsActive()
	for _, targets := range pools {
		for _, t := range targets {
			if t.LastScrape().IsZero() {
				return false
			}
		}
	}
	return len(pools[schema.JobExporter]) > 0
}

// exporterSeries selects what a first batch of changes replaces.
func (r *recovery) exporterSeries(instance string) []*labels.Matcher {
	return []*labels.Matcher{
		oneOf(model.MetricNameLabel, inBatches()),
		labels.MustNewMatcher(labels.MatchEqual, model.JobLabel, schema.JobExporter),
		labels.MustNewMatcher(labels.MatchEqual, model.InstanceLabel, instance),
	}
}

// endRules ends the results of rules all of whose groups have settled, and of
// alerting rules that are no more.
func (r *recovery) endRules(ctx context.Context, at time.Time, entries []*entry) error {
	settled := map[string]bool{}
	for _, e := range entries {
		for _, rule := range e.group.Rules() {
			was, known := settled[rule.Name()]
			settled[rule.Name()] = e.settled && (was || !known)
		}
	}
	var names []string
	for name, ok := range settled {
		if ok && !r.done[name] {
			r.done[name] = true
			names = append(names, name)
		}
	}
	alerts := func(name string) bool {
		ok, known := settled[name]
		return ok || !known
	}
	if err := r.endSeries(ctx, at, []*labels.Matcher{oneOf(model.MetricNameLabel, names)}, alerts); err != nil {
		return err
	}
	return r.endSeries(ctx, at, []*labels.Matcher{oneOf(model.MetricNameLabel, []string{schema.Alerts, forStateSeries})}, alerts)
}

// endSeries writes a stale marker to each matching series that nobody has
// written since the restart, and resolves the alerts among them; of alerts only
// those with a wanted name.
func (r *recovery) endSeries(ctx context.Context, at time.Time, matchers []*labels.Matcher, wanted func(alert string) bool) error {
	if r.p.lastSeen == 0 {
		return nil // nothing was before
	}
	from := min(r.p.lastSeen, r.began) - lookback.Milliseconds()
	q, err := r.p.db.Querier(from, at.UnixMilli())
	if err != nil {
		return fmt.Errorf("read series: %w", err)
	}
	defer q.Close() //nolint:errcheck // only read
	var ended []point
	set := q.Select(ctx, false, nil, matchers...)
	for set.Next() {
		s := set.At()
		if !r.left(s) || !wanted(s.Labels().Get(labels.AlertName)) {
			continue
		}
		ended = append(ended, point{s.Labels(), math.Float64frombits(value.StaleNaN)})
		if s.Labels().Get(model.MetricNameLabel) == schema.Alerts && s.Labels().Get(alertState) == "firing" {
			r.p.resolve(s.Labels().MatchLabels(false, model.MetricNameLabel, alertState), labels.EmptyLabels(), time.Time{})
		}
	}
	if err := set.Err(); err != nil {
		return fmt.Errorf("read series: %w", err)
	}
	return write(ctx, r.p.db, at, ended)
}

// left tells whether the series was alive when the process before this one
// ended, and has not been written since.
func (r *recovery) left(s storage.Series) bool {
	var newest int64
	alive := false
	it := s.Iterator(nil)
	for kind := it.Next(); kind != chunkenc.ValNone; kind = it.Next() {
		alive = true
		if kind == chunkenc.ValFloat {
			_, v := it.At()
			alive = !value.IsStaleNaN(v)
		}
		newest = it.AtT()
	}
	return alive && newest < r.began
}

// oneOf matches a label that is one of the values; none if there is no value.
func oneOf(name string, values []string) *labels.Matcher {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = regexp.QuoteMeta(v)
	}
	pattern := strings.Join(quoted, "|")
	if pattern == "" {
		pattern = "[^\\s\\S]"
	}
	return labels.MustNewMatcher(labels.MatchRegexp, name, pattern)
}

// resolve tells Alertmanager that an alert is over. For one of an earlier process
// the annotations are lost; Alertmanager notifies of it only if its log says
// that it had notified of its firing.
func (p *prom) resolve(ls, annotations labels.Labels, since time.Time) {
	now := time.Now()
	if since.IsZero() {
		since = now.Add(-time.Millisecond)
	}
	p.notifier.Send(&notifier.Alert{
		Labels: ls, Annotations: annotations, StartsAt: since, EndsAt: now, GeneratorURL: p.url.String(),
	})
}
