// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"slices"
	"strconv"

	"github.com/pharos-status/pharos/internal/schema"
)

// Kind returns what the notification is.
func (n *Notification) Kind() Kind {
	switch {
	case n.CommonLabels[schema.Notification] == schema.ReminderAlert:
		return Reminder
	case n.CommonLabels["alertname"] == schema.AlertStarted:
		return Startup
	}
	return Changed
}

// Number returns the number of the reminder, from 1: the highest of those in the
// notification; 0 if it is none.
func (n *Notification) Number() int {
	highest := 0
	if n.Kind() != Reminder {
		return highest
	}
	for _, a := range n.Alerts {
		if i, err := strconv.Atoi(a.Labels[schema.Reminder]); err == nil {
			highest = max(highest, i)
		}
	}
	return max(highest, 1)
}

// Severity returns the worst severity of the alerts that fire: critical, warning or
// info; if none fires, of those that no longer do.
func (n *Notification) Severity() string {
	alerts := n.Alerts.Firing()
	if len(alerts) == 0 {
		alerts = n.Alerts
	}
	order := []string{"info", "warning", "critical"}
	worst := 0
	for _, a := range alerts {
		worst = max(worst, slices.Index(order, a.Labels[schema.Severity]))
	}
	return order[worst]
}
