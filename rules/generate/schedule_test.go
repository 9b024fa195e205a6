// SPDX-License-Identifier: Apache-2.0

package generate_test

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/rules/alerting"
	"github.com/pharos-status/pharos/rules/generate"
)

// The powers that the ways to grow stand for.
var powers = map[alerting.Backoff]float64{alerting.None: 0, alerting.Linear: 1, alerting.Square: 2, alerting.Cubic: 3}

// vigil returns when Vigil reminds of an outage, in seconds since its beginning. It
// does as Vigil does, which knows no formula: it looks every second whether enough
// time has passed since it last told, by a counter that grows with each reminder.
func vigil(r *alerting.Reminders, until time.Duration) []int {
	var times []int
	interval := int(time.Duration(r.Interval).Seconds())
	last, counter := 0, 1
	for now := 0; now <= int(until.Seconds()); now++ {
		if now-last >= interval*int(math.Pow(float64(counter), powers[r.Backoff])) {
			times = append(times, now)
			last, counter = now, min(counter+1, r.Limit)
		}
	}
	return times
}

// A simulated clock over 24 hours of outage, what follows it, and another outage: at
// each minute around a reminder of Vigil's, that one fires and no other.
func TestReminders(t *testing.T) {
	t.Parallel()
	for backoff := range powers {
		t.Run(string(backoff), func(t *testing.T) {
			t.Parallel()
			testReminders(t, backoff, recorded, scene{{5, 5 + 24*60}, {5 + 24*60 + 30, 5 + 24*60 + 180}})
		})
	}
}

// The same from what the exporter finds to the reminder, in less time.
func TestRemindersOfReplicas(t *testing.T) {
	t.Parallel()
	testReminders(t, alerting.Linear, found, scene{{5, 155}, {160, 200}})
}

func testReminders(t *testing.T, backoff alerting.Backoff, inputs string, outages scene) {
	t.Helper()
	c := alerting.Default()
	c.Reminders = &alerting.Reminders{Interval: model.Duration(10 * time.Minute), Backoff: backoff, Limit: 3}
	runRules(t, c, []byte(outages.test(c.Reminders, inputs)))
}

// runRules checks what c becomes, and runs a test of it, by each promtool.
func runRules(t *testing.T, c *alerting.Config, test []byte) {
	t.Helper()
	dir := writeRules(t, c)
	file := filepath.Join(dir, "the.test.yml")
	require.NoError(t, os.WriteFile(file, test, 0o600))
	for name, promtool := range promtools(t) {
		out, err := exec.CommandContext(t.Context(), promtool, "check", "rules", "--lint=all", "--lint-fatal", filepath.Join(dir, generate.RemindersFile)).CombinedOutput()
		require.NoError(t, err, "%s: %s", name, out)
		out, err = exec.CommandContext(t.Context(), promtool, "test", "rules", file).CombinedOutput()
		require.NoError(t, err, "%s: %s", name, out)
	}
}

// writeRules writes what the rules become, and returns the folder.
func writeRules(t *testing.T, c *alerting.Config) string {
	t.Helper()
	files, err := generate.Rules(c)
	require.NoError(t, err)
	dir := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	return dir
}

// promtools returns those that there are: Debian's is as old as what the rules
// promise to run on.
func promtools(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{"installed": testkit.Program(t, "promtool"), "current": tool(t, "promtool")}
}

// tool returns a program that make test builds.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs("../../.tools/" + name)
	require.NoError(t, err)
	if _, err := os.Stat(path); err != nil {
		testkit.Skip(t, name+" is not built (scripts/tool.sh "+name+")")
	}
	return path
}

// A scene is two outages, each from one minute up to another.
type scene [2][2]int

// What promtool evaluates, and the series that are there: those that other rules
// record, of a service that is unknown in its outages by now, or those that an
// exporter shows.
const (
	recorded = `rule_files: [reminders.rules.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {series: 'service:pharos_status:severity{service="web"}', values: 'UNKNOWN'}
      - {series: 'node:pharos_status:severity{service="web", node="api"}', values: 'SEVERITY'}
      - {series: 'node:pharos_status:severity{service="web", node="fine"}', values: '0xEVER'}
      - {series: 'service:pharos_outage:start_timestamp_seconds{service="web"}', values: 'START'}
`
	found = `rule_files: [config.rules.yml, memory.rules.yml, pharos.rules.yml, reminders.rules.yml]
evaluation_interval: 1m
group_eval_order: [pharos_config, pharos_memory, pharos, pharos_reminders]
tests:
  - interval: 1m
    input_series:
      - {series: 'up{job="e", instance="i"}', values: '1xEVER'}
      - {series: 'pharos_exporter_config_last_reload_successful{job="e", instance="i"}', values: '1xEVER'}
      - {series: 'pharos_node_info{job="e", instance="i", service="web", node="api"}', values: '1xEVER'}
      - {series: 'pharos_replica_status{job="e", instance="i", service="web", node="api", replica="a", status="healthy"}', values: 'HEALTHY'}
      - {series: 'pharos_replica_status{job="e", instance="i", service="web", node="api", replica="a", status="sick"}', values: '0xEVER'}
      - {series: 'pharos_replica_status{job="e", instance="i", service="web", node="api", replica="a", status="dead"}', values: 'DEAD'}
`
)

