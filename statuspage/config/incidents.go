// SPDX-License-Identifier: Apache-2.0

package config

import (
	"slices"
	"time"

	"github.com/prometheus/common/model"
)

// Incidents says which incidents the program opens by itself.
type Incidents struct {
	FromAlerts FromAlerts `yaml:"from_alerts"`
}

// FromAlerts says what becomes of an alert about a service.
type FromAlerts struct {
	Policy       Policy         `yaml:"policy"`        // where no rule fits
	After        model.Duration `yaml:"after"`         // for how long the alert has fired before an incident is opened
	ResolveAfter model.Duration `yaml:"resolve_after"` // for how long the service has been healthy before it is closed
	Rules        []Rule         `yaml:"rules"`         // the first one that fits wins
}

// A Rule is what becomes of some alerts.
type Rule struct {
	Services   []string        `yaml:"services"`   // empty: each
	Severities []string        `yaml:"severities"` // empty: each
	Policy     Policy          `yaml:"policy"`
	After      *model.Duration `yaml:"after"` // nil: as elsewhere
}

// A Policy is what becomes of an alert.
type Policy string

// The policies: nothing, an incident that somebody has to publish, an incident that
// everyone sees.
const (
	Off     Policy = "off"
	Draft   Policy = "draft"
	Publish Policy = "publish"
)

// For returns what becomes of an alert about a service, and after how long.
func (f *FromAlerts) For(service, severity string) (policy Policy, after time.Duration) {
	fits := func(list []string, value string) bool { return len(list) == 0 || slices.Contains(list, value) }
	for _, r := range f.Rules {
		if !fits(r.Services, service) || !fits(r.Severities, severity) {
			continue
		}
		if r.After != nil {
			return r.Policy, time.Duration(*r.After)
		}
		return r.Policy, time.Duration(f.After)
	}
	return f.Policy, time.Duration(f.After)
}

// Enabled tells whether any alert opens an incident.
func (f *FromAlerts) Enabled() bool {
	return f.Policy != Off || slices.ContainsFunc(f.Rules, func(r Rule) bool { return r.Policy != Off })
}
