// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/embedded/check"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/testkit"
)

// recordedFor is how long a story was recorded when the engine starts.
const recordedFor = 3 * time.Hour

// TestDashboards asks the engine every question of every dashboard, about an
// afternoon of trouble that is recorded, and requires an answer.
func TestDashboards(t *testing.T) {
	t.Parallel()
	s := newStory(time.Now())
	r := newRig(t, 0)
	r.write("alerting.yml", `
slo: [{service: shop, objective: 99.9, window: 30d}, {service: web, objective: 90, window: 7d}]
`)
	r.o.testRules, r.o.Changes, r.o.ScrapeInterval = nil, nil, time.Second
	r.o.Exporter = s.exporter()
	r.o.Own = s.own(prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return r.reg.Gather() }))
	r.record(s)
	s.at.Store(0)
	r.start()

	open := map[string]string{}
	ask := func() bool {
		clear(open)
		for _, d := range testkit.Dashboards(t) {
			for _, e := range d.Expressions(t) {
				expr := d.Fill(t, e.Expr, map[string]string{"service": "shop"})
				expr = strings.TrimSuffix(expr, " or vector(0)") // there is more to show than none
				if !r.answers(expr, e.Instant) {
					open[e.Where] = expr
				}
			}
		}
		return len(open) == 0
	}
	// Rates of what the engine counts of itself need two scrapes.
	for deadline := time.Now().Add(20 * time.Second); !ask() && time.Now().Before(deadline); {
		r.eventually(r.Ready, "the engine stopped")
	}
	require.Empty(t, open, "no data")
}

// record writes the story into the storage of an engine that does not run, with
// all that the rules make of it.
func (r *rig) record(s *story) {
	r.t.Helper()
	o := r.o
	o.Registerer = prometheus.NewRegistry()
	e, err := New(o)
	require.NoError(r.t, err)
	groups := slices.SortedFunc(maps.Values(e.pending.groups), inOrder)
	r.recordUsual(e, s.end)
	for at := s.end.Add(-recordedFor); !at.After(s.end); at = at.Add(time.Minute) {
		s.tell(at)
		app := e.prom.db.Appender(r.t.Context())
		r.scrape(app, o.Exporter, schema.JobExporter, at)
		r.scrape(app, s.own(prometheus.NewRegistry()), check.JobOwn, at)
		require.NoError(r.t, app.Commit())
		for _, g := range groups {
			if at.Equal(at.Truncate(g.Interval())) {
				rules.DefaultEvalIterationFunc(r.t.Context(), g, at)
			}
		}
	}
	require.NoError(r.t, e.Close())
}

// recordUsual writes how fast a node was at the same hour of the last days.
func (r *rig) recordUsual(e *Engine, end time.Time) {
	r.t.Helper()
	series := labels.FromStrings(model.MetricNameLabel, schema.NodeMedian, schema.Service, "shop", schema.Node, "api")
	app := e.prom.db.Appender(r.t.Context())
	for day := 7; day > 0; day-- {
		for minute := -60; minute <= 60; minute += 5 {
			at := end.AddDate(0, 0, -day).Add(time.Duration(minute) * time.Minute)
			_, err := app.Append(0, series, at.UnixMilli(), 0.1+float64(day)/1000)
			require.NoError(r.t, err)
		}
	}
	require.NoError(r.t, app.Commit())
}

// scrape appends what the handler serves, as a scrape at this time.
func (r *rig) scrape(app storage.Appender, h http.Handler, job string, at time.Time) {
	r.t.Helper()
	req := httptest.NewRequestWithContext(r.t.Context(), http.MethodGet, "/metrics", http.NoBody)
	req.Header.Set("Accept", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited")
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, req)
	require.Equal(r.t, http.StatusOK, answer.Code, answer.Body)
	ls := labels.NewBuilder(labels.FromStrings(model.MetricNameLabel, schema.Up))
	ls.Set(schema.Job, job).Set(schema.Instance, instance)
	_, err := app.Append(0, ls.Labels(), at.UnixMilli(), 1)
	require.NoError(r.t, err)
	p, err := textparse.New(answer.Body.Bytes(), answer.Header().Get("Content-Type"), labels.NewSymbolTable(), textparse.ParserOptions{})
	require.NoError(r.t, err)
	for {
		entry, err := p.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(r.t, err)
		if entry != textparse.EntrySeries && entry != textparse.EntryHistogram {
			continue
		}
		var series labels.Labels
		p.Labels(&series)
		ls.Reset(series)
		ls.Set(schema.Job, job).Set(schema.Instance, instance)
		if entry == textparse.EntryHistogram {
			_, _, h, fh := p.Histogram()
			_, err = app.AppendHistogram(0, ls.Labels(), at.UnixMilli(), h, fh)
		} else {
			_, _, v := p.Series()
			_, err = app.Append(0, ls.Labels(), at.UnixMilli(), v)
		}
		require.NoError(r.t, err)
	}
}

// answers tells whether there is a number in the answer to an expression: now, or
// at any minute that is recorded.
func (r *rig) answers(expr string, instant bool) bool {
	r.t.Helper()
	now := time.Now()
	path, values := "query", url.Values{"query": {expr}}
	if !instant {
		path = "query_range"
		values.Set("start", strconv.FormatInt(now.Add(-recordedFor).Unix(), 10))
		values.Set("end", strconv.FormatInt(now.Unix(), 10))
		values.Set("step", "60")
	}
	code, body := r.call(http.MethodGet, "/prometheus/api/v1/"+path+"?"+values.Encode(), "")
	require.Equal(r.t, http.StatusOK, code, "%s: %s", expr, body)
	var answer struct {
		Data struct {
			Result []struct {
				Value      [2]any
				Values     [][2]any
				Histogram  []any
				Histograms []any
			}
		}
	}
	require.NoError(r.t, json.Unmarshal([]byte(body), &answer), body)
	for _, s := range answer.Data.Result {
		if len(s.Histogram)+len(s.Histograms) > 0 {
			return true
		}
		for _, v := range append(s.Values, s.Value) {
			if text, ok := v[1].(string); ok && text != "NaN" {
				return true
			}
		}
	}
	return false
}
