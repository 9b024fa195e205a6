// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/prometheus/procfs"
)

// ticks is how many of the kernel's ticks, in which it shows times, are a second: the
// same on all machines that Go runs on.
const ticks = 100

// maxProcFile bounds what is read of a file of procfs or of the cgroups, in bytes.
const maxProcFile = 64 << 10

// A stat is what the kernel tells of a process in one file, at one moment.
type stat struct {
	identity

	name    string // as the process calls itself; at most 15 bytes
	state   byte
	cpu     float64 // seconds that all of its threads have run
	threads int
	memory  float64 // resident, in bytes
}

// An identity is that of a process: its number is used again, but not with the same
// start.
type identity struct {
	pid   int
	start uint64 // in ticks after the boot
}

// ended tells whether a process has ended, though it is still listed: its parent has
// not asked for its exit code. One whose first thread has ended may have others.
func (s *stat) ended() bool {
	return s.state == 'X' || s.state == 'x' || s.state == 'Z' && s.threads <= 1
}

// stopped tells whether a process was stopped by a signal or a debugger.
func (s *stat) stopped() bool { return s.state == 'T' || s.state == 't' }

// procs reads procfs.
type procs struct {
	root string
	fs   procfs.FS
	err  error // why there is no procfs here
}

func newProcs(root string) *procs {
	p := &procs{root: root}
	p.fs, p.err = procfs.NewFS(root)
	if p.err != nil {
		p.err = fmt.Errorf("processes can be watched on Linux, where procfs is at %s: %w", root, p.err)
	}
	return p
}

// stat returns what there is to tell of a process; a gone error if there is none.
func (p *procs) stat(pid int) (stat, error) {
	if p.err != nil {
		return stat{}, p.err
	}
	text, err := readFile(p.path(pid, "stat"))
	switch {
	case isGone(err) && p.hides(pid):
		return stat{}, fmt.Errorf("process %d is there but hidden (hidepid); run pharos_reporter as the user of the process or as root", pid)
	case isGone(err):
		return stat{}, gonef("there is no process %d", pid)
	case err != nil:
		return stat{}, fmt.Errorf("process %d: %w", pid, err)
	}
	return parseStat(pid, text)
}

// hides tells whether procfs keeps quiet about a process that there is.
func (p *procs) hides(pid int) bool { return p.root == "/proc" && exists(pid) }

func (p *procs) path(pid int, name string) string {
	return filepath.Join(p.root, strconv.Itoa(pid), name)
}

// parseStat reads /proc/PID/stat. The name in it may hold whatever a process likes,
// parentheses too.
func parseStat(pid int, text []byte) (stat, error) {
	begin, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if begin < 0 || end < begin {
		return stat{}, fmt.Errorf("process %d: its stat has no name", pid)
	}
	const state, utime, stime, threads, start, rss = 0, 11, 12, 17, 19, 21 // places after the name
	fields := bytes.Fields(text[end+1:])
	if len(fields) <= rss || len(fields[state]) != 1 {
		return stat{}, fmt.Errorf("process %d: its stat is cut off", pid)
	}
	s := stat{identity: identity{pid: pid}, name: string(text[begin+1 : end]), state: fields[state][0]}
	user, err1 := strconv.ParseUint(string(fields[utime]), 10, 63)
	system, err2 := strconv.ParseUint(string(fields[stime]), 10, 63)
	count, err3 := strconv.ParseInt(string(fields[threads]), 10, 32)
	begun, err4 := strconv.ParseUint(string(fields[start]), 10, 64)
	pages, err5 := strconv.ParseInt(string(fields[rss]), 10, 63)
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return stat{}, fmt.Errorf("process %d: its stat: %w", pid, err)
	}
	s.start, s.threads = begun, int(count)
	s.cpu = (float64(user) + float64(system)) / ticks
	s.memory = float64(max(pages, 0)) * float64(os.Getpagesize())
	return s, nil
}

// program returns the last part of the path with which a process was started; empty
// if it has none, as those of the kernel.
func (p *procs) program(pid int) string {
	text, err := readFile(p.path(pid, "cmdline"))
	if err != nil {
		return ""
	}
	first, _, _ := bytes.Cut(text, []byte{0})
	if len(first) == 0 {
		return ""
	}
	return path.Base(string(first))
}

// openFiles returns how many files a process has open, and what share that is of what
// it may.
func (p *procs) openFiles(pid int) (open, share float64, err error) {
	proc, err := p.fs.Proc(pid)
	if err != nil {
		return 0, 0, err
	}
	n, err := proc.FileDescriptorsLen()
	if err != nil {
		return 0, 0, err
	}
	limits, err := proc.Limits()
	if err != nil {
		return 0, 0, err
	}
	if limits.OpenFiles > 0 {
		share = float64(n) / float64(limits.OpenFiles)
	}
	return float64(n), share, nil
}

// memory returns how much the machine has, in bytes.
func (p *procs) memory() (float64, error) {
	if p.err != nil {
		return 0, p.err
	}
	info, err := p.fs.Meminfo()
	if err != nil {
		return 0, err
	}
	if info.MemTotalBytes == nil || *info.MemTotalBytes == 0 {
		return 0, errors.New("the kernel does not say how much memory there is")
	}
	return float64(*info.MemTotalBytes), nil
}

// readFile reads a file of the kernel, whose size is not known before.
func readFile(name string) ([]byte, error) {
	in, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer in.Close() //nolint:errcheck // only read
	return io.ReadAll(io.LimitReader(in, maxProcFile))
}

// isGone tells whether an error of readFile means that the process or the cgroup is no
// more: it may end between opening and reading.
func isGone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) || errors.Is(err, syscall.ENODEV)
}
