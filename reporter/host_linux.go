// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strconv"
	"strings"
)

// A host measures the load of the host, from the files of Linux: no more than these
// is linked into applications here.
type host struct{ root fs.FS }

func newHost(root fs.FS) host { return host{root} }

func (h host) measure(context.Context) (Load, error) {
	average, err := fs.ReadFile(h.root, "proc/loadavg")
	if err != nil {
		return Load{}, err
	}
	cpu, err := parseLoadAverage(string(average))
	if err != nil {
		return Load{}, fmt.Errorf("reading /proc/loadavg: %w", err)
	}
	memory, err := h.memory()
	if err != nil {
		return Load{}, err
	}
	return Load{CPU: cpu / float64(h.cores()), RAM: 1 - float64(memory.available)/float64(memory.total)}, nil
}

func (h host) memory() (memory, error) {
	text, err := fs.ReadFile(h.root, "proc/meminfo")
	if err != nil {
		return memory{}, err
	}
	m, err := parseMemory(text)
	if err != nil {
		return m, fmt.Errorf("reading /proc/meminfo: %w", err)
	}
	return m, nil
}

// cores returns how many cores are online, which may be more than the process may use.
func (h host) cores() int {
	if text, err := fs.ReadFile(h.root, "sys/devices/system/cpu/online"); err == nil {
		if n, err := parseCores(string(text)); err == nil {
			return n
		}
	}
	return runtime.NumCPU()
}

// parseLoadAverage reads the first number of /proc/loadavg.
func parseLoadAverage(text string) (float64, error) {
	first, _, _ := strings.Cut(text, " ")
	average, err := strconv.ParseFloat(first, 64)
	if err != nil || !(average >= 0 && average <= maxLoad) {
		return 0, fmt.Errorf("it begins with %.20q, want a load average", first)
	}
	return average, nil
}

// A memory is how much there is, in KiB.
type memory struct{ total, available uint64 }

// parseMemory reads /proc/meminfo.
func parseMemory(text []byte) (m memory, err error) {
	found := 0
	for lines := bufio.NewScanner(bytes.NewReader(text)); found < 2 && lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ":")
		var to *uint64
		switch name {
		case "MemTotal":
			to = &m.total
		case "MemAvailable":
			to = &m.available
		default:
			continue
		}
		*to, err = strconv.ParseUint(strings.TrimSpace(strings.TrimSuffix(value, "kB")), 10, 63)
		if err != nil {
			return m, fmt.Errorf("%s: %w", name, err)
		}
		found++
	}
	if m.total == 0 || m.available > m.total {
		return m, fmt.Errorf("MemTotal is %d and MemAvailable %d, want the first to be greater", m.total, m.available)
	}
	return m, nil
}

// parseCores counts the cores in a list such as 0-3,8.
func parseCores(list string) (int, error) {
	const most = 1 << 20
	count := 0
	for part := range strings.SplitSeq(strings.TrimSpace(list), ",") {
		low, high, ranged := strings.Cut(part, "-")
		if !ranged {
			high = low
		}
		from, err := strconv.ParseUint(low, 10, 31)
		if err != nil {
			return 0, err
		}
		to, err := strconv.ParseUint(high, 10, 31)
		if err != nil {
			return 0, err
		}
		if count += int(to) - int(from) + 1; to < from || count > most {
			return 0, errors.New("no list of cores")
		}
	}
	return count, nil
}
