// SPDX-License-Identifier: Apache-2.0

package gatus

import (
	"slices"
	"time"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/folder"
	"github.com/pharos-status/pharos/convert/tree"
	"github.com/pharos-status/pharos/internal/configfile"
)

// A hearer is a receiver that is made once.
type hearer struct {
	kind            string
	override, group *tree.Value
	resolved        bool
}

// layers are places of a setting, the first of which wins.
type layers []*tree.Value

func (l layers) get(key string) *tree.Value {
	for _, v := range l {
		if found := v.Get(key); found != nil {
			return found
		}
	}
	return nil
}

const maxThreshold = 1_000_000

// alerts has those told of a node that the alerts of its endpoint name.
func (c *converter) alerts(list *tree.Value, group string, n *folder.Node, interval time.Duration) {
	for _, a := range list.Items() {
		kind, provider := c.typeOf(a)
		if provider == nil {
			continue
		}
		set := layers{a, provider.Get("default-alert")}
		if !set.get("enabled").Bool(true) {
			a.Note(convert.Missing, "", "it is not enabled, so it is left out")
			continue
		}
		name := c.receiver(hearer{kind: kind, override: a.Get("provider-override"), group: overrideOf(provider, group), resolved: set.get("send-on-resolved").Bool(false)}, provider, n)
		if name == "" {
			a.Note(convert.Missing, "", "nobody is told by it here; see what is said of the settings of its type")
			continue
		}
		wait, repeat := c.times(set, interval)
		description := set.get("description")
		description.Exact("templates/messages.tmpl: messages.description")
		c.out.Describe(n, name, description.Text())
		c.out.Tell(n, folder.Way{Receiver: name, Wait: wait, Repeat: repeat}, a.Source())
		a.Get("type").Exact("alertmanager.yml: receivers." + name)
	}
}

// typeOf returns the type of an alert and the settings of that type; nothing if Gatus
// tells nobody by it.
func (c *converter) typeOf(a *tree.Value) (string, *tree.Value) {
	if a.Map() == nil {
		return "", nil
	}
	kind := a.Get("type").Text()
	provider := c.alerting.Get(kind)
	if kind == "" || provider.Map() == nil {
		text := "alerting has no settings of this type, so Gatus tells nobody"
		if meant := configfile.Nearest(kind, keys(c.alerting)); meant != "" {
			text = "did you mean " + meant + "? " + text
		}
		a.Note(convert.Missing, "", text)
		return "", nil
	}
	return kind, provider
}

func keys(v *tree.Value) (out []string) {
	for _, one := range v.Members() {
		out = append(out, one.Key())
	}
	return out
}

// alerted tells whether Gatus tells somebody of an endpoint.
func (c *converter) alerted(list *tree.Value) bool {
	for _, a := range list.Items() {
		if _, provider := c.typeOf(a); provider != nil && (layers{a, provider.Get("default-alert")}).get("enabled").TextOr("true") == "true" {
			return true
		}
	}
	return false
}

// times says after how long somebody is told, and how often.
func (c *converter) times(set layers, interval time.Duration) (wait, repeat time.Duration) {
	const longest = 5 * 24 * time.Hour
	threshold := set.get("failure-threshold")
	failures := threshold.Int(3, 1, maxThreshold)
	wait = longest
	if failures-1 <= int(longest/max(interval, time.Millisecond)) {
		wait = time.Duration(failures-1) * interval
	}
	threshold.Note(convert.Differs, "alertmanager.yml: group_wait", "the page shows at once what is dead; somebody is told if it is still so after that many intervals")
	success := set.get("success-threshold")
	success.Int(2, 1, maxThreshold)
	success.Note(convert.Missing, "", "it is over as soon as a probe finds it healthy")
	reminder := set.get("minimum-reminder-interval")
	repeat = min(reminder.Duration(0, 0), longest)
	reminder.Note(convert.Differs, "alertmanager.yml: repeat_interval", "alerting.yml has more of reminders: escalation, and longer and longer intervals")
	set.get("send-on-resolved").Exact("alertmanager.yml: send_resolved")
	set.get("enabled").Exact("alertmanager.yml")
	if repeat > 0 {
		repeat = max(repeat, time.Second)
	}
	return wait, repeat
}

// overrideOf returns what a provider says of a group, if anything.
func overrideOf(provider *tree.Value, group string) *tree.Value {
	for _, o := range provider.Get("overrides").Items() {
		if name := o.Get("group"); name.Text() == group {
			name.Exact("alertmanager.yml: route")
			return o
		}
	}
	return nil
}

// receiver returns the receiver of an alert, which is made if there is none yet; ""
// if nothing here tells in that way.
func (c *converter) receiver(h hearer, provider *tree.Value, n *folder.Node) string {
	if name, made := c.receivers[h]; made {
		return name
	}
	name := h.kind
	if h.group != nil {
		name += " " + n.Service.ID
	}
	if h.override != nil {
		name += " " + n.Service.ID + " " + n.ID
	}
	made := c.provider(h.kind, folder.Receiver{Name: name, Resolved: h.resolved, From: provider}, layers{h.override, h.group, provider})
	c.receivers[h] = made
	return made
}

// unusedProviders tells of the types of alerts that no endpoint has.
func (c *converter) unusedProviders() {
	used := map[string]bool{}
	for h := range c.receivers {
		used[h.kind] = true
	}
	for _, p := range c.alerting.Members() {
		if used[p.Key()] {
			continue
		}
		text := "no endpoint has an alert of this type that is enabled"
		if meant := configfile.Nearest(p.Key(), providers()); meant != "" && !slices.Contains(providers(), p.Key()) {
			text = "did you mean " + meant + "? " + text
		}
		p.Note(convert.Missing, "", text)
	}
}

// providers are the types of alerts that Gatus knows.
func providers() []string {
	return []string{
		"aws-ses", "clickup", "custom", "datadog", "discord", "email", "gitea", "github", "gitlab", "googlechat", "gotify", "homeassistant", "ifttt", "ilert",
		"incident-io", "jetbrainsspace", "line", "matrix", "mattermost", "messagebird", "n8n", "newrelic", "ntfy", "opsgenie", "pagerduty", "plivo", "pushover",
		"rocketchat", "sendgrid", "signal", "signl4", "slack", "splunk", "squadcast", "teams", "teams-workflows", "telegram", "twilio", "vonage", "webex", "zapier", "zulip",
	}
}
