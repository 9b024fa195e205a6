// SPDX-License-Identifier: Apache-2.0

package alerting

import (
	"slices"

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
		k.cycle(all)
	}
}
