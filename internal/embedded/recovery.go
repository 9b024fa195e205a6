// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/pharos-status/pharos/internal/embedded/check"
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
// because alerts live in memory. The driver asks it at each evaluation until
// every group has been evaluated on all there is.
type recovery struct {
	p        *prom
	reach    time.Duration // how far back resolved alerts may not have been told of
	began    int64         // ms; what this process writes of now is not older
	prepared bool
	deadline time.Time
	fed      bool
	scraped  time.Time       // when each target was first known to be scraped
	swept    bool            // no series of our scrape jobs is left over
	done     map[string]bool // names of rules that are dealt with
	told     map[uint64]bool // hashes of alerts that were resolved
}

func newRecovery(p *prom) *recovery {
	return &recovery{
		p: p, reach: minReach, began: p.started.UnixMilli(), deadline: p.started.Add(scrapeGrace),
		done: map[string]bool{}, told: map[uint64]bool{},
	}
}

// prepare ends, before anything is evaluated, the series that the first batch of
// changes replaces, and all that our scrape jobs have under another address:
// else the place where this exporter was before would be a second opinion.
func (r *recovery) prepare(ctx context.Context, at time.Time, f *feed) error {
	r.prepared, r.fed = true, f.source != nil
	instance := func(kind labels.MatchType) *labels.Matcher {
		return labels.MustNewMatcher(kind, model.InstanceLabel, f.instance)
	}
	err := r.endSeries(ctx, at, append(scrapedByUs(), instance(labels.MatchNotEqual)), all)
	if r.fed {
		replaced := append(scrapedByUs(), instance(labels.MatchEqual), oneOf(model.MetricNameLabel, inBatches()))
		err = errors.Join(err, r.endSeries(ctx, at, replaced, all))
	}
	return err
}

// scrapedByUs selects the series of the jobs that are no one else's.
func scrapedByUs() []*labels.Matcher {
	return []*labels.Matcher{
		oneOf(model.JobLabel, []string{schema.JobExporter, check.JobOwn}),
		// Alerts may be labelled with what they speak of.
		labels.MustNewMatcher(labels.MatchNotRegexp, model.MetricNameLabel, schema.Alerts+"|"+forStateSeries),
	}
}

func all(labels.Labels) bool { return true }

// settle takes the groups that were just evaluated back to where they were
// before the restart.
func (d *driver) settle(ctx context.Context, evaluated []turn, at time.Time) {
	r := d.recover
	if r == nil {
		return
	}
	settled := false
	var alerting []turn
	for _, t := range evaluated {
		if t.settled || !r.complete(t.group) {
			continue
		}
		settled, t.settled = true, true
		if len(t.group.AlertingRules()) > 0 {
			t.group.RestoreForState(t.at)
			alerting = append(alerting, t)
		}
	}
	if settled {
		if len(alerting) > 0 { // alerts are written from now on
			at = d.stamp(time.Now(), false)
			d.await(ctx, at)
			d.again(ctx, alerting, at)
		}
		d.report(r.endRules(ctx, at, d.entries))
	}
	d.report(r.sweep(ctx, at, d.tick))
	if r.swept && !slices.ContainsFunc(d.entries, func(e *entry) bool { return !e.settled }) {
		d.recover = nil
	}
}

// again evaluates the groups once more, at the time or as of the same slot, and
// writes what is new.
func (d *driver) again(ctx context.Context, turns []turn, at time.Time) {
	for i := range turns {
		turns[i].sparsely = true
		if !d.slotted(turns[i].entry) {
			turns[i].at = at
		}
	}
	d.evaluate(ctx, turns)
}

// sweep ends what is left over of our scrape jobs. A scrape is reported shortly
// before its samples can be read, so it waits for a tick more.
func (r *recovery) sweep(ctx context.Context, at time.Time, tick time.Duration) error {
	if r.swept || !r.allScraped() && time.Now().Before(r.deadline) {
		return nil
	}
	if r.scraped.IsZero() {
		r.scraped = at
	}
	if at.Sub(r.scraped) < tick {
		return nil
	}
	r.swept = true
	return r.endSeries(ctx, at, scrapedByUs(), all)
}

func (d *driver) report(err error) {
	if err != nil {
		d.log.Error("Series from before the restart not ended", "err", err)
	}
}

// complete tells whether the data that the group reads is there. Bundled groups
// read what the first changes brought; others may read any target.
func (r *recovery) complete(g *rules.Group) bool {
	return (isBundled(g) && r.fed) || r.allScraped() || time.Now().After(r.deadline)
}

// allScraped tells whether each target has been scraped once.
func (r *recovery) allScraped() bool {
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
	of := func(ls labels.Labels) bool {
		ok, known := settled[ls.Get(labels.AlertName)]
		return ok || !known
	}
	return errors.Join(
		r.resolveAlerts(ctx, at, entries, of), // before their series end here
		r.endSeries(ctx, at, []*labels.Matcher{oneOf(model.MetricNameLabel, names)}, all),
		r.endSeries(ctx, at, []*labels.Matcher{oneOf(model.MetricNameLabel, []string{schema.Alerts, forStateSeries})}, of),
	)
}

// endSeries writes a stale marker to each matching and wanted series that nobody
// has written since the restart.
func (r *recovery) endSeries(ctx context.Context, at time.Time, matchers []*labels.Matcher, wanted func(labels.Labels) bool) error {
	var ended []point
	err := r.before(ctx, at, 0, matchers, func(ls labels.Labels, s span) {
		if s.alive && wanted(ls) {
			ended = append(ended, point{ls, math.Float64frombits(value.StaleNaN)})
		}
	})
	return errors.Join(err, write(ctx, r.p.db, at, ended))
}

// before visits the series that match, were alive when the process before this
// one ended, or not longer than reach before, and have not been written since.
func (r *recovery) before(ctx context.Context, at time.Time, reach time.Duration, matchers []*labels.Matcher, visit func(labels.Labels, span)) error {
	if r.p.lastSeen == 0 {
		return nil // nothing was before
	}
	from := min(r.p.lastSeen, r.began) - (lookback + reach).Milliseconds()
	q, err := r.p.db.Querier(from, at.UnixMilli())
	if err != nil {
		return fmt.Errorf("read series: %w", err)
	}
	defer q.Close() //nolint:errcheck // only read
	set := q.Select(ctx, false, nil, matchers...)
	for set.Next() {
		if s := lastSpan(set.At()); s.to < r.began {
			visit(set.At().Labels(), s)
		}
	}
	if err := set.Err(); err != nil {
		return fmt.Errorf("read series: %w", err)
	}
	return nil
}

// A span is the last time that a series had values, in ms: from its first sample
// to the newest one, or to the stale marker that ended it.
type span struct {
	from, to int64
	alive    bool
}

func lastSpan(series storage.Series) (s span) {
	it := series.Iterator(nil)
	for kind := it.Next(); kind != chunkenc.ValNone; kind = it.Next() {
		stale := false
		if kind == chunkenc.ValFloat {
			_, v := it.At()
			stale = value.IsStaleNaN(v)
		}
		if !stale && !s.alive {
			s.from = it.AtT()
		}
		s.to, s.alive = it.AtT(), !stale
	}
	return s
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
