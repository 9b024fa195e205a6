// SPDX-License-Identifier: Apache-2.0

package prom_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/prom"
)

func component(service, node, expr string) prom.Component {
	return prom.Component{
		ID: status.NodeID{Service: service, Node: node}, Expr: expr, ServiceLabel: "Group of " + service,
		Layout: statuspage.NodeLayout{Label: "Label of " + node, Labels: map[string]string{"team": "shop"}},
		Judge:  status.FromSeverity,
	}
}

func value(v string) string { return vectorOf(`{"metric":{},"value":[1,"` + v + `"]}`) }

func TestComponentValues(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer string
		want   status.Status
		known  bool // the value is
	}{
		"a sample":        {value("2"), status.Sick, true},
		"a scalar":        {`{"resultType":"scalar","result":[1,"3"]}`, status.Dead, true},
		"not a number":    {value("NaN"), status.Unknown, false},
		"infinite":        {value("+Inf"), status.Unknown, false},
		"nothing":         {vectorOf(), status.Unknown, false},
		"several":         {vectorOf(`{"metric":{"a":"1"},"value":[1,"0"]}`, `{"metric":{"a":"2"},"value":[1,"0"]}`), status.Unknown, false},
		"of another kind": {`{"resultType":"string","result":[1,"0"]}`, status.Unknown, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop := component("shop", "checkout", "errors")
			r, err := sourceOf(t, &recorder{answers: map[string]string{"errors": c.answer}}, nil, shop).Current(t.Context())
			require.NoError(t, err)
			require.Equal(t, c.want, r.Nodes[shop.ID])
			require.Equal(t, c.want, r.Services["shop"])
			require.Equal(t, c.want, r.Overall, "there is nothing else")
			require.Contains(t, r.Nodes, shop.ID)
			_, known := r.Values[shop.ID]
			require.Equal(t, c.known, known)
			require.Equal(t, c.known, !r.Newest.IsZero(), "where nothing is recorded, its answer is the data")
		})
	}
}

func TestComponentsBesideNodes(t *testing.T) {
	t.Parallel()
	f := &recorder{answers: map[string]string{
		severities: vectorOf(`{"metric":{"__name__":"pharos:status:severity"},"value":[1,"0"]}`,
			`{"metric":{"__name__":"service:pharos_status:severity","service":"web"},"value":[1,"0"]}`,
			`{"metric":{"__name__":"node:pharos_status:severity","service":"web","node":"api"},"value":[1,"0"]}`),
		layout:     vectorOf(`{"metric":{"service":"web","node":"api","service_label":"Web"},"value":[1,"1"]}`),
		newestRule: value("946684799"),
		"bad":      value("3"), "good": value("0"),
	}}
	api := component("web", "api", "bad")
	r, err := sourceOf(t, f, nil, component("web", "orders", "bad"), api, component("shop", "checkout", "good")).Current(t.Context())
	require.NoError(t, err)
	require.Equal(t, status.Healthy, r.Nodes[api.ID], "a node goes before a component")
	require.Equal(t, map[string]status.Status{"web": status.Dead, "shop": status.Healthy}, r.Services)
	require.Equal(t, status.Dead, r.Overall)
	require.Equal(t, time.Unix(946684799, 0).UTC(), r.Newest, "that of the exporter still counts")
	labels := map[string]string{"team": "shop"}
	require.Equal(t, []statuspage.ServiceLayout{
		{ID: "web", Label: "Web", Nodes: []statuspage.NodeLayout{{ID: "api"}, {ID: "orders", Label: "Label of orders", Mode: "promql", Labels: labels}}},
		{ID: "shop", Label: "Group of shop", Nodes: []statuspage.NodeLayout{{ID: "checkout", Label: "Label of checkout", Mode: "promql", Labels: labels}}},
	}, r.Layout.Services)
}

