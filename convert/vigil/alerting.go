// SPDX-License-Identifier: Apache-2.0

package vigil

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/configfile"
)

const (
	alertingFile     = "alerting.yml"
	alertmanagerFile = "alertmanager.yml"
)

// Names of receivers.
const (
	changes = "changes"
	again   = "reminders"
	started = "startup"
	hook    = "vigil-webhook"
	nobody  = "nobody"
)

// Bounds of alerting.yml.
const (
	maxInterval = 30 * 24 * 60 * 60 // seconds
	maxStep     = 365 * 24 * 60 * 60
	maxLimit    = 100
)

const ofEach = "Each service is reminded of by itself, not the whole; " +
	"https://github.com/pharos-status/pharos/blob/main/docs/alerting.md has what else differs."

// reminders returns when reminders come; none if the file asks for none.
func (n *notifier) reminders(s *section) configfile.Map {
	interval := s.number("reminder_interval", 0, 0, longest)
	backoff := s.text("reminder_backoff_function", "none")
	limit := s.number("reminder_backoff_limit", 3, 0, math.MaxUint16)
	escalate := s.flag("reminder_escalate", false)
	if escalate.value && interval.set && s.t.items["pushover"] != nil {
		n.escalate = escalate.origin
	}
	names := []string{"none", "linear", "square", "cubic"}
	power := slices.Index(names, backoff.value)
	if power < 0 {
		n.c.failAt(backoff.src, "is %q, want one of %s", backoff.value, strings.Join(names, ", "))
	}
	if !interval.set {
		for _, o := range []origin{backoff.origin, limit.origin, escalate.origin} {
			n.c.missing(o, "Without a reminder_interval there are no reminders, as in Vigil.")
		}
		return nil
	}
	b := block{c: n.c, file: alertingFile, path: "reminders"}
	n.interval(&b, interval)
	b.put("backoff", backoff.value, "none", backoff.origin, "")
	n.limit(&b, limit, interval.value, power)
	switch {
	case n.escalate.set:
		n.c.note(escalate.origin, bridgeFile+": channels.pushover.escalate", "")
	case escalate.value:
		n.c.note(escalate.origin, "", "There is no channel that tells a list of people with priorities, so it has no effect, as in Vigil.")
	default:
		n.c.note(escalate.origin, bridgeFile, "")
	}
	return b.m
}

func (n *notifier) interval(b *block, s setting[int]) {
	every, differs := seconds(s.value), ofEach
	switch {
	case s.value == 0:
		every, differs = 10*time.Second, "0 meant each time that Vigil looked, which was every 10 s. "+ofEach
	case s.value > maxInterval:
		n.c.failAt(s.src, "is %d, want at most %d (30 days)", s.value, maxInterval)
	}
	b.put("interval", every, nil, s.origin, differs)
}

// limit puts the reminder from which on the interval no longer grows.
func (n *notifier) limit(b *block, s setting[int], interval, power int) {
	limit, differs := min(max(s.value, 1), maxLimit), ""
	for power > 0 && limit > 1 && float64(interval)*math.Pow(float64(limit), float64(power)) > maxStep {
		limit--
	}
	if limit != max(s.value, 1) {
		differs = "It is lower, as there may be at most a year between two reminders, and at most 100 that differ."
	}
	b.put("limit", limit, 3, s.origin, differs)
}

// alerting makes alerting.yml.
func (n *notifier) alerting(startup setting[bool], reminders configfile.Map) {
	var doc configfile.Map
	tells := len(n.told(false)) > 0
	switch {
	case startup.value && tells:
		doc = append(doc, configfile.Entry{
			Key: "startup", Value: configfile.Flow{Value: configfile.Map{{Key: "receiver", Value: started}}}, After: startup.after(),
		})
		n.c.note(startup.origin, alertingFile+": startup", "It is told once the exporter runs, and once if it starts twice within five minutes.")
	case startup.value:
		n.c.note(startup.origin, "", "There is no channel to tell. Once there is a receiver in alertmanager.yml, write startup: {receiver: NAME} into alerting.yml.")
	default:
		n.c.note(startup.origin, alertingFile, "")
	}
	if len(reminders) > 0 {
		if len(n.channels) > 0 {
			reminders = append(reminders, configfile.Entry{
				Key: "only", Value: configfile.Flow{Value: []string{again}}, After: "the receiver of all channels, which get their changes by routes",
			})
		}
		doc = append(doc, configfile.Entry{Key: "reminders", Value: reminders})
	}
	if len(doc) > 0 {
		n.c.write(alertingFile, false, doc)
	}
}

// told returns the channels that get reminders, or changes and starts.
func (n *notifier) told(reminders bool) (all []channel) {
	for _, ch := range n.channels {
		if reminders || !ch.only {
			all = append(all, ch)
		}
	}
	return all
}
