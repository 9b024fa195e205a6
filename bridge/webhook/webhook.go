// SPDX-License-Identifier: Apache-2.0

// Package webhook reads what Alertmanager posts to a webhook, in version 4 of its
// format, and makes the texts in it harmless to show. It tells what a notification
// means, too: what becomes of it is left to others.
package webhook

import (
	"github.com/prometheus/alertmanager/template"
)

// A Notification is what Alertmanager says of a group of alerts. It has the data
// that Alertmanager's templates know, and is not changed once parsed. Marshalled as
// JSON and parsed again it is the same.
type Notification struct {
	*template.Data

	Version         string `json:"version"` // "4"
	GroupKey        string `json:"groupKey"`
	TruncatedAlerts uint64 `json:"truncatedAlerts"` // how many more alerts the group has
}

// A Kind is what a notification is, as Vigil had it.
type Kind string

// The kinds of notifications.
const (
	Changed  Kind = "changed"  // something began, ended or repeats
	Reminder Kind = "reminder" // an outage goes on
	Startup  Kind = "startup"  // an exporter has started
)

// What the bridge knows alerts by, besides what internal/schema names.
const (
	alertname = "alertname"
	outage    = "outage" // the label of reminders that says when the outage began, in seconds since 1970

	firing   = "firing"
	resolved = "resolved"

	serviceDead = "PharosServiceDead"
	replicaDead = "PharosReplicaDead"
)
