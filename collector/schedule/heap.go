// SPDX-License-Identifier: Apache-2.0

package schedule

// sleepers are the tasks that sleep, as a heap: the first one is due next.
type sleepers []*task

// Len implements [heap.Interface].
func (s *sleepers) Len() int { return len(*s) }

// Less implements [heap.Interface].
func (s *sleepers) Less(i, j int) bool { return (*s)[i].due < (*s)[j].due }

// Swap implements [heap.Interface].
func (s *sleepers) Swap(i, j int) {
	all := *s
	all[i], all[j] = all[j], all[i]
	all[i].place, all[j].place = int32(i), int32(j)
}

// Push implements [heap.Interface].
func (s *sleepers) Push(x any) {
	if t, ok := x.(*task); ok { // nothing else is pushed
		t.place = int32(len(*s))
		*s = append(*s, t)
	}
}

// Pop implements [heap.Interface].
func (s *sleepers) Pop() any {
	last := len(*s) - 1
	t := (*s)[last]
	(*s)[last], *s = nil, (*s)[:last]
	return t
}
