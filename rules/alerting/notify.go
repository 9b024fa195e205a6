// SPDX-License-Identifier: Apache-2.0

package alerting

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pharos-status/pharos/internal/configfile"
)

func (k *checker) reminders(r *Reminders) {
	p := configfile.Path{"reminders"}
	if r.Interval == 0 {
		k.errorf(p.At("interval"), "no interval is set; write one, such as 10m")
	} else {
		k.interval(p.At("interval"), r.Interval)
	}
	oneOf(k, p.At("backoff"), r.Backoff, None, Linear, Square, Cubic)
	if r.Limit < 1 || r.Limit > maxLimit {
		k.errorf(p.At("limit"), "is %d, want 1 to %d", r.Limit, maxLimit)
	} else if longest := r.step(r.Limit); longest > maxStep.Seconds() {
		k.errorf(p.At("limit"), "the time between two reminders would grow to %.0f days; lower it, or choose a gentler backoff", longest/(24*60*60))
	}
	k.names(p.At("only"), r.Only)
	k.names(p.At("escalate"), r.Escalate)
	for i, receiver := range r.Escalate {
		if slices.Contains(r.Only, receiver) {
			k.errorf(p.At("escalate", i), "receiver %q is in only as well, and would get reminders twice; keep one", receiver)
		}
	}
}

func (k *checker) owners(all []Owner) {
	for i, o := range all {
		p := configfile.Path{"owners", i}
		k.names(p.At("services"), o.Services)
		k.names(p.At("nodes"), o.Nodes)
		if len(o.Receivers) == 0 {
			k.errorf(p.At("receivers"), "the owner has no receivers; name at least one of alertmanager.yml")
		}
		k.names(p.At("receivers"), o.Receivers)
		for j, earlier := range all[:i] {
			if !earlier.Continue && covers(earlier.Services, o.Services) && covers(earlier.Nodes, o.Nodes) {
				k.errorf(p, "nothing comes this far: owners[%d] takes all of it; give that one continue: true, or change the order", j)
				break
			}
		}
	}
}

// covers tells whether each of the names is one of those of an earlier list, of which
// an empty one stands for all.
func covers(earlier, names []string) bool {
	if len(earlier) == 0 {
		return true
	}
	return len(names) > 0 && !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(earlier, name) })
}

// dependencies checks each, and that none depends on itself by way of others.
func (k *checker) dependencies(all []Dependency) {
	first := map[Part]int{}
	for i, d := range all {
		p := configfile.Path{"dependencies", i}
		k.part(p, d.Part)
		if j, ok := first[d.Part]; ok {
			k.errorf(p, "dependencies[%d] is of %s as well; put what both depend on into one", j, d.Part)
		} else {
			first[d.Part] = i
		}
		if len(d.DependsOn) == 0 {
			k.errorf(p.At("depends_on"), "names nothing; name a service or a node, or remove the dependency")
		}
		for j, on := range d.DependsOn {
			at := p.At("depends_on", j)
			k.part(at, on)
			if before := slices.Index(d.DependsOn, on); before < j {
				k.errorf(at, "%s is there twice; remove one", on)
			}
		}
	}
	if len(k.errs) == 0 {
		k.cycles(all)
	}
}

// overlap tells whether something belongs to both.
func overlap(a, b Part) bool {
	return a.Service == b.Service && (a.Node == b.Node || a.Node == "" || b.Node == "")
}

// cycles tells of a dependency that leads back to what depends: if it died, nobody
// would be told of anything.
func (k *checker) cycles(all []Dependency) {
	for i, d := range all {
		for j, on := range d.DependsOn {
			if way := wayBack(all, on, d.Part, map[Part]bool{}); way != nil {
				k.errorf(configfile.Path{"dependencies", i, "depends_on", j}, "%s", round(d.Part, way))
				return // the others of the same cycle say no more
			}
		}
	}
}

// wayBack returns what leads from a part to another by dependencies, both included;
// nil if nothing does. What it has seen it does not follow again.
func wayBack(all []Dependency, from, to Part, seen map[Part]bool) []Part {
	if overlap(from, to) {
		return []Part{from}
	}
	if seen[from] {
		return nil
	}
	seen[from] = true
	for _, d := range all {
		if !overlap(d.Part, from) {
			continue
		}
		for _, on := range d.DependsOn {
			if way := wayBack(all, on, to, seen); way != nil {
				return append([]Part{from}, way...)
			}
		}
	}
	return nil
}

// round tells of a way that leads back.
func round(part Part, way []Part) string {
	if len(way) == 1 && way[0] == part {
		return part.String() + " depends on itself; remove the dependency"
	}
	names := make([]string, len(way))
	for i, on := range way {
		names[i] = on.String()
	}
	return fmt.Sprintf("%s depends on %s: that is a cycle; remove one of the dependencies", part, strings.Join(names, ", which depends on "))
}
