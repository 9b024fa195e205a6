// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/alertmanager/template"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
)

// Kind returns what the notification is.
func (n *Notification) Kind() Kind {
	switch {
	case n.CommonLabels[schema.Notification] == schema.NotificationReminder:
		return Reminder
	case n.CommonLabels[alertname] == schema.AlertStarted:
		return Startup
	}
	return Changed
}

// Number returns the number of the reminder, from 1: the highest of those that fire,
// or of all if none does; 0 if it is none.
func (n *Notification) Number() int {
	if n.Kind() != Reminder {
		return 0
	}
	highest := 1
	for _, a := range n.telling() {
		if i, err := strconv.Atoi(a.Labels[schema.Reminder]); err == nil {
			highest = max(highest, i)
		}
	}
	return highest
}

// Severity returns the worst severity of the alerts that fire, as of [SeverityOf]; if none
// fires, of those that no longer do.
func (n *Notification) Severity() string {
	order := []string{Info, Warning, Critical}
	worst := 0
	for _, a := range n.telling() {
		worst = max(worst, slices.Index(order, SeverityOf(a)))
	}
	return order[worst]
}

// Firing tells whether any alert fires.
func (n *Notification) Firing() bool { return n.Status == firing }

// Services returns the services that alerts have as a label, sorted.
func (n *Notification) Services() []string {
	services := []string{}
	for _, a := range n.Alerts {
		if s := a.Labels[schema.Service]; s != "" {
			services = append(services, s)
		}
	}
	slices.Sort(services)
	return slices.Compact(services)
}

// Began returns when began what an alert tells of. A reminder begins when it is due,
// and has a label that says when the outage began.
func Began(a template.Alert) time.Time {
	seconds, err := strconv.ParseFloat(a.Labels[outage], 64)
	if err != nil || a.Labels[schema.Notification] != schema.NotificationReminder || !(seconds > 0 && seconds < math.MaxInt32*64) {
		return a.StartsAt
	}
	return time.Unix(int64(seconds), 0).UTC()
}

// Dead returns the replicas that are dead, as Vigil names them: service:node:replica,
// sorted.
func (n *Notification) Dead() []string {
	dead := []string{}
	for _, a := range n.Alerts {
		if a.Status == firing && a.Labels[alertname] == replicaDead {
			id := status.ID{Service: a.Labels[schema.Service], Node: a.Labels[schema.Node], Replica: a.Labels[schema.Replica]}
			dead = append(dead, id.String())
		}
	}
	slices.Sort(dead)
	return slices.Compact(dead)
}

// telling returns the alerts that tell how it is: those that fire, or all if none does.
func (n *Notification) telling() template.Alerts {
	if alerts := n.Alerts.Firing(); len(alerts) > 0 {
		return alerts
	}
	return n.Alerts
}
