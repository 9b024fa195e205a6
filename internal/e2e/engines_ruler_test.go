// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	prometheusrules "github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"
)

// tick is the interval of groups that name none.
const tick = 15 * time.Second

// A ruler evaluates the rules over an engine, in the order in which pharos does:
// Prometheus' own groups, whose queries the engine answers and whose results it is
// given. Those are written when the next query reads one of them, or at the end
// of the moment.
type ruler struct {
	engine  engine
	parser  parser.Parser
	groups  []*prometheusrules.Group
	always  bool                       // every group is due, whatever its interval
	reads   map[string]map[string]bool // by expression: the names of the series in it
	consts  map[string]promql.Vector   // by expression: what does not depend on anything
	pending []sample
	fresh   map[string]bool   // the names of what is pending
	newest  map[uint64]sample // of each series, by its hash
	results map[string]float64
	errs    []error
}

// newRuler takes the rule files of a folder, those for native histograms only if
// the engine knows them.
func newRuler(e engine, dir string, native bool) (*ruler, error) {
	r := &ruler{
		engine: e, parser: parser.NewParser(parser.Options{}), reads: map[string]map[string]bool{},
		consts: map[string]promql.Vector{},
		fresh:  map[string]bool{}, newest: map[uint64]sample{},
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.rules.yml"))
	if err != nil {
		return nil, err
	}
	if !native {
		files = slices.DeleteFunc(files, isNative)
	}
	manager := prometheusrules.NewManager(&prometheusrules.ManagerOptions{
		NameValidationScheme: model.UTF8Validation, Parser: r.parser, Logger: promslog.NewNopLogger(), Context: context.Background(),
		QueryFunc: r.query, Appendable: r, ExternalURL: &url.URL{},
		NotifyFunc: func(context.Context, string, ...*prometheusrules.Alert) {},
	})
	groups, errs := manager.LoadGroups(tick, labels.EmptyLabels(), "", nil, false, files...)
	r.groups = slices.SortedFunc(maps.Values(groups), func(a, b *prometheusrules.Group) int {
		return cmp.Or(cmp.Compare(a.File(), b.File()), cmp.Compare(a.Name(), b.Name()))
	})
	for _, g := range r.groups {
		for _, rule := range g.AlertingRules() {
			rule.SetRestored(true) // else it records nothing
		}
	}
	return r, errors.Join(errs...)
}

// isNative tells whether a rule file needs native histograms.
func isNative(file string) bool { return strings.HasSuffix(file, "-native.rules.yml") }

// evaluate evaluates the groups that are due, and returns what they recorded: the
// values by series, NaN for those that ended. A group without an interval of its
// own is always due, others at whole multiples of theirs.
func (r *ruler) evaluate(ctx context.Context, at time.Time) (map[string]float64, error) {
	r.results = map[string]float64{}
	for _, g := range r.groups {
		if !r.always && g.Interval() > tick && at.UnixNano()%int64(g.Interval()) != 0 {
			continue
		}
		g.Eval(ctx, at)
		for _, rule := range g.Rules() {
			if err := rule.LastError(); err != nil && !errors.Is(err, storage.ErrDuplicateSampleForTimestamp) {
				r.errs = append(r.errs, fmt.Errorf("%s of %s: %w", rule.Name(), filepath.Base(g.File()), err))
			}
		}
	}
	err := errors.Join(append(r.errs, r.flush(ctx))...)
	r.errs = nil
	return r.results, err
}

// query implements [prometheusrules.QueryFunc].
func (r *ruler) query(ctx context.Context, expr string, at time.Time) (promql.Vector, error) {
	names, ok := r.reads[expr]
	if !ok {
		tree, err := r.parser.ParseExpr(expr)
		if err != nil {
			return nil, err
		}
		names = map[string]bool{}
		for _, matchers := range parser.ExtractSelectors(tree) {
			for _, m := range matchers {
				if m.Name == model.MetricNameLabel {
					names[m.Value] = m.Type == labels.MatchEqual
				}
			}
		}
		r.reads[expr] = names
	}
	for name, whole := range names {
		if !whole || r.fresh[name] {
			if err := r.flush(ctx); err != nil {
				return nil, err
			}
			break
		}
	}
	if number, ok := strings.CutPrefix(strings.TrimSuffix(expr, ")"), "vector("); !ok || strings.Trim(number, "0123456789.") != "" {
		return r.engine.query(ctx, expr, at)
	}
	return r.constant(ctx, expr, at)
}

// constant asks the engine once: constants are a fifth of all rules.
func (r *ruler) constant(ctx context.Context, expr string, at time.Time) (promql.Vector, error) {
	if _, ok := r.consts[expr]; !ok {
		answer, err := r.engine.query(ctx, expr, at)
		if err != nil {
			return nil, err
		}
		r.consts[expr] = answer
	}
	answer := slices.Clone(r.consts[expr])
	for i := range answer {
		answer[i].T = at.UnixMilli()
	}
	return answer, nil
}

func (r *ruler) flush(ctx context.Context) error {
	if len(r.pending) == 0 {
		return nil
	}
	err := r.engine.write(ctx, r.pending)
	r.pending = nil
	clear(r.fresh)
	return err
}

// Appender implements [storage.Appendable].
func (r *ruler) Appender(context.Context) storage.Appender { return &transaction{ruler: r} }

// A transaction takes the results of one rule.
type transaction struct {
	storage.Appender // of which rules call nothing but what is below

	ruler *ruler
}

func (a *transaction) SetOptions(*storage.AppendOptions) {}
func (a *transaction) Commit() error                     { return nil }
func (a *transaction) Rollback() error                   { return nil }

// Append takes one value for each series and moment, the first, as every storage does.
func (a *transaction) Append(_ storage.SeriesRef, l labels.Labels, at int64, v float64) (storage.SeriesRef, error) {
	r, hash := a.ruler, l.Hash()
	if last, ok := r.newest[hash]; ok && last.at >= at {
		return 0, storage.ErrDuplicateSampleForTimestamp
	}
	r.newest[hash] = sample{l, at, v}
	name := l.Get(model.MetricNameLabel)
	r.fresh[name] = true
	r.pending = append(r.pending, r.newest[hash])
	if name == "ALERTS_FOR_STATE" {
		return 0, nil // holds times that depend on nothing but ALERTS
	}
	if value.IsStaleNaN(v) {
		v = math.NaN()
	}
	r.results[name+l.MatchLabels(false, model.MetricNameLabel).String()] = v
	return 0, nil
}

// differs tells whether two results of one series are not the same, but for
// rounding.
func differs(a, b float64) bool {
	if math.IsNaN(a) || math.IsNaN(b) {
		return math.IsNaN(a) != math.IsNaN(b)
	}
	return math.Abs(a-b) > 1e-9*max(1, math.Abs(a), math.Abs(b))
}

// nameOf returns the name of a series; of an alert with its state.
func nameOf(series string) string {
	name, rest, _ := strings.Cut(series, "{")
	if name != "ALERTS" {
		return name
	}
	_, alert, _ := strings.Cut(rest, `alertname="`)
	alert, _, _ = strings.Cut(alert, `"`)
	return "ALERTS " + alert
}
