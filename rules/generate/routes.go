// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/rules/alerting"
)

// reminder selects reminders.
const reminder = matcher(`notification = "reminder"`)

// remind returns a route of reminders, which gets nothing else.
func remind(receiver string, also ...matcher) route {
	return route{
		Matchers: matchers(append([]matcher{reminder}, also...)...), Receiver: receiver,
		GroupBy: []string{"service", "notification"}, Wait: atOnce, Interval: soon.String(), Repeat: rarely,
	}
}

// reminding returns the routes of those who get reminders besides whoever gets the
// changes.
func reminding(r *alerting.Reminders) []configfile.Item {
	if r == nil {
		return nil
	}
	var all []configfile.Item
	add := func(comment string, to route) {
		to.Continue = true
		all = append(all, configfile.Item{Comment: comment, Value: to})
	}
	for i, receiver := range r.Escalate {
		if i == 0 {
			add("# Escalation: every reminder.", remind(receiver))
			continue
		}
		add(fmt.Sprintf("# Escalation: from reminder %d on.", i+1), remind(receiver, like("reminder", atLeast(i+1))))
	}
	for _, receiver := range r.Only {
		add("# Reminders, and no changes.", remind(receiver))
	}
	return all
}

// otherReminders returns the route after all others. Once a reminder has gone to
// those above who get reminders only, Alertmanager no longer falls back to the
// receiver of the root.
func otherReminders(r *alerting.Reminders) []configfile.Item {
	if r == nil {
		return nil
	}
	return []configfile.Item{{
		Comment: "# Reminders that nobody above has taken, to the receiver of all the rest.",
		Value:   remind(""),
	}}
}

// owning returns the routes of owners, one for each receiver.
func owning(c *alerting.Config) []configfile.Item {
	var all []configfile.Item
	for _, o := range c.Owners {
		service := among("service", o.Services)
		if service == "" && len(o.Nodes) == 0 {
			service = like("service", ".+") // what Pharos says of itself has none
		}
		for i, receiver := range o.Receivers {
			all = append(all, configfile.Item{
				Comment: "# The owner of " + owned(o) + ".",
				Value: route{
					Matchers: matchers(service, among("node", o.Nodes)),
					Receiver: receiver,
					Continue: o.Continue || i < len(o.Receivers)-1,
					GroupBy:  []string{"service"},
					Routes:   within(c),
				},
			})
		}
	}
	return all
}

// owned says what belongs to an owner.
func owned(o alerting.Owner) string {
	switch {
	case len(o.Services) == 0 && len(o.Nodes) == 0:
		return "all services"
	case len(o.Nodes) == 0:
		return strings.Join(o.Services, ", ")
	case len(o.Services) == 0:
		return "the nodes " + strings.Join(o.Nodes, ", ")
	}
	return fmt.Sprintf("the nodes %s of %s", strings.Join(o.Nodes, ", "), strings.Join(o.Services, ", "))
}

// within returns what differs for some of what an owner gets. What is muted is told
// afterwards, if it still holds.
func within(c *alerting.Config) []configfile.Item {
	var all []configfile.Item
	if c.Reminders != nil {
		r := remind("")
		if c.QuietHours != nil && slices.Contains(c.QuietHours.Severities, "critical") {
			r.MuteTimes = []string{quietName}
		}
		all = append(all, configfile.Item{Comment: "# Reminders don't wait for others.", Value: r})
	}
	if q := c.QuietHours; q != nil {
		all = append(all, configfile.Item{
			Comment: "# What waits until quiet hours are over.",
			Value:   route{Matchers: matchers(among("severity", q.Severities)), MuteTimes: []string{quietName}},
		})
	}
	return all
}
