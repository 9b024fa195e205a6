// SPDX-License-Identifier: Apache-2.0

package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Target is something to watch that was discovered.
type Target struct {
	URL    string            // as a replica in the file; in modes push and local it does not matter
	Labels map[string]string // labels that are not in the table of [Config.WithTargets] are ignored
}

// maxTold bounds how many targets a [TargetError] tells of.
const maxTold = 10

// A TargetError tells of targets that are not watched because something is wrong
// with them.
type TargetError struct {
	LeftOut, Of int     // how many were left out, and how many there were
	Told        []error // of the first of them
}

// Error returns a line for each target that is told of.
func (e *TargetError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d discovered targets are left out:", e.LeftOut, e.Of)
	for _, err := range e.Told {
		fmt.Fprintf(&b, "\n%v", err)
	}
	if more := e.LeftOut - len(e.Told); more > 0 {
		fmt.Fprintf(&b, "\nand %d more", more)
	}
	return b.String()
}

// WithTargets returns a Config that watches the targets besides what the files
// say; targets that were added to c before are not in it. It is always good: a
// target with something wrong is left out, and the error is a [*TargetError]
// then. Labels say where a target belongs and what holds for it:
//
//	__service, __node             IDs; both are needed
//	__service_label, __node_label for a service or a node that no file has
//	__mode                        of such a node: poll (if missing), push or local
//	__module                      of such a node
//	__min_healthy                 of such a node
//	__reveal_replica_name         of such a node: true or false
//	__link_url, __link_label      of such a node
//	__replica                     the name of the replica
//	__interval, __timeout, __sick_after, __retries, __retry_wait
//	                              for this replica alone
//
// What no label says is as the file says it of the node, the service, or in its
// defaults. The order of the targets does not matter.
func (c *Config) WithTargets(targets []Target) (*Config, error) {
	m := newMerger(c)
	failed := &TargetError{Of: len(targets)}
	for _, i := range inOrder(targets) {
		err := m.add(targets[i])
		if err == nil {
			continue
		}
		if failed.LeftOut++; len(failed.Told) < maxTold {
			failed.Told = append(failed.Told, fmt.Errorf("target %d (%.200q): %w", i+1, publicName(targets[i].URL), err))
		}
	}
	out := *c
	out.Services = c.Shard.pick(m.merged())
	if failed.LeftOut > 0 {
		return &out, failed
	}
	return &out, nil
}

// inOrder returns the places of the targets in an order that does not depend on
// theirs, so that nothing moves on the page if an endpoint shuffles its answer.
func inOrder(targets []Target) []int {
	order := make([]int, len(targets))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := targets[i], targets[j]
		return cmp.Or(cmp.Compare(a.Labels["__service"], b.Labels["__service"]), cmp.Compare(a.Labels["__node"], b.Labels["__node"]),
			cmp.Compare(a.Labels["__replica"], b.Labels["__replica"]), cmp.Compare(a.URL, b.URL))
	})
	return order
}
