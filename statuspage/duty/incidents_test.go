// SPDX-License-Identifier: Apache-2.0

package duty_test

import (
	"slices"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/desk"
)

// outage makes a node dead, and lets the alert about it fire.
func (r *rig) outage(service, node string) {
	r.nodes[id(service, node)] = status.Dead
	r.am.fire("PharosNodeDead", service, node, "critical")
}

const open = "Web *site*: API is down [web/api] major investigating"

func TestAnAlertOpensAndTheTruthCloses(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		began := time.Now()
		r.outage("web", "api")
		r.pass(2*time.Minute - time.Second)
		require.Empty(t, r.incidents(), "the alert has not fired for long enough")
		r.pass(round)
		require.Equal(t, []string{open}, r.incidents())
		i := r.contents().Incidents[0]
		require.Equal(t, began, i.Started.In(began.Location()))
		require.Equal(t, `PharosNodeDead{service="web", severity="critical"}`, i.Alert)
		require.Equal(t, "Noticed by automatic monitoring:\n\n- Web \\*site\\*: API – Dead", i.Updates[0].Text)

		r.pass(20 * time.Minute)
		require.Equal(t, []string{open}, r.incidents(), "one incident for as long as it is open")

		r.am.firing = nil // resolved, says Alertmanager
		r.pass(20 * time.Minute)
		require.Equal(t, []string{open}, r.incidents(), "but Prometheus says that it is dead")

		r.nodes[id("web", "api")] = status.Healthy
		r.pass(4 * time.Minute)
		require.Equal(t, []string{open}, r.incidents(), "not healthy for long enough")
		r.nodes[id("web", "api")] = status.Unknown
		r.pass(round)
		r.nodes[id("web", "api")] = status.Healthy
		r.pass(4 * time.Minute)
		require.Equal(t, []string{open}, r.incidents(), "time in which it was not known does not count")
		r.pass(2 * time.Minute)
		require.Equal(t, []string{open + ",resolved"}, r.incidents())
		require.Equal(t, "Automatic monitoring reports that everything affected works again.", r.contents().Incidents[0].Updates[1].Text)
	})
}

func TestStaleDataClosesAndOpensNothing(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.outage("web", "api")
		r.pass(3 * time.Minute)
		r.nodes[id("web", "api")] = status.Healthy
		r.pass(4 * time.Minute)
		r.frozen = time.Now() // Prometheus is away
		r.pass(20 * time.Minute)
		require.Equal(t, []string{open}, r.incidents())

		r.outage("mail", "smtp")
		r.pass(20 * time.Minute)
		require.Equal(t, []string{open}, r.incidents(), "nothing is opened that cannot be seen")
		r.frozen = time.Time{}
		r.pass(round)
		require.Equal(t, []string{"mail: smtp is down [mail/smtp] critical investigating", open}, sorted(r.incidents()))
		r.pass(6 * time.Minute)
		require.Contains(t, r.incidents(), open+",resolved")
	})
}

func sorted(lines []string) []string {
	slices.SortFunc(lines, func(a, b string) int { return -slices.Compare([]byte(a), []byte(b)) })
	return lines
}

func TestAnotherInstanceGoesOn(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.outage("web", "api")
		r.pass(3 * time.Minute)
		for range 3 {
			r.stop()
			r.start()
			r.pass(time.Minute)
		}
		require.Equal(t, []string{open}, r.incidents())
		r.nodes[id("web", "api")] = status.Healthy
		r.pass(4 * time.Minute)
		r.stop()
		r.start()
		r.pass(4 * time.Minute)
		require.Equal(t, []string{open}, r.incidents(), "what it did not see itself it does not claim")
		r.pass(2 * time.Minute)
		require.Equal(t, []string{open + ",resolved"}, r.incidents())
		r.pass(20 * time.Minute)
		require.Equal(t, []string{open + ",resolved"}, r.incidents(), "the alert still fires; the truth is healthy")
		r.nodes[id("web", "api")] = status.Dead
		r.pass(time.Minute)
		require.Equal(t, []string{open, open + ",resolved"}, r.incidents(), "dead again: a new one")
		all := r.contents().Incidents
		require.Equal(t, all[1].Resolved, all[0].Started, "not since the alert began")
	})
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		later := model.Duration(10 * time.Minute)
		r.cfg.Incidents.FromAlerts.Policy = config.Off
		r.cfg.Incidents.FromAlerts.Rules = []config.Rule{
			{Services: []string{"web"}, Severities: []string{"critical"}, Policy: config.Publish, After: &later},
			{Services: []string{"web"}, Policy: config.Draft},
		}
		r.outage("mail", "smtp")
		r.nodes[id("web", "db")] = status.Sick
		r.am.fire("PharosNodeSick", "web", "db", "warning")
		r.pass(3 * time.Minute)
		draft := "draft Web *site*: db is slow or under load [web/db] minor investigating"
		require.Equal(t, []string{draft}, r.incidents())

		r.nodes[id("web", "db")] = status.Dead
		r.am.fire("PharosNodeDead", "web", "db", "critical")
		r.pass(9 * time.Minute)
		require.True(t, r.contents().Incidents[0].Draft)
		r.pass(2 * time.Minute)
		require.False(t, r.contents().Incidents[0].Draft, "what was minor has become what is published")
		require.Len(t, r.incidents(), 1)
	})
}

