// SPDX-License-Identifier: Apache-2.0

package alerting

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pharos-status/pharos/internal/configfile"
)

// cycle tells of a dependency that leads back to what depends: if it died, nobody
// would be told of anything. Others that there may be are told of once this one is
// gone.
func (k *checker) cycle(all []Dependency) {
	s := newSearch(all)
	for i := range all {
		if way := s.from(i); way != nil {
			p := configfile.Path{"dependencies", way[0].dependency, "depends_on", way[0].place}
			k.errorf(p, "%s", s.told(way))
			return
		}
	}
}

// A search goes once through what depends on what, in depth.
type search struct {
	all       []Dependency
	ofPart    map[Part]int
	ofService map[string][]int
	way       []step
	on        map[Part]int // the parts on the way, and how many steps led to each
	done      map[Part]bool
}

// A step leads to what is at a place in the depends_on of a dependency.
type step struct{ dependency, place int }

func newSearch(all []Dependency) *search {
	s := &search{all: all, ofPart: map[Part]int{}, ofService: map[string][]int{}, on: map[Part]int{}, done: map[Part]bool{}}
	for i, d := range all {
		s.ofPart[d.Part] = i
		s.ofService[d.Service] = append(s.ofService[d.Service], i)
	}
	return s
}

// from returns the steps of a cycle that a dependency leads to, nil if there is none
// that has not been looked for.
func (s *search) from(dependency int) []step {
	for place, part := range s.all[dependency].DependsOn {
		if first, ok := s.on[part]; ok {
			return lowestFirst(append(s.way[first:], step{dependency, place}))
		}
		if s.done[part] {
			continue
		}
		s.way = append(s.way, step{dependency, place})
		s.on[part] = len(s.way)
		for _, next := range s.below(part) {
			if way := s.from(next); way != nil {
				return way
			}
		}
		delete(s.on, part)
		s.way = s.way[:len(s.way)-1]
		s.done[part] = true
	}
	return nil
}

// below returns the dependencies of a part: those of a service are those of its nodes
// as well, and the other way around.
func (s *search) below(part Part) []int {
	if part.Node == "" {
		return s.ofService[part.Service]
	}
	var found []int
	for _, p := range []Part{part, {Service: part.Service}} {
		if i, ok := s.ofPart[p]; ok {
			found = append(found, i)
		}
	}
	return found
}

// lowestFirst returns a cycle from where it comes first in the file.
func lowestFirst(cycle []step) []step {
	first := 0
	for i, s := range cycle {
		if s.dependency < cycle[first].dependency {
			first = i
		}
	}
	return slices.Concat(cycle[first:], cycle[:first])
}

// told says how a cycle goes around.
func (s *search) told(cycle []step) string {
	names := make([]string, len(cycle))
	for i, at := range cycle {
		names[i] = s.all[at.dependency].DependsOn[at.place].String()
	}
	part := s.all[cycle[0].dependency].String()
	if len(names) == 1 && names[0] == part {
		return part + " depends on itself; remove the dependency"
	}
	return fmt.Sprintf("%s depends on %s: that is a cycle; remove one of the dependencies", part, strings.Join(names, ", which depends on "))
}
