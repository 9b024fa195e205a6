// SPDX-License-Identifier: Apache-2.0

package schedule

import "time"

// sleepers are the tasks that sleep, as a heap: the first one is due next. The times
// are here too, so that to compare two of ten thousand tasks touches neither.
type sleepers []sleeper

type sleeper struct {
	due  time.Duration
	task *task
}

// Len implements [heap.Interface].
func (s *sleepers) Len() int { return len(*s) }

// Less implements [heap.Interface].
func (s *sleepers) Less(i, j int) bool { return (*s)[i].due < (*s)[j].due }

// Swap implements [heap.Interface].
func (s *sleepers) Swap(i, j int) {
	all := *s
	all[i], all[j] = all[j], all[i]
	all[i].task.place, all[j].task.place = int32(i), int32(j)
}

// Push implements [heap.Interface].
func (s *sleepers) Push(x any) {
	if t, ok := x.(*task); ok { // nothing else is pushed
		t.place = int32(len(*s))
		*s = append(*s, sleeper{t.due, t})
	}
}

// Pop implements [heap.Interface].
func (s *sleepers) Pop() any {
	last := len(*s) - 1
	t := (*s)[last].task
	(*s)[last], *s = sleeper{}, (*s)[:last]
	return t
}
