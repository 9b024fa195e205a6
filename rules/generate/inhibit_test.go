// SPDX-License-Identifier: Apache-2.0

package generate_test

import (
	"os"
	"testing"

	amconfig "github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/pkg/labels"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
)

// Nobody is told of what depends on something dead, of what does not depend on it
// everybody is, and always of what Pharos says of itself.
func TestDependencies(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/full.alertmanager.yml")
	require.NoError(t, err)
	c, err := amconfig.Load(string(text))
	require.NoError(t, err)

	alert := func(name, notification, service, node string) model.LabelSet {
		l := model.LabelSet{"alertname": model.LabelValue(name), "notification": model.LabelValue(notification)}
		for label, value := range map[model.LabelName]string{"service": service, "node": node} {
			if value != "" {
				l[label] = model.LabelValue(value)
			}
		}
		return l
	}
	muted := func(target, source model.LabelSet) bool {
		for _, rule := range c.InhibitRules[1:] { // the first is the operator's
			if labels.Matchers(rule.SourceMatchers).Matches(source) && labels.Matchers(rule.TargetMatchers).Matches(target) {
				return true
			}
		}
		return false
	}
	primary := alert("PharosNodeDead", "change", "db", "primary")
	network := alert("PharosServiceDead", "change", "network", "")
	web := alert("PharosServiceDead", "change", "web", "")
	for name, tc := range map[string]struct {
		target, source model.LabelSet
		want           bool
	}{
		"a dead service":                  {web, primary, true},
		"by a service":                    {web, network, true},
		"its nodes":                       {alert("PharosNodeSick", "change", "web", "api"), primary, true},
		"its reminders":                   {alert("PharosReminder", "reminder", "web", ""), primary, true},
		"a node of it":                    {alert("PharosNodeDead", "change", "shop.example", "cart"), web, true},
		"another node":                    {alert("PharosNodeDead", "change", "shop.example", "news"), web, false},
		"the service of such a node":      {alert("PharosServiceDead", "change", "shop.example", ""), web, false},
		"a dot is a dot":                  {alert("PharosNodeDead", "change", "shopXexample", "cart"), web, false},
		"by another node":                 {web, alert("PharosNodeDead", "change", "db", "replica"), false},
		"by one that is sick":             {web, alert("PharosNodeSick", "change", "db", "primary"), false},
		"by a dead replica":               {web, alert("PharosReplicaDead", "change", "db", "primary"), false},
		"what it depends on":              {primary, web, false},
		"a service that does not depend":  {alert("PharosServiceDead", "change", "mail", ""), primary, false},
		"what Pharos says of itself":      {alert("PharosExporterDown", "change", "", ""), primary, false},
		"the watchdog":                    {alert("PharosWatchdog", "change", "", ""), network, false},
		"an alert that is not of Pharos'": {alert("HighLoad", "", "web", ""), primary, false},
	} {
		require.Equal(t, tc.want, muted(tc.target, tc.source), name)
	}
	for _, source := range []model.LabelSet{primary, network, web} {
		require.False(t, muted(source, source), "nothing silences itself")
	}
}
