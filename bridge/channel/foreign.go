// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"strings"

	"github.com/prometheus/alertmanager/template"

	"github.com/pharos-status/pharos/bridge/webhook"
)

// defused returns a copy of a notification in which defuse was applied to what comes
// from elsewhere: names and values of labels and annotations. So the templates,
// which are the operator's, may have the markup of a channel, and the data have not.
// Names that templates can use stay as they are, and what isLink in annotations that are
// there for addresses, such as runbook_url.
func defused(n *webhook.Notification, defuse func(string) string, isLink func(string) bool) *webhook.Notification {
	nameOf := func(name string) string {
		if isIdentifier(name) {
			return name
		}
		return defuse(name)
	}
	pairs := func(from template.KV) template.KV {
		to := make(template.KV, len(from))
		for name, value := range from {
			to[nameOf(name)] = defuse(value)
		}
		return to
	}
	annotations := func(from template.KV) template.KV {
		to := pairs(from)
		for name, value := range from {
			if strings.HasSuffix(name, "url") && isLink(value) {
				to[nameOf(name)] = value
			}
		}
		return to
	}
	link := func(address string) string {
		if isLink(address) {
			return address
		}
		return defuse(address)
	}
	data := *n.Data
	data.GroupLabels, data.CommonLabels = pairs(data.GroupLabels), pairs(data.CommonLabels)
	data.CommonAnnotations = annotations(data.CommonAnnotations)
	data.RouteLabels = pairs(data.RouteLabels)
	data.Receiver, data.ExternalURL = defuse(data.Receiver), link(data.ExternalURL)
	data.Alerts = make(template.Alerts, len(n.Alerts))
	for i, a := range n.Alerts {
		a.Labels, a.Annotations, a.GeneratorURL = pairs(a.Labels), annotations(a.Annotations), link(a.GeneratorURL)
		data.Alerts[i] = a
	}
	safe := *n
	safe.Data = &data
	return &safe
}

// isIdentifier tells whether a name has only what those of classic labels have.
func isIdentifier(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return !isASCIIWord(r) && r != '_' })
}

// isASCIIWord tells whether r is an ASCII letter or digit.
func isASCIIWord(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}