// TestRefusedExpression: what is wrong with one expression is said once, and takes
// nothing else away.
func TestRefusedExpression(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	f := &recorder{refuses: map[string]string{"errors": "execution"}, answers: map[string]string{"good": value("0")}}
	s := sourceOf(t, f, slog.New(slog.NewTextHandler(&log, nil)), component("shop", "checkout", "errors"), component("shop", "cart", "good"))
	for range 2 {
		r, err := s.Current(t.Context())
		require.NoError(t, err)
		require.Equal(t, status.Unknown, r.Nodes[status.NodeID{Service: "shop", Node: "checkout"}])
		require.Equal(t, status.Healthy, r.Nodes[status.NodeID{Service: "shop", Node: "cart"}])
	}
	require.Equal(t, 1, strings.Count(log.String(), "does not evaluate"), log.String())
	delete(f.answers, "good")
	_, err := s.Days(t.Context(), time.Now().UTC().Truncate(dayLength), time.Now().UTC().Truncate(dayLength))
	require.NoError(t, err)

	f.refuses["errors"] = "canceled"
	_, err = s.Days(t.Context(), time.Now().UTC().Truncate(dayLength), time.Now().UTC().Truncate(dayLength))
	require.ErrorContains(t, err, "component shop:checkout", "Prometheus stops")
}

// TestSlowExpression: one to which there is no answer in time takes nothing else away.
func TestSlowExpression(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &recorder{answers: map[string]string{"good": value("0")}, takes: map[string]time.Duration{"slow": time.Hour, "fifty": 50 * time.Millisecond}}
		all := []prom.Component{component("shop", "slow", "slow"), component("shop", "good", "good")}
		for i := range 1000 {
			all = append(all, component("many", strconv.Itoa(i), "fifty"))
		}
		r, err := sourceOf(t, f, nil, all...).Current(t.Context())
		require.NoError(t, err)
		require.Equal(t, status.Unknown, r.Nodes[all[0].ID])
		require.Equal(t, status.Healthy, r.Nodes[all[1].ID])
		require.Len(t, r.Nodes, 1002)
		require.Less(t, time.Since(start), 6*time.Second)
		first := strings.Fields(f.asked[0])[0]
		require.NotEqual(t, "slow", first, "the page's own queries are asked first")

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		f.takes = map[string]time.Duration{severities: time.Hour}
		_, err = sourceOf(t, f, nil, all[1]).Current(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded, "there is no page without its own answers")
	})
}

// TestUnanswered: an answer that says no is one expression's, one that can't be had is
// everybody's.
func TestUnanswered(t *testing.T) {
	t.Parallel()
	shop := component("shop", "checkout", "errors")
	for _, kind := range []string{"timeout", "server_error", "execution"} {
		s := sourceOf(t, &recorder{refuses: map[string]string{"errors": kind}}, nil, shop)
		r, err := s.Current(t.Context())
		require.NoError(t, err, kind)
		require.Equal(t, status.Unknown, r.Nodes[shop.ID])
		_, err = s.Days(t.Context(), start, start)
		require.NoError(t, err, kind)
	}
	f := &recorder{fails: map[string]error{"errors": &net.OpError{Op: "dial", Err: errors.New("connection refused")}}}
	_, err := sourceOf(t, f, nil, shop).Current(t.Context())
	require.ErrorContains(t, err, "connection refused")
}

// TestVanished: what has had no sample for a day is not observed, however many days
// are asked for.
func TestVanished(t *testing.T) {
	t.Parallel()
	vanished := start.AddDate(0, 0, -5).Add(12 * time.Hour)
	var at []float64
	for p := start.AddDate(0, 0, -9); p.Before(vanished); p = p.Add(5 * time.Minute) {
		at = append(at, float64(p.Unix()))
	}
	f := &recorder{answers: map[string]string{"a": `{"resultType":"matrix","result":[` + series("", "0", at...) + `]}`}}
	synctest.Test(t, func(t *testing.T) {
		shop := component("shop", "a", "a")
		s := sourceOf(t, f, nil, shop)
		whole, err := s.Days(t.Context(), start.AddDate(0, 0, -8), start)
		require.NoError(t, err)
		for n := -8; n < 0; n++ {
			day := start.AddDate(0, 0, n)
			one, err := s.Days(t.Context(), day, day)
			require.NoError(t, err)
			require.Equal(t, one.Nodes[shop.ID][day], whole.Nodes[shop.ID][day], n)
		}
		require.Equal(t, statuspage.Minutes{status.Unknown: 710}, whole.Nodes[shop.ID][start.AddDate(0, 0, -4)], "its last sample was at 11:55")
		require.Zero(t, whole.Nodes[shop.ID][start.AddDate(0, 0, -3)].Observed())
	})
}

