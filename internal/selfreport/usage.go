// SPDX-License-Identifier: Apache-2.0

package selfreport

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/procfs"
)

// cgroupLimit is where a container with cgroup v2 finds its memory limit.
const cgroupLimit = "/sys/fs/cgroup/memory.max"

// A meter measures what this process uses of the machine.
type meter struct {
	proc   procfs.Proc
	memory float64 // bytes the process may use
	at     time.Time
	cpu    float64 // seconds used until at
}

func newMeter(now time.Time) (*meter, error) {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return nil, fmt.Errorf("measure this process: %w", err)
	}
	proc, err := fs.Self()
	if err != nil {
		return nil, fmt.Errorf("measure this process: %w", err)
	}
	info, err := fs.Meminfo()
	if err != nil {
		return nil, fmt.Errorf("measure the machine's memory: %w", err)
	}
	if info.MemTotalBytes == nil {
		return nil, errors.New("measure the machine's memory: the kernel does not say how much there is")
	}
	memory := float64(*info.MemTotalBytes)
	if limit, ok := containerLimit(cgroupLimit); ok {
		memory = min(memory, limit)
	}
	m := &meter{proc: proc, memory: memory, at: now.Add(-minPeriod)}
	_, _, err = m.read(now) // what was used before is not told
	return m, err
}

// containerLimit reads a memory limit in bytes; a container without one says max.
func containerLimit(path string) (bytes float64, ok bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	bytes, err = strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
	return bytes, err == nil && bytes > 0
}

// minPeriod is over how long CPU time is measured at the least: the kernel counts
// it in steps of 10 ms.
const minPeriod = time.Second

// read returns the share of all cores used since the last read, 0 if that was less
// than minPeriod ago, and the share of memory in use now.
func (m *meter) read(now time.Time) (cpu, ram float64, err error) {
	stat, err := m.proc.Stat()
	if err != nil {
		return 0, 0, fmt.Errorf("measure this process: %w", err)
	}
	used := stat.CPUTime()
	if wall := now.Sub(m.at); wall >= minPeriod {
		cpu = max(0, used-m.cpu) / wall.Seconds() / float64(runtime.NumCPU())
		m.at, m.cpu = now, used
	}
	return cpu, float64(stat.ResidentMemory()) / m.memory, nil
}
