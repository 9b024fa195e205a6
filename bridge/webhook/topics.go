// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"slices"

	"github.com/pharos-status/pharos/internal/schema"
)

// repeating is why Alertmanager, from 0.34 on, says that it tells the same again.
const repeating = "repeat interval elapsed"

// Topics returns what a notification is about that newer ones may make pointless: a
// reminder, or what only repeats. It returns none of one that tells news. They are
// sorted, without doubles, like all topics.
func (n *Notification) Topics() []string {
	switch {
	case n.Kind() == Reminder:
		return topics(n.GroupKey, n.Services())
	case n.NotificationReason == repeating:
		return topics(n.GroupKey, nil)
	}
	return nil
}

// Voids returns the topics about which nothing older needs to be told any more, on
// the channel that gets the notification.
func (n *Notification) Voids() []string {
	if n.Kind() == Reminder && n.Firing() {
		return topics(n.GroupKey, n.Services())
	}
	return topics(n.GroupKey, nil)
}

// VoidsAll returns the topics about which nobody needs to be told any more: services
// that were dead and no longer are.
func (n *Notification) VoidsAll() []string {
	over, dead := map[string]bool{}, map[string]bool{}
	for _, a := range n.Alerts {
		service, name := a.Labels[schema.Service], a.Labels[alertname]
		switch {
		case service == "":
		case name == serviceDead && a.Status == firing:
			dead[service] = true
		case name == serviceDead, name == reminding && !n.Firing():
			over[service] = true
		}
	}
	var services []string
	for service := range over {
		if !dead[service] {
			services = append(services, service)
		}
	}
	return topics("", services)
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
	return all
}
