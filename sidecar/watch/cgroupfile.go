// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"bytes"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"syscall"
)

// errNotSupported is how the kernel refuses the list of processes of a cgroup that has
// threads in it alone.
const errNotSupported = syscall.EOPNOTSUPP

// unlimited is below what version 1 shows of memory without a limit, and above what
// any machine has.
const unlimited = 1 << 60

// single reads a file that has one number.
func single(dir, name string) (float64, error) {
	text, err := figure(dir, name)
	if err != nil {
		return math.NaN(), err
	}
	return number(name, bytes.TrimSpace(text))
}

// keyed reads the number after a key, of a file with one on each line.
func keyed(dir, name, key string) (float64, error) {
	text, err := figure(dir, name)
	if err != nil {
		return math.NaN(), err
	}
	for line := range bytes.Lines(text) {
		if fields := bytes.Fields(line); len(fields) == 2 && string(fields[0]) == key {
			return number(name, fields[1])
		}
	}
	return math.NaN(), fmt.Errorf("%s has no %s", name, key)
}

// workingSet returns the memory in use without what the kernel gives back at once when
// others need it: pages of files that nobody has read lately.
func workingSet(dir, name, inactive string) (float64, error) {
	used, err := single(dir, name)
	if err != nil {
		return math.NaN(), err
	}
	cached, err := keyed(dir, "memory.stat", inactive)
	if err != nil {
		return math.NaN(), err
	}
	return max(used-cached, 0), nil
}

// quota returns how many cores a cgroup of version 2 may use, +Inf if there is no limit.
func quota(dir string) float64 {
	text, err := figure(dir, "cpu.max")
	if err != nil {
		return math.Inf(1)
	}
	fields := bytes.Fields(text)
	if len(fields) != 2 {
		return math.Inf(1)
	}
	return cores(number("cpu.max", fields[0]))(number("cpu.max", fields[1]))
}

// oldQuota is quota of version 1, where -1 is no limit.
func oldQuota(dir string) float64 {
	return cores(single(dir, "cpu.cfs_quota_us"))(single(dir, "cpu.cfs_period_us"))
}

// cores returns a time of a period as a share of it.
func cores(time float64, timeErr error) func(period float64, err error) float64 {
	return func(period float64, err error) float64 {
		if timeErr != nil || err != nil || time <= 0 || period <= 0 {
			return math.Inf(1)
		}
		return time / period
	}
}

func figure(dir, name string) ([]byte, error) {
	if dir == "" {
		return nil, fmt.Errorf("the cgroup has no %s: its controller is off", name)
	}
	text, err := readFile(filepath.Join(dir, name))
	if isGone(err) {
		return nil, fmt.Errorf("the cgroup has no %s: its controller is off", name)
	}
	return text, err
}

// number reads a number of the kernel, which is never below 0 but for -1, no limit.
func number(name string, text []byte) (float64, error) {
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return math.NaN(), fmt.Errorf("%s has %.20q in place of a number", name, text)
	}
	return float64(n), nil
}
