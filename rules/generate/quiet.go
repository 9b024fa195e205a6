// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"slices"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/rules/alerting"
)

// The names of the time intervals that quiet hours become, and that never ends.
const (
	quietName  = "pharos-quiet-hours"
	alwaysName = "pharos-always"
)

// A timeInterval is one of Alertmanager's.
type timeInterval struct {
	Name      string            `yaml:"name"`
	Intervals []configfile.Item `yaml:"time_intervals"`
}

// An interval holds at each of the times, on each of the days.
type interval struct {
	Times    []timeRange         `yaml:"times,flow,omitempty"`
	Weekdays []configfile.Quoted `yaml:"weekdays,flow,omitempty"`
	Location configfile.Quoted   `yaml:"location"`
}

type timeRange struct {
	Start configfile.Quoted `yaml:"start_time"`
	End   configfile.Quoted `yaml:"end_time"`
}

// quiet returns quiet hours as Alertmanager has them, where no range leads over
// midnight: the night of a day becomes its evening and the morning after.
func quiet(q *alerting.QuietHours) []configfile.Item {
	if q == nil {
		return nil
	}
	all := []configfile.Item{}
	add := func(comment string, days [7]bool, times []timeRange) {
		if times != nil || len(q.Times) == 0 {
			all = append(all, configfile.Item{
				Comment: comment,
				Value:   interval{Times: times, Weekdays: weekdays(days), Location: configfile.Quoted(q.Location)},
			})
		}
	}
	var today, tomorrow []timeRange
	for _, r := range q.Times {
		from, _ := alerting.Minutes(r.Start)
		to, _ := alerting.Minutes(r.End)
		if from < to {
			today = append(today, timeRange{configfile.Quoted(r.Start), configfile.Quoted(r.End)})
			continue
		}
		today = append(today, timeRange{configfile.Quoted(r.Start), "24:00"})
		if to > 0 {
			tomorrow = append(tomorrow, timeRange{"00:00", configfile.Quoted(r.End)})
		}
	}
	days := q.Days()
	add("", days, today)
	if tomorrow != nil {
		add("# The mornings after.", after(days), tomorrow)
	}
	return []configfile.Item{{
		Comment: "# The quiet hours of alerting.yml.",
		Value:   timeInterval{Name: quietName, Intervals: all},
	}}
}

// always returns the time interval that never ends, if a route of an owner needs it.
func always(c *alerting.Config) []configfile.Item {
	if !slices.ContainsFunc(c.Owners, func(o alerting.Owner) bool {
		return !o.Continue && !slices.ContainsFunc(o.Receivers, func(name string) bool { return !reminded(c.Reminders, name) })
	}) {
		return nil
	}
	return []configfile.Item{{
		Comment: "# At any time, for reminders that have come by another route.",
		Value:   timeInterval{Name: alwaysName, Intervals: []configfile.Item{{Value: interval{Location: "UTC"}}}},
	}}
}

// after returns the days that come after days.
func after(days [7]bool) (next [7]bool) {
	for d, on := range days {
		next[(d+1)%len(next)] = on
	}
	return next
}

// weekdays lists days in ranges; none if it is every day.
func weekdays(days [7]bool) []configfile.Quoted {
	if days == [7]bool{true, true, true, true, true, true, true} {
		return nil
	}
	name := func(d int) string { return strings.ToLower(time.Weekday(d).String()) }
	var all []configfile.Quoted
	for d := 0; d < len(days); d++ {
		if !days[d] {
			continue
		}
		first := d
		for d+1 < len(days) && days[d+1] {
			d++
		}
		if first == d {
			all = append(all, configfile.Quoted(name(d)))
		} else {
			all = append(all, configfile.Quoted(name(first)+":"+name(d)))
		}
	}
	return all
}
