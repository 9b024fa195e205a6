// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/rules/alerting"
)

// nobody is the configuration of those who have none.
const nobody = `# Nobody is told of anything: there is no alertmanager.yml.
route:
  receiver: nobody

receivers:
  - name: nobody
`

// Alertmanager returns the configuration base with what c asks for: routes before
// those that it has, and one after them, inhibit rules and time intervals. Comments
// are kept. It is called name in messages, and nil stands for one that tells nobody.
// Receivers that base does not have are refused.
func Alertmanager(c *alerting.Config, name string, base []byte) ([]byte, error) {
	if base == nil {
		if err := checkAbsent(c, name); err != nil {
			return nil, err
		}
		base = []byte(nobody)
	}
	f, err := configfile.Parse(name, base)
	if err != nil {
		return nil, err
	}
	have, err := checkBase(c, f)
	if err != nil {
		return nil, err
	}
	routes := configfile.Path{"route", "routes"}
	for _, err := range []error{
		f.Prepend(routes, slices.Concat(heartbeats(c), reminding(c.Reminders), owning(c))...),
		f.Append(routes, otherReminders(c.Reminders, have.Route.Receiver)...),
		f.Append(configfile.Path{"inhibit_rules"}, inhibiting(c.Dependencies)...),
		f.Append(configfile.Path{"time_intervals"}, slices.Concat(quiet(c.QuietHours), always(c))...),
	} {
		if err != nil {
			return nil, err
		}
	}
	return f.Text()
}

// base is what is read of an operator's configuration.
type base struct {
	Route *struct {
		Receiver string `yaml:"receiver"`
	} `yaml:"route"`
	Receivers []struct {
		Name string `yaml:"name"`
	} `yaml:"receivers"`
	TimeIntervals []struct {
		Name string `yaml:"name"`
	} `yaml:"time_intervals"`
}

// checkAbsent refuses receivers where there is no file to have them.
func checkAbsent(c *alerting.Config, name string) error {
	var errs configfile.Errors
	for _, r := range wantedReceivers(c) {
		errs = append(errs, &configfile.Error{File: name, Msg: fmt.Sprintf("there is no such file, and %s of alerting.yml names the receiver %q; write the file, with that receiver in it", r.where, r.name)})
	}
	return errs.Err()
}

// checkBase returns what is read of f, and checks that f has what the routes refer to, and nothing that would stand
// in their way.
func checkBase(c *alerting.Config, f *configfile.File) (have base, err error) {
	if err := f.Peek(&have); err != nil {
		return have, err
	}
	var errs configfile.Errors
	if have.Route == nil {
		errs = append(errs, f.Errorf(nil, "there is no route; write one, such as route: {receiver: NAME}"))
	}
	names := map[string]bool{}
	for _, r := range have.Receivers {
		names[r.Name] = true
	}
	for _, r := range wantedReceivers(c) {
		if !names[r.name] {
			errs = append(errs, f.Errorf(configfile.Path{"receivers"}, "there is no receiver %q, which %s of alerting.yml names; add it here, or change it there", r.name, r.where))
		}
	}
	for i, t := range have.TimeIntervals {
		if t.Name == quietName && c.QuietHours != nil || t.Name == alwaysName && always(c) != nil {
			errs = append(errs, f.Errorf(configfile.Path{"time_intervals", i, "name"}, "%q is the name of one that alerting.yml adds; choose another one", t.Name))
		}
	}
	return have, errs.Err()
}

// A wantedReceiver is one that a configuration names, and where.
type wantedReceiver struct{ where, name string }

func wantedReceivers(c *alerting.Config) []wantedReceiver {
	var all []wantedReceiver
	if c.Startup != nil {
		all = append(all, wantedReceiver{"startup", c.Startup.Receiver})
	}
	if c.Watchdog != nil {
		all = append(all, wantedReceiver{"watchdog", c.Watchdog.Receiver})
	}
	if r := c.Reminders; r != nil {
		for _, name := range r.Only {
			all = append(all, wantedReceiver{"reminders.only", name})
		}
		for _, name := range r.Escalate {
			all = append(all, wantedReceiver{"reminders.escalate", name})
		}
	}
	for i, o := range c.Owners {
		for _, name := range o.Receivers {
			all = append(all, wantedReceiver{fmt.Sprintf("owners[%d]", i), name})
		}
	}
	return all
}

// How soon a group tells of what it has, looks for new alerts, and repeats what it
// has told. Each reminder is a new alert. Alertmanager remembers for five days what
// it has told, so it can't be kept from repeating it then.
const (
	atOnce = "0s"
	soon   = model.Duration(5 * time.Second)
	rarely = "120h"
)

// A route is one of Alertmanager's.
type route struct {
	Matchers  []configfile.Quoted `yaml:"matchers,flow"`
	Receiver  string              `yaml:"receiver,omitempty"`
	Continue  bool                `yaml:"continue,omitempty"`
	GroupBy   []string            `yaml:"group_by,flow,omitempty"`
	Wait      string              `yaml:"group_wait,omitempty"`
	Interval  string              `yaml:"group_interval,omitempty"`
	Repeat    string              `yaml:"repeat_interval,omitempty"`
	MuteTimes []string            `yaml:"mute_time_intervals,flow,omitempty"`
	Routes    []configfile.Item   `yaml:"routes,omitempty"`
}

// heartbeats returns the routes of what says that all is well.
func heartbeats(c *alerting.Config) []configfile.Item {
	var all []configfile.Item
	if w := c.Watchdog; w != nil {
		all = append(all, configfile.Item{
			Comment: "# The dead man's switch: it is told again and again that alerting works.",
			Value: route{
				Matchers: matchers(equal("alertname", "PharosWatchdog")), Receiver: w.Receiver,
				Wait: atOnce, Interval: min(w.Interval, soon).String(), Repeat: w.Interval.String(),
			},
		})
	}
	if s := c.Startup; s != nil {
		all = append(all, configfile.Item{
			Comment: "# An exporter has started.",
			Value: route{
				Matchers: matchers(equal("alertname", "PharosStarted")), Receiver: s.Receiver,
				GroupBy: []string{"job", "instance"}, Wait: atOnce, Repeat: rarely,
			},
		})
	}
	return all
}
