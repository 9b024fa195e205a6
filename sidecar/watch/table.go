// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"os"
	"slices"
	"strconv"
	"sync"
	"time"
)

// freshness is how old the table may be of whom it has found: watches that look at the
// same time share it, and each asks the kernel about what it found there.
const freshness = time.Second

// A table lists the processes by name. It is safe for concurrent use.
type table struct {
	procs *procs

	mu    sync.Mutex
	at    time.Time
	pids  map[string][]int // by both names that a process may have
	blind bool             // others' processes are hidden
}

// find returns the processes of a name, and whether there may be more that are hidden.
// With fresh, the table is not older than this call.
func (t *table) find(name string, now time.Time, fresh bool) (pids []int, blind bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if age := now.Sub(t.at); fresh || age < 0 || age >= freshness || t.pids == nil {
		if err := t.readLocked(); err != nil {
			return nil, false, err
		}
		t.at = now
	}
	return slices.Clone(t.pids[name]), t.blind, nil
}

func (t *table) readLocked() error {
	if t.procs.err != nil {
		return t.procs.err
	}
	entries, err := os.Open(t.procs.root)
	if err != nil {
		return err
	}
	defer entries.Close() //nolint:errcheck // only read
	names, err := entries.Readdirnames(-1)
	if err != nil {
		return err
	}
	t.pids = make(map[string][]int, len(t.pids))
	t.blind = false
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			t.addLocked(pid)
		}
	}
	if _, err := readFile(t.procs.path(1, "stat")); err != nil {
		t.blind = true // the first process is always there
	}
	return nil
}

func (t *table) addLocked(pid int) {
	text, err := readFile(t.procs.path(pid, "stat"))
	if isGone(err) {
		return
	}
	s, parseErr := parseStat(pid, text)
	if err != nil || parseErr != nil {
		t.blind = true
		return
	}
	if s.ended() {
		return
	}
	t.pids[s.name] = append(t.pids[s.name], pid)
	if program := t.procs.program(pid); program != "" && program != s.name {
		t.pids[program] = append(t.pids[program], pid)
	}
}