// TestComponentMinutes: a point stands for the five minutes before it, in maintenance
// if that is declared; what is recorded of services becomes as bad as the worst that is
// known.
func TestComponentMinutes(t *testing.T) {
	t.Parallel()
	at := func(minutes ...float64) []float64 {
		for i := range minutes {
			minutes[i] = float64(start.Unix()) + 60*minutes[i]
		}
		return minutes
	}
	matrix := func(all ...string) string { return `{"resultType":"matrix","result":[` + samples(all...) + `]}` }
	f := &recorder{answers: map[string]string{
		"a": matrix(series("", "0", at(5, 10, 15, 20)...), series("", "3", at(25)...)),
		"b": matrix(series("", "2", at(10)...)),
		`max by (node) (pharos_maintenance_active{service="shop"}) == 1`: matrix(series(`"node":"a"`, "1", at(20)...)),
		`max by (state) (sum_over_time(service:pharos_up:tick{service="shop"}[300000ms] offset 1ms))`: matrix(
			series(`"state":"dead"`, "3", at(15)...), series(`"state":"healthy"`, "2", at(15)...), series(`"state":"healthy"`, "5", at(20, 25)...)),
		thisHour:  vectorOf(`{"metric":{"service":"shop","state":"dead"},"value":[1,"3"]}`, `{"metric":{"service":"shop","state":"healthy"},"value":[1,"12"]}`),
		ticksOf4m: vectorOf(`{"metric":{"service":"shop","state":"healthy"},"value":[1,"1"]}`),
	}}
	synctest.Test(t, func(t *testing.T) {
		s := sourceOf(t, f, nil, component("shop", "a", "a"), component("shop", "b", "b"))
		time.Sleep(33 * time.Minute)
		days, err := s.Days(t.Context(), start, start)
		require.NoError(t, err)
		node := func(id string) statuspage.Minutes { return days.Nodes[status.NodeID{Service: "shop", Node: id}][start] }
		require.Equal(t, statuspage.Minutes{status.Healthy: 15, status.Dead: 5, statuspage.InMaintenance: 5, status.Unknown: 5}, node("a"))
		require.Equal(t, statuspage.Minutes{status.Sick: 5, status.Unknown: 20}, node("b"), "before its first sample it was not observed")
		require.Equal(t, statuspage.Minutes{status.Healthy: 12, status.Sick: 5, status.Dead: 8, status.Unknown: 5}, days.Services["shop"][start],
			"a and b alone make 15 minutes, then 3 dead ones remain, and a kills 5")

		spent, err := s.Spent(t.Context(), start.Add(7*time.Minute), start.Add(11*time.Minute))
		require.NoError(t, err)
		require.Equal(t, statuspage.Minutes{status.Healthy: 4}, spent.Nodes[status.NodeID{Service: "shop", Node: "a"}][start])
		require.Equal(t, statuspage.Minutes{status.Sick: 3, status.Healthy: 1}, spent.Services["shop"][start])
	})
}

func TestLongRangesAreCut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &recorder{}
		time.Sleep(2 * time.Hour)
		_, err := sourceOf(t, f, nil, component("shop", "a", "a")).Days(t.Context(), start.AddDate(0, 0, -89), start)
		require.NoError(t, err)
		var pieces []string
		for _, q := range f.questions() {
			if strings.HasPrefix(q, "a @") {
				pieces = append(pieces, q)
			}
		}
		require.Equal(t, []string{
			"a @ 01-01 00:10:00.000 to 01-01 02:00:00.000 by 300", "a @ 10-03 00:10:00.000 to 11-02 00:05:00.000 by 300",
			"a @ 11-02 00:10:00.000 to 12-02 00:05:00.000 by 300", "a @ 12-02 00:10:00.000 to 01-01 00:05:00.000 by 300",
		}, pieces)
	})
}

func TestNewRefusesComponents(t *testing.T) {
	t.Parallel()
	c := component("shop", "a", "")
	_, err := prom.New(prom.Options{URL: "http://a", Logger: slog.New(slog.DiscardHandler), Components: []prom.Component{c}})
	require.EqualError(t, err, `prom: component "shop:a": ID, Expr and Judge are required`)
}
