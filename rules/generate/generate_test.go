// SPDX-License-Identifier: Apache-2.0

package generate_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/rules"
	"github.com/pharos-status/pharos/rules/alerting"
	"github.com/pharos-status/pharos/rules/generate"
)

// The rules in the repository are those of an empty alerting.yml.
func TestDefaultsAreTheRulesOfTheRepository(t *testing.T) {
	t.Parallel()
	files, err := generate.Rules(alerting.Default())
	require.NoError(t, err)
	require.Len(t, files, len(rules.Files()))
	for _, name := range rules.Files() {
		want, err := fs.ReadFile(rules.FS, name)
		require.NoError(t, err)
		require.Equal(t, string(want), string(files[name]), name)
	}
}

// A full alerting.yml becomes what a person reads with pleasure.
func TestFull(t *testing.T) {
	t.Parallel()
	c, err := alerting.Load("../alerting/testdata/full.yml")
	require.NoError(t, err)
	files, err := generate.Rules(c)
	require.NoError(t, err)
	require.Len(t, files, len(rules.Files())+1)
	testkit.Golden(t, "full.config.rules.yml", files[generate.ConfigFile])
	testkit.Golden(t, "full.reminders.rules.yml", files[generate.RemindersFile])

	base, err := os.ReadFile("testdata/alertmanager.yml")
	require.NoError(t, err)
	got, err := generate.Alertmanager(c, "alertmanager.yml", base)
	require.NoError(t, err)
	testkit.Golden(t, "full.alertmanager.yml", got)
}

// What the documentation and the example show can be loaded, and the documentation
// shows every key.
func TestDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/alerting.md")
	require.NoError(t, err)
	_, block, _ := strings.Cut(string(text), "```yaml\n")
	block, _, _ = strings.Cut(block, "```")
	c, err := alerting.Parse("docs/alerting.md", []byte(block))
	require.NoError(t, err)
	for field, value := range reflect.ValueOf(*c).Fields() {
		require.False(t, value.IsZero(), "%s is not in docs/alerting.md", field.Name)
	}

	for _, backoff := range []alerting.Backoff{alerting.None, alerting.Linear, alerting.Square, alerting.Cubic} {
		first, every := (&alerting.Reminders{Interval: model.Duration(10 * time.Minute), Backoff: backoff, Limit: 3}).Schedule()
		times := make([]string, len(first))
		for i, at := range first {
			times[i] = model.Duration(at).String()
		}
		require.Contains(t, string(text), fmt.Sprintf("\n| %s | %s | %s |\n", backoff, strings.Join(times, ", "), model.Duration(every)))
	}

	c, err = alerting.Load("../../examples/standalone/alerting.yml")
	require.NoError(t, err)
	base, err := os.ReadFile("../../examples/standalone/alertmanager.yml")
	require.NoError(t, err)
	_, err = generate.Alertmanager(c, "alertmanager.yml", base)
	require.NoError(t, err)
}

// Every link to a dashboard leads to Grafana once its address is known.
func TestLinksToDashboards(t *testing.T) {
	t.Parallel()
	c, err := alerting.Parse("alerting.yml", []byte("{grafana_url: 'https://example.com/a$1b/', reminders: {interval: 1h}, startup: {receiver: a}}"))
	require.NoError(t, err)
	files, err := generate.Rules(c)
	require.NoError(t, err)
	for name, text := range files {
		links := strings.Count(string(text), "dashboard_url:")
		require.Equal(t, links, strings.Count(string(text), "https://example.com/a$1b/d/pharos-"), name)
	}
	require.Contains(t, string(files["pharos.rules.yml"]), "https://example.com/a$1b/d/pharos-service/service?var-service={{ $labels.service | urlquery }}")
}

// Alertmanager knows no range that leads over midnight: the morning belongs to the
// day after.
func TestQuietHoursOverMidnight(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`times: [{start: "22:00", end: "07:00"}]`: `
      - times: [{start_time: '22:00', end_time: '24:00'}]
        location: 'UTC'
      # The mornings after.
      - times: [{start_time: '00:00', end_time: '07:00'}]
        location: 'UTC'
`,
		`times: [{start: "22:00", end: "00:00"}], weekdays: [friday, saturday]`: `
      - times: [{start_time: '22:00', end_time: '24:00'}]
        weekdays: ['friday:saturday']
        location: 'UTC'
`,
		`times: [{start: "22:00", end: "06:00"}], weekdays: ["saturday:monday", wednesday], location: Asia/Tokyo`: `
      - times: [{start_time: '22:00', end_time: '24:00'}]
        weekdays: ['sunday:monday', 'wednesday', 'saturday']
        location: 'Asia/Tokyo'
      # The mornings after.
      - times: [{start_time: '00:00', end_time: '06:00'}]
        weekdays: ['sunday:tuesday', 'thursday']
        location: 'Asia/Tokyo'
`,
		`weekdays: [sunday]`: `
      - weekdays: ['sunday']
        location: 'UTC'
`,
	} {
		c, err := alerting.Parse("alerting.yml", []byte("{owners: [{receivers: [nobody]}], quiet_hours: {"+text+"}}"))
		require.NoError(t, err, text)
		got, err := generate.Alertmanager(c, "alertmanager.yml", []byte("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"))
		require.NoError(t, err)
		_, intervals, _ := strings.Cut(string(got), "    time_intervals:")
		require.Equal(t, want, intervals, text)
		for _, command := range amtools(t) {
			file := filepath.Join(t.TempDir(), "alertmanager.yml")
			require.NoError(t, os.WriteFile(file, got, 0o600))
			amtool(t, command, "check-config", file)
		}
	}
}
