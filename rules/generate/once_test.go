// SPDX-License-Identifier: Apache-2.0

package generate_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	amconfig "github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/rules/alerting"
	"github.com/pharos-status/pharos/rules/generate"
)

// told returns the receivers that are told of an alert now, by Alertmanager's own
// routes and time intervals.
func told(t *testing.T, c *amconfig.Config, labels model.LabelSet) string {
	t.Helper()
	now := time.Now()
	muted := func(names []string) bool {
		for _, i := range c.TimeIntervals {
			for _, at := range i.TimeIntervals {
				if slices.Contains(names, i.Name) && at.ContainsTime(now) {
					return true
				}
			}
		}
		return false
	}
	var all []string
	for _, r := range dispatch.NewRoute(c.Route, nil).Match(labels) {
		if !muted(r.RouteOpts.MuteTimeIntervals) {
			all = append(all, r.RouteOpts.Receiver)
		}
	}
	return strings.Join(all, ",")
}

// Whoever gets reminders by escalation does not get them as an owner or as the
// receiver of the root again, and others get them as before.
func TestNobodyIsRemindedTwice(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		owners string
		want   map[string]string // by service and number of the reminder
		change string
	}{
		"an owner who is escalated to": {
			"{services: [web], receivers: [b]}", map[string]string{"web/1": "a", "web/2": "a,b", "db/1": "a", "db/2": "a,b"}, "b",
		},
		"one of several": {
			"{services: [web], receivers: [team, b]}, {receivers: [late]}", map[string]string{"web/1": "a,team", "web/2": "a,b,team", "db/1": "a,late"}, "b,team",
		},
		"one who lets others": {
			"{services: [web], receivers: [b], continue: true}, {receivers: [late]}", map[string]string{"web/1": "a,late", "web/2": "a,b,late"}, "b,late",
		},
		"one before others": {
			"{services: [web], receivers: [b]}, {receivers: [late]}", map[string]string{"web/1": "a", "web/2": "a,b", "db/1": "a,late"}, "b",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := alerting.Parse("alerting.yml", []byte("{reminders: {interval: 10m, escalate: [a, b]}, owners: ["+tc.owners+"]}"))
			require.NoError(t, err)
			text, err := generate.Alertmanager(c, "a.yml", []byte("route: {receiver: a}\nreceivers: [{name: a}, {name: b}, {name: team}, {name: late}]\n"))
			require.NoError(t, err)
			got, err := amconfig.Load(string(text))
			require.NoError(t, err)
			for reminder, want := range tc.want {
				service, number, _ := strings.Cut(reminder, "/")
				labels := model.LabelSet{
					"alertname": "PharosReminder", "notification": "reminder", "severity": "critical",
					"service": model.LabelValue(service), "reminder": model.LabelValue(number), "outage": "1790000000",
				}
				require.Equal(t, want, told(t, got, labels), reminder)
			}
			change := model.LabelSet{"alertname": "PharosServiceDead", "notification": "change", "severity": "critical", "service": "web"}
			require.Equal(t, tc.change, told(t, got, change))
			for _, r := range dispatch.NewRoute(got.Route, nil).Routes {
				require.NotContains(t, r.RouteOpts.GroupBy, model.LabelName("outage"), "or the group would not know the reminder before")
			}
			file := filepath.Join(t.TempDir(), "a.yml")
			require.NoError(t, os.WriteFile(file, text, 0o600))
			for _, command := range amtools(t) {
				amtool(t, command, "check-config", file)
			}
		})
	}
}

// What an operator writes in a way that can't be added to is refused, not lost.
func TestMergedRoutesAreRefused(t *testing.T) {
	t.Parallel()
	c, err := alerting.Parse("alerting.yml", []byte("{reminders: {interval: 1h}, owners: [{receivers: [a]}], quiet_hours: {weekdays: [sunday]}, dependencies: [{service: a, depends_on: [{service: b}]}]}"))
	require.NoError(t, err)
	const receivers = "receivers: [{name: a}]\n"
	for text, want := range map[string]string{
		"route:\n  <<: &base {receiver: a, routes: [{receiver: a}]}\n":                               "a.yml:1: route.routes: comes by a merge key, <<, which can't be added to; write routes out here",
		"x: &x {inhibit_rules: []}\n<<: *x\nroute: {receiver: a}\n":                                  "a.yml:1: inhibit_rules: comes by a merge key",
		"route: &r\n  receiver: a\n  <<: *r\n":                                                       "a.yml:",
		"<<: &x {inhibit_rules: []}\nroute: {receiver: a}\n":                                         "a.yml:1: inhibit_rules: comes by a merge key, <<, which can't be added to; write inhibit_rules out here",
		"<<: [{inhibit_rules: []}, {time_intervals: []}]\ninhibit_rules: []\nroute: {receiver: a}\n": "a.yml:1: time_intervals: comes by a merge key, <<, which can't be added to; write time_intervals out here",
	} {
		_, err := generate.Alertmanager(c, "a.yml", []byte(text+receivers))
		require.ErrorContains(t, err, want, text)
	}
}

// Without a file there are no lines to speak of.
func TestReceiversWithoutAFile(t *testing.T) {
	t.Parallel()
	c, err := alerting.Parse("alerting.yml", []byte("{startup: {receiver: a}, owners: [{receivers: [b]}]}"))
	require.NoError(t, err)
	_, err = generate.Alertmanager(c, "alertmanager.yml", nil)
	require.EqualError(t, err, `alertmanager.yml: there is no such file, and startup of alerting.yml names the receiver "a"; write the file, with that receiver in it
alertmanager.yml: there is no such file, and owners[0] of alerting.yml names the receiver "b"; write the file, with that receiver in it`)
}
