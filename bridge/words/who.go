// SPDX-License-Identifier: Apache-2.0

package words

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/alertmanager/template"

	"github.com/pharos-status/pharos/internal/schema"
)

// How many names a title has, and what everybody may read, before the others are
// only counted.
const (
	maxNamed  = 3
	maxPublic = 5
)

// Who says of whom something is told: of services, nodes or replicas.
type Who struct {
	Names  string        // as "db, web and 3 more services"; may be empty
	Plural bool          // whether they are several
	Since  time.Time     // when it began for the first of them; zero if unknown
	Lasted time.Duration // how long it took once it is over; 0 if unknown
}

// Subject returns who the title is about, if that is something of ours that is dead, or
// was; else nil. It lasted as long as for the one for which it lasted longest.
func (d Data) Subject() *Who {
	worst := d.Worst()
	if !isDeath(worst) {
		return nil
	}
	who := &Who{}
	alike := d.alike()
	for _, a := range alike {
		who.Since = earlier(who.Since, a.StartsAt)
		who.Lasted = max(who.Lasted, lasted(a))
	}
	switch {
	case isOutage(worst):
		names := distinct(alike, func(a template.Alert) string { return a.Labels[schema.Service] })
		who.Names, who.Plural = list(names, maxNamed, "services"), len(names) > 1
	case worst.Labels[schema.Replica] != "":
		who.Names, who.Plural = replicas(alike), len(alike) > 1
	default:
		who.Names, who.Plural = nodes(alike)
	}
	return who
}

// Affected returns the services that fare as badly as that of the worst alert; if none
// fires, all. It lasted until it was over for the last of them.
func (d Data) Affected() Who {
	var who Who
	var affected []template.Alert
	var end time.Time
	for _, a := range d.Alerts {
		if d.firing > 0 && rank(a) != rank(d.Worst()) {
			break
		}
		affected = append(affected, a)
		who.Since = earlier(who.Since, a.StartsAt)
		if isOver(a) && a.EndsAt.After(end) {
			end = a.EndsAt
		}
	}
	if !who.Since.IsZero() && end.After(who.Since) {
		who.Lasted = end.Sub(who.Since)
	}
	names := distinct(affected, func(a template.Alert) string { return a.Labels[schema.Service] })
	who.Names, who.Plural = list(names, maxPublic, "services"), len(names) > 1
	return who
}

// Revived returns which services are dead no more while other alerts of the group fire;
// nil if there is none.
func (d Data) Revived() *Who {
	dead := map[string]bool{"": true}
	var over []template.Alert
	for i, a := range d.Alerts {
		switch {
		case a.Labels["alertname"] != alertServiceDead:
		case i < d.firing:
			dead[a.Labels[schema.Service]] = true
		case d.firing > 0 && !dead[a.Labels[schema.Service]]:
			over = append(over, a)
		}
	}
	names := distinct(over, func(a template.Alert) string { return a.Labels[schema.Service] })
	if len(names) == 0 {
		return nil
	}
	return &Who{Names: list(names, maxNamed, "services"), Plural: len(names) > 1}
}

// Elsewhere returns the services of the alerts that fire besides those that the title is
// about, if it does not name them.
func (d Data) Elsewhere() string {
	named := map[string]bool{}
	for _, a := range d.alike() {
		named[a.Labels[schema.Service]] = true
	}
	return list(distinct(d.Alerts[:d.firing], func(a template.Alert) string {
		if service := a.Labels[schema.Service]; !named[service] {
			return service
		}
		return ""
	}), maxNamed, "services")
}

// alike returns the alerts that the title is about: of deaths, all that say the same as
// the worst.
func (d Data) alike() []template.Alert {
	worst := d.Worst()
	if !isDeath(worst) {
		return d.Alerts[:min(1, len(d.Alerts))]
	}
	var alike []template.Alert
	for _, a := range d.Alerts {
		if rank(a) != rank(worst) {
			break
		}
		if isDeath(a) && (isOutage(a) || a.Labels["alertname"] == worst.Labels["alertname"]) {
			alike = append(alike, a)
		}
	}
	return alike
}

// told returns how many of the first alerts the title tells of: those that it is about,
// and those of the nodes and replicas of what it says is dead.
func (d Data) told(first int) int {
	alike := d.alike()
	dead := map[[2]string]bool{} // services, and nodes of services
	for _, a := range alike {
		if isDeath(a) && a.Labels["alertname"] != alertReplicaDead {
			dead[[2]string{a.Labels[schema.Service], a.Labels[schema.Node]}] = true
		}
	}
	told := len(alike)
	for _, a := range d.Alerts[:first] {
		service, node := [2]string{a.Labels[schema.Service]}, [2]string{a.Labels[schema.Service], a.Labels[schema.Node]}
		switch name := a.Labels["alertname"]; {
		case name == alertReplicaDead && (dead[service] || dead[node]), (name == alertNodeDead || name == alertNodeSick) && dead[service]:
			told++
		}
	}
	return told
}

