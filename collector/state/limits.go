// SPDX-License-Identifier: Apache-2.0

package state

import "cmp"

// Limits bound what replicas that nobody has configured may take: those that
// report by themselves.
type Limits struct {
	ReplicasPerNode int // 0: 10,000
	Replicas        int // in all; 0: 100,000
}

func (l Limits) orDefaults() Limits {
	return Limits{cmp.Or(l.ReplicasPerNode, 10_000), cmp.Or(l.Replicas, 100_000)}
}

// SetLimits replaces the limits. Replicas that are there already stay.
func (s *Store) SetLimits(l Limits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits = l.orDefaults()
}