func TestDraftsAreClosedToo(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.cfg.Incidents.FromAlerts.Policy = config.Draft
		r.outage("web", "api")
		r.pass(3 * time.Minute)
		require.Equal(t, []string{"draft " + open}, r.incidents())
		r.nodes[id("web", "api")] = status.Healthy
		r.pass(6 * time.Minute)
		require.Equal(t, []string{"draft " + open + ",resolved"}, r.incidents())
	})
}

func TestAnAlertThatTheTruthDoesNotConfirm(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.am.fire("PharosErrorBudgetBurn", "web", "", "critical")
		r.am.fire("Other", "nobody knows", "", "critical")
		r.am.fire("Other", "web", "gone", "critical")
		r.nodes[id("mail", "smtp")] = status.Unknown
		r.am.fire("PharosNodeDead", "mail", "smtp", "critical")
		r.pass(20 * time.Minute)
		require.Empty(t, r.incidents())
	})
}

func TestNoIncidentOfMaintenance(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.plan(0, time.Hour, "", "web/api")
		r.outage("web", "api")
		r.whole["web"] = status.Dead
		r.am.fire("PharosServiceDead", "web", "", "critical")
		r.pass(30 * time.Minute)
		require.Empty(t, r.incidents())
		r.outage("web", "db") // is not in maintenance
		r.pass(3 * time.Minute)
		require.Equal(t, []string{"Web *site* is down [web] critical investigating"}, r.incidents())
		r.nodes[id("web", "db")] = status.Healthy
		r.pass(6 * time.Minute)
		require.Equal(t, []string{"Web *site* is down [web] critical investigating,resolved"}, r.incidents(), "what is left is maintenance")
		r.am.firing = r.am.firing[:2]
		r.pass(30 * time.Minute)
		require.Len(t, r.incidents(), 2, "the maintenance is over, and it is still dead")
	})
}

func TestWhatBecomesWorse(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.outage("web", "api")
		r.pass(3 * time.Minute)
		r.outage("web", "db")
		r.pass(3 * time.Minute)
		require.Equal(t, []string{open}, r.incidents(), "not told at once")
		r.pass(5 * time.Minute)
		worse := "Web *site*: API is down [web/api web/db] critical investigating,investigating"
		require.Equal(t, []string{worse}, r.incidents())
		require.Equal(t, "Affected now, as seen by automatic monitoring:\n\n- Web \\*site\\*: API – Dead\n- Web \\*site\\*: db – Dead", r.contents().Incidents[0].Updates[1].Text)
		r.nodes[id("web", "api")] = status.Healthy
		r.pass(20 * time.Minute)
		require.Equal(t, []string{worse}, r.incidents(), "not all of it is healthy")
		r.nodes[id("web", "db")] = status.Healthy
		r.pass(6 * time.Minute)
		require.Equal(t, []string{worse + ",resolved"}, r.incidents())
	})
}

func TestAPersonWasFaster(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		title, text, components := "Trouble", "We look.", []string{"web"}
		_, err := r.desk.OpenIncident(t.Context(), "anna", desk.IncidentInput{Title: &title, Text: &text, Components: &components})
		require.NoError(t, err)
		r.outage("web", "api")
		r.pass(20 * time.Minute)
		r.nodes[id("web", "api")] = status.Healthy
		r.pass(20 * time.Minute)
		require.Equal(t, []string{"Trouble [web] minor investigating"}, r.incidents(), "and closes what they opened")
	})
}

func TestAPersonTakesOver(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy config.Policy
		phase  statuspage.Phase
		want   string
	}{
		"identified":              {config.Publish, statuspage.Identified, open + ",identified,resolved"},
		"monitoring":              {config.Publish, statuspage.Monitoring, open + ",monitoring"},
		"resolved":                {config.Publish, statuspage.Resolved, open + ",resolved"},
		"the policy has changed":  {config.Off, statuspage.Identified, open + ",identified"},
		"a draft they have begun": {config.Draft, statuspage.Identified, "draft " + open + ",identified"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(r *rig) {
				t := r.t
				if c.policy == config.Draft {
					r.cfg.Incidents.FromAlerts.Policy = config.Draft
				}
				r.outage("web", "api")
				r.pass(3 * time.Minute)
				text := "We know."
				_, err := r.desk.UpdateIncident(t.Context(), "anna", r.contents().Incidents[0].ID, desk.UpdateInput{Phase: &c.phase, Text: &text})
				require.NoError(t, err)
				r.pass(0)
				r.cfg.Incidents.FromAlerts.Policy = c.policy
				if c.phase != statuspage.Resolved { // after which it would be another one
					r.outage("web", "db")
				}
				r.pass(20 * time.Minute)
				require.Len(t, r.incidents(), 1, "the alerts still fire")
				require.Len(t, r.contents().Incidents[0].Components, 1, "it is theirs")
				r.nodes[id("web", "api")], r.nodes[id("web", "db")] = status.Healthy, status.Healthy
				r.pass(20 * time.Minute)
				require.Equal(t, []string{c.want}, r.incidents())
			})
		})
	}
}

func TestWhatAPersonHasDismissedStaysAway(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.outage("web", "api")
		r.pass(3 * time.Minute)
		require.NoError(t, r.desk.DeleteIncident(t.Context(), "anna", r.contents().Incidents[0].ID))
		r.pass(time.Minute)
		r.stop()
		r.start()
		r.pass(20 * time.Minute)
		require.Empty(t, r.incidents(), "the same alert")
		r.am.firing = nil
		r.outage("web", "api")
		r.pass(3 * time.Minute)
		require.Equal(t, []string{open}, r.incidents(), "another one")
	})
}
