// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// killWriters kills the processes that hold the other ends of pipes from which
// this process reads, and returns how many there were. Signals to a group don't
// reach a process that has left it; this is how it is found. Where there is no
// /proc, nobody is.
//
// It looks at every process of the machine, so it is only for when there is need.
func killWriters(pipes ...*os.File) (killed int) {
	// A script that is being started right now may hold a copy until it is executed;
	// the lock is held that long. Later ones have none: the writing ends are closed.
	syscall.ForkLock.RLock()
	syscall.ForkLock.RUnlock() //nolint:staticcheck // waiting for the lock is all

	var links []string
	for _, p := range pipes {
		if info, err := p.Stat(); err == nil {
			if s, ok := info.Sys().(*syscall.Stat_t); ok {
				links = append(links, fmt.Sprintf("pipe:[%d]", s.Ino))
			}
		}
	}
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range processes {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || pid == os.Getpid() || !holds(dir, links) {
			continue
		}
		if syscall.Kill(pid, syscall.SIGKILL) == nil {
			killed++
		}
	}
	return killed
}

// holds tells whether the process with this folder in /proc has one of the files
// open. Of another user's it can't be told, and nothing could be done.
func holds(dir string, links []string) bool {
	files, _ := os.ReadDir(filepath.Join(dir, "fd"))
	return slices.ContainsFunc(files, func(f os.DirEntry) bool {
		link, err := os.Readlink(filepath.Join(dir, "fd", f.Name()))
		return err == nil && slices.Contains(links, link)
	})
}
