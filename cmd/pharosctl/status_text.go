// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

// longestName is how much of a name is shown, in places of a terminal.
const longestName = 60

// text returns the page as people read it, in lines of so many columns; 0: as long
// as they are.
func (c *statusCmd) text(s *publicStatus, columns int) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s is %s%s.\n", cut(printable(s.title), longestName), painted(c.health(s).String(), c.out.in(colourOf(c.health(s)))), c.age(s))
	if c.stale(s) {
		fmt.Fprintf(&out, "The page said %s then. Nothing newer is known: its monitoring or the page itself stands still.\n", s.Health)
	}
	out.WriteByte('\n')
	head := []string{"COMPONENT", "STATUS", "REPLICAS", "ID"}
	if s.asOf.IsZero() {
		head = head[:3] // nor does a Vigil tell ids
	}
	rows := [][]cell{plain(head...)}
	for _, service := range s.Services {
		rows = append(rows, c.row("", service.Name, service.Status, service.Maintenance, nil, service.ID))
		for _, node := range service.Nodes {
			rows = append(rows, c.row("  ", node.Name, node.Status, node.Maintenance, node.Replicas, node.ID))
		}
	}
	if len(s.Services) == 0 {
		out.WriteString("It shows no components.\n")
	} else {
		_ = writeTable(&out, rows, columns) // memory takes all
	}
	for _, list := range [][][]cell{c.incidents(s), c.maintenances(s)} {
		if len(list) > 1 {
			out.WriteByte('\n')
			_ = writeTable(&out, list, columns)
		}
	}
	return out.String()
}

// age says how old the data is.
func (c *statusCmd) age(s *publicStatus) string {
	if s.asOf.IsZero() {
		return ""
	}
	return ", as of " + ago(c.now().Sub(s.asOf))
}

func (c *statusCmd) row(indent, name string, st status.Status, maintenance bool, replicas []status.Status, id string) []cell {
	word := st.String()
	if maintenance {
		word += ", in maintenance"
	}
	return []cell{
		{text: indent + cut(printable(name), longestName)},
		{word, c.out.in(colourOf(st))},
		{text: counted(replicas)},
		{text: printable(id)},
	}
}

// counted says how many replicas are how, the worst first.
func counted(replicas []status.Status) string {
	n := map[status.Status]int{}
	for _, r := range replicas {
		n[r]++
	}
	var parts []string
	for _, st := range slices.Backward(slices.Collect(status.All())) {
		if n[st] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[st], st))
		}
	}
	return strings.Join(parts, ", ")
}

func (c *statusCmd) incidents(s *publicStatus) [][]cell {
	rows := [][]cell{plain("INCIDENT", "IMPACT", "PHASE", "BEGAN", "ID")}
	for _, e := range s.incidents {
		rows = append(rows, plain(cut(printable(e.Name), longestName), e.Impact, e.Phase, ago(c.now().Sub(e.Started)), e.ID))
	}
	return rows
}

func (c *statusCmd) maintenances(s *publicStatus) [][]cell {
	rows := [][]cell{plain("MAINTENANCE", "PHASE", "FROM (UTC)", "UNTIL (UTC)", "ID")}
	for _, e := range s.maintenances {
		at := zone{at: time.UTC}
		rows = append(rows, plain(cut(printable(e.Name), longestName), strings.ReplaceAll(e.Phase, "_", " "), at.minute(e.From), at.minute(e.Until), e.ID))
	}
	return rows
}

// colourOf returns the colour of a status, as a terminal takes it.
func colourOf(s status.Status) string {
	switch s {
	case status.Healthy:
		return "32" // green
	case status.Sick:
		return "33" // yellow
	case status.Dead:
		return "31" // red
	case status.Unknown:
	}
	return "35" // magenta
}

// ago says how long ago something was, roughly.
func ago(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < 0:
		return "now" // the clocks differ
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s ago", d/time.Second)
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min ago", d/time.Minute)
	case d < 2*day:
		return fmt.Sprintf("%d h ago", d/time.Hour)
	}
	return fmt.Sprintf("%d days ago", d/day)
}
