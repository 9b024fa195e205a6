// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/notifier"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/template"

	"github.com/pharos-status/pharos/internal/schema"
)

// minReach is how far before the end of the process before this one an alert
// may have ended to be resolved once more, unless a group_interval is longer.
const minReach = 15 * time.Minute

// resolveAlerts tells Alertmanager of the wanted alerts that fired in the process
// before this one and do not any more. Also of those that it had resolved: the
// notification waits for the group_interval, and is lost if the process ends
// before. Alertmanager's log knows what was notified, so that nobody is told
// twice, nor of the end of what they never heard of.
func (r *recovery) resolveAlerts(ctx context.Context, at time.Time, entries []*entry, wanted func(labels.Labels) bool) error {
	firing := []*labels.Matcher{
		labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, schema.Alerts),
		labels.MustNewMatcher(labels.MatchEqual, alertState, rules.StateFiring.String()),
	}
	return r.before(ctx, at, r.reach, firing, func(ls labels.Labels, s span) {
		if r.told[ls.Hash()] || !wanted(ls) {
			return
		}
		r.told[ls.Hash()] = true
		alert := ls.MatchLabels(false, model.MetricNameLabel, alertState)
		if succeeded(entries, alert) {
			return
		}
		r.p.resolve(alert, r.annotations(ctx, entries, alert, at), time.UnixMilli(s.from))
	})
}

// succeeded tells whether the alert is a reminder after which the next one has come.
// That says enough; the end of this one could get ahead of it, as a message of its own.
func succeeded(entries []*entry, alert labels.Labels) bool {
	if alert.Get(schema.Notification) != schema.NotificationReminder {
		return false
	}
	rule := ruleOf(entries, alert)
	return rule != nil && slices.ContainsFunc(rule.ActiveAlerts(), func(a *rules.Alert) bool {
		return a.Labels.Get(schema.Service) == alert.Get(schema.Service)
	})
}

// annotations returns those that the alert would have now. The value that its
// expression had is not known any more, nor is the alert's rule if it has been
// removed: then there are none.
func (r *recovery) annotations(ctx context.Context, entries []*entry, alert labels.Labels, at time.Time) labels.Labels {
	rule := ruleOf(entries, alert)
	if rule == nil {
		return labels.EmptyLabels()
	}
	data := template.AlertTemplateData(alert.Map(), r.p.conf.Load().config.GlobalConfig.ExternalLabels.Map(),
		r.p.url.String(), promql.Sample{F: math.NaN()})
	const names = `{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}`
	all := rule.Annotations().Map()
	for name, text := range maps.Clone(all) {
		expanded, err := template.NewTemplateExpander(ctx, names+text, rule.Name(), data, model.TimeFromUnixNano(at.UnixNano()),
			template.QueryFunc(r.p.ruleOpts.QueryFunc), r.p.url, nil).Expand()
		if err != nil {
			expanded = text
		}
		all[name] = expanded
	}
	return labels.FromMap(all)
}

// ruleOf returns the rule that made the alert: of those with its name, the one
// whose labels it has.
func ruleOf(entries []*entry, alert labels.Labels) (found *rules.AlertingRule) {
	for _, e := range entries {
		for _, rule := range e.group.AlertingRules() {
			if rule.Name() != alert.Get(labels.AlertName) {
				continue
			}
			fits := true
			rule.Labels().Range(func(l labels.Label) { fits = fits && alert.Get(l.Name) == l.Value })
			if fits {
				return rule
			}
			found = rule // its labels may be templates
		}
	}
	return found
}

// resolve tells Alertmanager that an alert is over.
func (p *prom) resolve(ls, annotations labels.Labels, since time.Time) {
	p.notifier.Send(&notifier.Alert{
		Labels: ls, Annotations: annotations, StartsAt: since, EndsAt: time.Now(), GeneratorURL: p.url.String(),
	})
}
