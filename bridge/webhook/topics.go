// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"slices"
	"time"

	"github.com/prometheus/alertmanager/template"

	"github.com/pharos-status/pharos/internal/schema"
)

// repeating is why Alertmanager, from 0.34 on, says that it tells the same again.
const repeating = "repeat interval elapsed"

// Repeats tells whether Alertmanager says that it tells the same again on purpose.
func (n *Notification) Repeats() bool { return n.NotificationReason == repeating }

// Topics returns what a notification is about that newer word may make pointless: the
// group of a reminder, or of what only repeats. It returns none of one that tells news.
func (n *Notification) Topics() []string {
	if n.Kind() == Reminder || n.Repeats() {
		return topics(n.GroupKey, nil)
	}
	return nil
}

// Outages returns the topics of the services that a reminder says are dead still: once
// all of them are told to be over, the reminder is pointless. It returns none if the
// reminder is over itself, or about something besides. They are sorted, without doubles,
// like all topics.
func (n *Notification) Outages() []string {
	if n.Kind() != Reminder {
		return nil
	}
	var services []string
	for _, a := range n.Alerts.Firing() {
		service := a.Labels[schema.Service]
		if service == "" {
			return nil
		}
		services = append(services, service)
	}
	return topics("", services)
}

// Voids returns the topics about which nothing older needs to be told any more, on
// the channel that gets the notification.
func (n *Notification) Voids() []string {
	return append(topics(n.GroupKey, nil), n.Outages()...)
}

// VoidsAll returns the topics about which nobody needs to be told any more: services
// that were dead and no longer are. A reminder does not say so when it ends, for it may
// just be followed by the next.
func (n *Notification) VoidsAll() []string {
	var services []string
	for _, a := range n.over() {
		services = append(services, a.Labels[schema.Service])
	}
	return topics("", services)
}

// OutageBegan returns when the last of the Outages began; the zero time if there is none,
// or that is not known.
func (n *Notification) OutageBegan() time.Time {
	var last time.Time
	if n.Kind() != Reminder {
		return last
	}
	for _, a := range n.Alerts.Firing() {
		t := Began(a)
		if t.IsZero() {
			return t
		}
		if t.After(last) {
			last = t
		}
	}
	return last
}

// OutageEnded returns when the first of the services in VoidsAll came back, to the second
// below, as the label says when an outage began; the zero time if that is not known.
func (n *Notification) OutageEnded() time.Time {
	var first time.Time
	for _, a := range n.over() {
		if a.EndsAt.IsZero() {
			return a.EndsAt
		}
		if first.IsZero() || a.EndsAt.Before(first) {
			first = a.EndsAt
		}
	}
	return first.Truncate(time.Second)
}

// over returns the alerts that tell that a service is no longer dead.
func (n *Notification) over() []template.Alert {
	dead := map[string]bool{}
	for _, a := range n.Alerts {
		if a.Labels[alertname] == serviceDead && a.Status == firing {
			dead[a.Labels[schema.Service]] = true
		}
	}
	var over []template.Alert
	for _, a := range n.Alerts {
		service := a.Labels[schema.Service]
		if a.Labels[alertname] == serviceDead && a.Status == resolved && service != "" && !dead[service] {
			over = append(over, a)
		}
	}
	return over
}

// topics returns the topics of a group, unless it is empty, and of services.
func topics(group string, services []string) []string {
	var all []string
	if group != "" {
		all = append(all, "group/"+group)
	}
	for _, service := range services {
		all = append(all, "service/"+service)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
