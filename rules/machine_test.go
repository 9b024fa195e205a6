// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/storage"
	"github.com/stretchr/testify/require"
)

// A machine evaluates rules over a storage, as Prometheus does.
type machine struct {
	storage interface {
		storage.Queryable
		storage.Appendable
	}
	engine  *promql.Engine
	written map[string]map[string]labels.Labels // by rule: what its last evaluation recorded
}

// newMachine returns a machine over series in the notation of promqltest, with a
// sample every 15 s.
func newMachine(t testing.TB, series string) *machine {
	t.Helper()
	return &machine{
		storage: promqltest.LoadedStorage(t, "load 15s\n"+series),
		engine:  promqltest.NewTestEngine(t, false, 5*time.Minute, 200_000_000),
		written: map[string]map[string]labels.Labels{},
	}
}

// query returns what the expression is at a time.
func (m *machine) query(t testing.TB, expr string, at time.Time) promql.Vector {
	t.Helper()
	query, err := m.engine.NewInstantQuery(context.Background(), m.storage, promql.NewPrometheusQueryOpts(false, 0), expr, at)
	require.NoError(t, err, expr)
	defer query.Close()
	result, err := query.Exec(context.Background()).Vector()
	require.NoError(t, err, expr)
	return append(promql.Vector(nil), result...) // closing takes it back
}

// evaluate evaluates a recording rule, writes the result, and ends the series that
// the evaluation before had and this one has not.
func (m *machine) evaluate(t testing.TB, rule rulefmt.Rule, at time.Time) promql.Vector {
	t.Helper()
	result := m.query(t, rule.Expr, at)
	key := fmt.Sprint(rule.Record, rule.Labels, rule.Expr)
	before, now := m.written[key], map[string]labels.Labels{}
	app := m.storage.Appender(context.Background())
	for _, s := range result {
		ls := recorded(rule, s.Metric)
		now[ls.String()] = ls
		var err error
		if s.H != nil {
			_, err = app.AppendHistogram(0, ls, at.UnixMilli(), nil, s.H)
		} else {
			_, err = app.Append(0, ls, at.UnixMilli(), s.F)
		}
		require.NoError(t, err, ls)
	}
	for id, ls := range before {
		if _, still := now[id]; !still {
			_, err := app.Append(0, ls, at.UnixMilli(), math.Float64frombits(value.StaleNaN))
			require.NoError(t, err, ls)
		}
	}
	require.NoError(t, app.Commit())
	m.written[key] = now
	return result
}

// recorded returns the labels under which a recording rule writes a result.
func recorded(rule rulefmt.Rule, result labels.Labels) labels.Labels {
	lb := labels.NewBuilder(result).Set(model.MetricNameLabel, rule.Record)
	for name, v := range rule.Labels {
		lb.Set(name, v)
	}
	return lb.Labels()
}
