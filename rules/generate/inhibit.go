// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"fmt"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/rules/alerting"
)

// An inhibitRule is one of Alertmanager's.
type inhibitRule struct {
	Source []configfile.Quoted `yaml:"source_matchers,flow"`
	Target []configfile.Quoted `yaml:"target_matchers,flow"`
}

// inhibiting returns the rules by which nobody is told of what can't work.
func inhibiting(all []alerting.Dependency) []configfile.Item {
	var rules []configfile.Item
	for _, d := range all {
		for _, on := range d.DependsOn {
			rules = append(rules, configfile.Item{
				Comment: fmt.Sprintf("# Nobody is told of %s while %s is dead.", named(d.Part), named(on)),
				Value: inhibitRule{
					Source: matchers(append([]matcher{death(on)}, of(on)...)...),
					Target: matchers(append([]matcher{`notification =~ "change|reminder"`}, of(d.Part)...)...),
				},
			})
		}
	}
	return rules
}

// death selects the alert that a part is dead, of all the parts.
func death(p alerting.Part) matcher {
	if p.Node == "" {
		return equal("alertname", "PharosServiceDead")
	}
	return equal("alertname", "PharosNodeDead")
}

// of selects the alerts that have to do with a part.
func of(p alerting.Part) []matcher {
	if p.Node == "" {
		return []matcher{equal("service", p.Service)}
	}
	return []matcher{equal("service", p.Service), equal("node", p.Node)}
}

// named returns the name of a part for people.
func named(p alerting.Part) string {
	if p.Node == "" {
		return p.Service
	}
	return p.Node + " of " + p.Service
}