// isDeath tells whether the alert is one of ours that say who is dead.
func isDeath(a template.Alert) bool {
	switch a.Labels["alertname"] {
	case alertServiceDead, alertReminder:
		return a.Labels[schema.Service] != ""
	case alertNodeDead:
		return a.Labels[schema.Service] != "" && a.Labels[schema.Node] != "" && a.Labels[schema.Replica] == ""
	case alertReplicaDead:
		return a.Labels[schema.Service] != "" && a.Labels[schema.Node] != "" && a.Labels[schema.Replica] != ""
	}
	return false
}

// nodes returns the names of the nodes of alerts, and whether they are several.
func nodes(alerts []template.Alert) (names string, plural bool) {
	services := distinct(alerts, func(a template.Alert) string { return a.Labels[schema.Service] })
	of := func(a template.Alert) string { return a.Labels[schema.Node] }
	if len(services) == 1 {
		all := distinct(alerts, of)
		return list(all, maxNamed, "nodes") + " of " + line(services[0]), len(all) > 1
	}
	all := distinct(alerts, func(a template.Alert) string { return line(of(a)) + " of " + line(a.Labels[schema.Service]) })
	return list(all, maxNamed, "nodes"), true
}

// replicas tells how many replicas alerts are about, and where they belong.
func replicas(alerts []template.Alert) string {
	count := "a replica"
	if len(alerts) > 1 {
		count = strconv.Itoa(len(alerts)) + " replicas"
	}
	services := distinct(alerts, func(a template.Alert) string { return a.Labels[schema.Service] })
	nodes := distinct(alerts, func(a template.Alert) string { return a.Labels[schema.Node] })
	if len(services) == 1 && len(nodes) == 1 {
		count += " of " + line(nodes[0])
	}
	return count + " of " + list(services, maxNamed, "services")
}

// distinct returns the names of alerts without doubles and empty ones, in their order.
func distinct(alerts []template.Alert, name func(template.Alert) string) []string {
	seen := map[string]bool{"": true}
	var names []string
	for _, a := range alerts {
		if n := name(a); !seen[n] {
			seen[n] = true
			names = append(names, n)
		}
	}
	return names
}

// list returns the names in a line, at most so many of them, and says how many more
// there are of what they are.
func list(names []string, most int, what string) string {
	var lines []string
	for _, name := range names[:min(len(names), most)] {
		lines = append(lines, line(name))
	}
	if len(names) > most { // one more is no better than a name
		lines = append(lines[:most-1], fmt.Sprintf("%d more %s", len(names)-most+1, what))
	}
	if len(lines) < 2 {
		return strings.Join(lines, "")
	}
	last := len(lines) - 1
	return strings.Join(lines[:last], ", ") + " and " + lines[last]
}

// line returns a text in one line that is not too long for a title.
func line(text string) string { return shorten(text, 300) }

// shorten returns a text in one line. It ends in dots if cut, as the character for them
// is none of those that make an SMS short.
func shorten(text string, characters int) string {
	text = strings.Join(strings.Fields(text), " ")
	if short := Cut(text, characters); short != text {
		return strings.TrimSuffix(short, "…") + "..."
	}
	return text
}

// earlier returns the earlier of two times, of which either may be unknown.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// lasted returns how long an alert has fired that is over; 0 if that is unknown.
func lasted(a template.Alert) time.Duration {
	if !isOver(a) || a.StartsAt.IsZero() || !a.EndsAt.After(a.StartsAt) {
		return 0
	}
	return a.EndsAt.Sub(a.StartsAt)
}

// duration says how long something takes, as exactly as matters to a reader.
func duration(d time.Duration) string {
	minutes := int(d.Round(time.Minute) / time.Minute)
	hours := minutes / 60
	switch {
	case d < 30*time.Second:
		return "less than a minute"
	case hours == 0:
		return several(minutes, "minute")
	case hours >= 48:
		return several(int(d.Round(24*time.Hour)/(24*time.Hour)), "day")
	case minutes%60 == 0:
		return several(hours, "hour")
	}
	return fmt.Sprintf("%d h %d min", hours, minutes%60)
}

func several(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return strconv.Itoa(n) + " " + of + "s"
}
