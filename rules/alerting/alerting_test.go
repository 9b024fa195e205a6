// SPDX-License-Identifier: Apache-2.0

package alerting_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/rules/alerting"
)

func TestEmptyFileMeansDefaults(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "# nothing\n", "uptime: {}\napdex: {}\nslo: []\nowners: []\n", "reminders:\nquiet_hours: null\n"} {
		c, err := alerting.Parse("alerting.yml", []byte(text))
		require.NoError(t, err, text)
		c.SLO, c.Owners = nil, nil
		require.Equal(t, alerting.Default(), c, text)
	}
}

func TestLoadFull(t *testing.T) {
	t.Parallel()
	c, err := alerting.Load("testdata/full.yml")
	require.NoError(t, err)
	want := &alerting.Config{
		Quorum: alerting.Any,
		Uptime: alerting.Uptime{Sick: alerting.CountDown, Unknown: alerting.CountDown, Maintenance: alerting.CountUp},
		Apdex: alerting.Apdex{Threshold: duration(300 * time.Millisecond), Overrides: []alerting.ApdexOverride{
			{Service: "web", Threshold: duration(200 * time.Millisecond)},
			{Service: "web", Node: "api", Threshold: duration(100 * time.Millisecond)},
			{Service: `Büro "Süd"`, Threshold: duration(2 * time.Second)},
		}},
		SLO: []alerting.Objective{
			{Service: "web", Objective: 99.9, Window: "30d"},
			{Service: "web", Objective: 99.95, Window: "7d"},
			{Service: "db", Objective: 99.5, Window: "90d"},
		},
		GrafanaURL: "https://grafana.example.com/graphs",
		Startup:    &alerting.Startup{Receiver: "team"},
		Watchdog:   &alerting.Watchdog{Receiver: "dead-man", Interval: duration(5 * time.Minute)},
		Reminders: &alerting.Reminders{
			Interval: duration(10 * time.Minute), Backoff: alerting.Linear, Limit: 3,
			Only: []string{"pager"}, Escalate: []string{"alice", "bob", "carol"},
		},
		Owners: []alerting.Owner{
			{Services: []string{"web", "shop.example"}, Nodes: []string{"api", "it's"}, Receivers: []string{"team-api"}, Continue: true},
			{Services: []string{"web"}, Receivers: []string{"team-web", "web-archive"}},
			{Services: []string{`Büro "Süd"`}, Receivers: []string{"team-office"}},
			{Nodes: []string{"primary"}, Receivers: []string{"team-db"}},
		},
		QuietHours: &alerting.QuietHours{
			Location: "Europe/Zurich",
			Times:    []alerting.TimeRange{{Start: "22:00", End: "07:00"}, {Start: "12:00", End: "13:00"}},
			Weekdays: []string{"monday:friday"}, Severities: []string{"warning", "info"},
		},
		Dependencies: []alerting.Dependency{
			{Part: alerting.Part{Service: "web"}, DependsOn: []alerting.Part{{Service: "db", Node: "primary"}, {Service: "network"}}},
			{Part: alerting.Part{Service: "shop.example", Node: "cart"}, DependsOn: []alerting.Part{{Service: "web"}}},
		},
	}
	require.Empty(t, cmp.Diff(want, c))
}

func duration(d time.Duration) model.Duration { return model.Duration(d) }

func TestSectionsBeginWithDefaults(t *testing.T) {
	t.Parallel()
	c, err := alerting.Parse("alerting.yml", []byte("{watchdog: {receiver: a}, reminders: {interval: 1h}, owners: [{receivers: [a]}], quiet_hours: {weekdays: [sunday]}}"))
	require.NoError(t, err)
	require.Equal(t, &alerting.Watchdog{Receiver: "a", Interval: duration(5 * time.Minute)}, c.Watchdog)
	require.Equal(t, &alerting.Reminders{Interval: duration(time.Hour), Backoff: alerting.None, Limit: 3}, c.Reminders)
	require.Equal(t, &alerting.QuietHours{Location: "UTC", Weekdays: []string{"sunday"}, Severities: []string{"warning", "info"}}, c.QuietHours)
}

func TestVariables(t *testing.T) {
	t.Setenv("PHAROS_TEST_GRAFANA", "https://grafana.example.com")
	c, err := alerting.Parse("alerting.yml", []byte(`grafana_url: ${PHAROS_TEST_GRAFANA}/x`))
	require.NoError(t, err)
	require.Equal(t, "https://grafana.example.com/x", c.GrafanaURL)
	t.Setenv("PHAROS_TEST_GRAFANA", "\xff")
	_, err = alerting.Parse("alerting.yml", []byte(`slo: [{service: "${PHAROS_TEST_GRAFANA}", objective: 99, window: 7d}]`))
	require.EqualError(t, err, `alerting.yml:1: slo[0].service: "\xff" is not valid UTF-8; mend what the variable in it holds`)
}

// Each file below testdata/bad has one mistake, or several of a kind; what is said
// of it stands beside it.
func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/bad/*.yml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yml")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := alerting.Load(file)
			require.Nil(t, c)
			require.Error(t, err)
			require.NotContains(t, err.Error(), "hunter2")
			testkit.Golden(t, "bad/"+name+".err", []byte(err.Error()+"\n"))
		})
	}
}

func TestLoadAbsentFile(t *testing.T) {
	t.Parallel()
	_, err := alerting.Load(filepath.Join(t.TempDir(), "alerting.yml"))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestDays(t *testing.T) {
	t.Parallel()
	days := func(texts ...string) string {
		all := []byte("SMTWTFS")
		for d, on := range (&alerting.QuietHours{Weekdays: texts}).Days() {
			if !on {
				all[d] = '-'
			}
		}
		return string(all)
	}
	require.Equal(t, "SMTWTFS", days())
	require.Equal(t, "-M-----", days("monday"))
	require.Equal(t, "-MTWTF-", days("Monday:friday"))
	require.Equal(t, "SM---FS", days("friday:monday"), "over the end of the week")
	require.Equal(t, "S-T----", days("sunday", "tuesday"))
}

// No file makes Parse panic, and what it accepts keeps its promises.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/*.yml", "testdata/bad/*.yml"} {
		files, err := filepath.Glob(pattern)
		require.NoError(f, err)
		for _, file := range files {
			data, err := os.ReadFile(file)
			require.NoError(f, err)
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := alerting.Parse("fuzz.yml", data)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		for _, o := range c.Owners {
			require.NotEmpty(t, o.Receivers)
		}
		if c.Reminders != nil {
			require.Positive(t, c.Reminders.Interval)
			require.Positive(t, c.Reminders.Limit)
		}
		for _, o := range c.SLO {
			require.True(t, o.Objective > 1 && o.Objective < 100)
		}
	})
}
