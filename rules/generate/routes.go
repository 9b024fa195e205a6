// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/rules/alerting"
)

// These select reminders, and all else.
const (
	reminder   = matcher(schema.Notification + ` = "` + schema.NotificationReminder + `"`)
	noReminder = matcher(schema.Notification + ` != "` + schema.NotificationReminder + `"`)
)

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
		add(fmt.Sprintf("# Escalation: from reminder %d on.", i+1), remind(receiver, like(schema.Reminder, atLeast(i+1))))
	}
	for _, receiver := range r.Only {
		add("# Reminders, and no changes.", remind(receiver))
	}
	return all
}

// reminded tells whether a receiver gets reminders by those routes.
func reminded(r *alerting.Reminders, receiver string) bool {
	return r != nil && (slices.Contains(r.Escalate, receiver) || slices.Contains(r.Only, receiver))
}

// otherReminders returns the route after all others, to the receiver of the root. Once
// a reminder has gone to those above who get reminders, Alertmanager no longer falls
// back to it.
func otherReminders(r *alerting.Reminders, root string) []configfile.Item {
	if r == nil || reminded(r, root) {
		return nil
	}
	return []configfile.Item{{
		Comment: "# Reminders that nobody above has taken, to the receiver of all the rest.",
		Value:   remind(""),
	}}
}

// owning returns the routes of owners, one for each receiver. Those who get reminders
// anyhow come first, and get none here: the last one keeps the reminders from falling
// further.
func owning(c *alerting.Config) []configfile.Item {
	var all []configfile.Item
	for _, o := range c.Owners {
		service := among("service", o.Services)
		if service == "" && len(o.Nodes) == 0 {
			service = like("service", ".+") // what Pharos says of itself has none
		}
		receivers := slices.Clone(o.Receivers)
		slices.SortStableFunc(receivers, func(a, b string) int { return bit(reminded(c.Reminders, b)) - bit(reminded(c.Reminders, a)) })
		for i, receiver := range receivers {
			passes := o.Continue || i < len(receivers)-1
			anyhow := reminded(c.Reminders, receiver)
			var changes matcher
			if anyhow && passes {
				changes = noReminder
			}
			all = append(all, configfile.Item{
				Comment: "# The owner of " + owned(o) + ".",
				Value: route{
					Matchers: matchers(service, among("node", o.Nodes), changes),
					Receiver: receiver,
					Continue: passes,
					GroupBy:  []string{"service"},
					Routes:   slices.Concat(ownReminders(c, anyhow, passes), quieted(c.QuietHours)),
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

// ownReminders returns the route of the reminders that an owner gets, if any. One who
// gets them anyhow has one that tells nobody, unless they pass by.
func ownReminders(c *alerting.Config, anyhow, passes bool) []configfile.Item {
	r := remind("")
	comment := "# Reminders don't wait for others."
	switch {
	case c.Reminders == nil || anyhow && passes:
		return nil
	case anyhow:
		comment = "# Reminders have come by a route above. They go no further."
		r.MuteTimes = []string{alwaysName}
	case c.QuietHours != nil && slices.Contains(c.QuietHours.Severities, "critical"):
		r.MuteTimes = []string{quietName}
	}
	return []configfile.Item{{Comment: comment, Value: r}}
}

// quieted returns the route of what an owner does not get in quiet hours. It is told
// afterwards, if it still holds. Alertmanager mutes routes, not alerts, so what is
// muted and what is not are never told in one message.
func quieted(q *alerting.QuietHours) []configfile.Item {
	if q == nil {
		return nil
	}
	return []configfile.Item{{
		Comment: "# What waits until quiet hours are over.",
		Value:   route{Matchers: matchers(among("severity", q.Severities)), MuteTimes: []string{quietName}},
	}}
}
