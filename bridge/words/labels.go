// SPDX-License-Identifier: Apache-2.0

package words

import (
	"github.com/prometheus/alertmanager/template"

	"github.com/pharos-status/pharos/internal/schema"
)

// known returns where an alert is that has no service: what people know it by. It may
// be empty.
func known(a template.Alert) string { return a.Labels[knownBy(a)] }

// knownBy returns the label that says where an alert is that has no service; "" if there
// is none.
func knownBy(a template.Alert) string {
	for _, name := range []string{"instance", "host", "pod", "namespace", "job", "cluster"} {
		if a.Labels[name] != "" {
			return name
		}
	}
	return ""
}

// besides returns the labels that say more than titles do, sorted.
func besides(a template.Alert) template.Pairs {
	told := []string{"alertname", schema.Severity, schema.Notification, "prometheus"}
	if a.Labels[schema.Service] != "" {
		told = append(told, schema.Service, schema.Node)
	} else {
		told = append(told, knownBy(a))
	}
	return a.Labels.Remove(told).SortedPairs()
}

// isBare tells whether an alert says no more than a title does.
func isBare(a template.Alert) bool {
	return a.Annotations["description"] == "" && a.Annotations["message"] == "" && len(besides(a)) == 0
}