// values returns what a series has while all is well, and in each of the outages.
func (s scene) values(well, first, second int) string {
	return fmt.Sprintf("%dx%d %dx%d %dx%d %dx%d %dx9",
		well, s[0][0]-1, first, s[0][1]-s[0][0]-1, well, s[1][0]-s[0][1]-1, second, s[1][1]-s[1][0]-1, well)
}

// test returns a test for promtool.
func (s scene) test(r *alerting.Reminders, inputs string) string {
	var b strings.Builder
	b.WriteString(strings.NewReplacer("EVER", strconv.Itoa(s[1][1]+10), "SEVERITY", s.values(0, 3, 3), "UNKNOWN", s.values(0, 1, 1), "START", s.values(0, s[0][0]*60, s[1][0]*60),
		"HEALTHY", s.values(1, 0, 0), "DEAD", s.values(0, 1, 1)).Replace(inputs))
	b.WriteString("    alert_rule_test:\n")
	told := map[int]bool{}
	for _, outage := range s {
		times := vigil(r, time.Duration(outage[1]-outage[0])*time.Minute)
		for _, at := range append([]int{0, (outage[1] - outage[0]) * 60}, times...) {
			for around := -1; around <= 1; around++ {
				minute := outage[0] + at/60 + around
				if told[minute] {
					continue
				}
				told[minute] = true
				expect(&b, minute, outage, times)
			}
		}
	}
	return b.String()
}

// expect writes what fires at a minute.
func expect(b *strings.Builder, minute int, outage [2]int, times []int) {
	fmt.Fprintf(b, "      - {alertname: PharosReminder, eval_time: %dm, exp_alerts: [", minute)
	age := (minute - outage[0]) * 60
	number := 0
	for _, at := range times {
		if at <= age && minute < outage[1] {
			number++
		}
	}
	if number > 0 {
		fmt.Fprintf(b, `{exp_labels: {service: web, severity: critical, notification: reminder, reminder: "%d", outage: "%d"}, exp_annotations: {`+
			`summary: A service is still dead., description: 'Service web has not been seen alive since %s, for %s. Dead: api.', `+
			`runbook_url: https://github.com/pharos-status/pharos/blob/main/docs/runbooks/PharosReminder.md, `+
			`dashboard_url: '/d/pharos-service/service?var-service=web'}}`,
			number, outage[0]*60, time.Unix(int64(outage[0])*60, 0).UTC(), humanize(age))
	}
	b.WriteString("]}\n")
}

// humanize writes a duration as Prometheus' humanizeDuration does.
func humanize(seconds int) string {
	h, m, s := seconds/3600, seconds/60%60, seconds%60
	if h == 0 {
		return fmt.Sprintf("%dm %ds", m, s)
	}
	return fmt.Sprintf("%dh %dm %ds", h, m, s)
}

// Whatever is asked for, the rule counts as many reminders as Vigil has sent, at any
// age of the outage.
func TestRemindersOfAnySchedule(t *testing.T) {
	t.Parallel()
	storage := promqltest.LoadedStorage(t, "")
	engine := promqltest.NewTestEngine(t, false, 5*time.Minute, 1_000_000)
	rapid.Check(t, func(rt *rapid.T) {
		r := &alerting.Reminders{
			Interval: model.Duration(rapid.IntRange(1, 7200).Draw(rt, "interval")) * model.Duration(time.Second),
			Backoff:  rapid.SampledFrom([]alerting.Backoff{alerting.None, alerting.Linear, alerting.Square, alerting.Cubic}).Draw(rt, "backoff"),
			Limit:    rapid.IntRange(1, 12).Draw(rt, "limit"),
		}
		const horizon = 36 * time.Hour
		times := vigil(r, horizon)
		age := rapid.IntRange(0, int(horizon.Seconds())).Draw(rt, "age")
		if len(times) > 0 && rapid.Bool().Draw(rt, "at a reminder") {
			age = rapid.SampledFrom(times).Draw(rt, "reminder") - rapid.IntRange(0, 1).Draw(rt, "before")
		}
		want := 0
		for _, at := range times {
			if at <= age {
				want++
			}
		}
		expr := strings.ReplaceAll(generate.Steps(r), schema.OutageAge, fmt.Sprintf("vector(%d)", age))
		query, err := engine.NewInstantQuery(t.Context(), storage, nil, expr, time.Unix(0, 0))
		require.NoError(rt, err, expr)
		defer query.Close()
		result, err := query.Exec(t.Context()).Vector()
		require.NoError(rt, err, expr)
		got := 0
		if len(result) > 0 {
			got = int(result[0].F)
		}
		require.Equal(rt, want, got, expr)
	})
}

// The start of an exporter is told for five minutes, whatever else has a start.
func TestStarted(t *testing.T) {
	t.Parallel()
	c := alerting.Default()
	c.Startup = &alerting.Startup{Receiver: "team"}
	testRules(t, c, "started.test.yml")
}

// Nobody is reminded of an outage that ended while Prometheus was down.
func TestNoReminderAfterARestart(t *testing.T) {
	t.Parallel()
	c := alerting.Default()
	c.Reminders = &alerting.Reminders{Interval: model.Duration(10 * time.Minute), Backoff: alerting.None, Limit: 1}
	testRules(t, c, "restarted.test.yml")
}

// testRules runs a test of promtool on what c becomes.
func testRules(t *testing.T, c *alerting.Config, name string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	runRules(t, c, text)
}
