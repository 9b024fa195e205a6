// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"syscall"
	"time"
)

const (
	maxPIDFile = 4 << 10 // bytes that are looked at
	maxPID     = 1 << 30 // above all numbers that a kernel gives

	// later is how much later than its PID file a process may seem to have begun: the
	// clock may have been set in between, and the kernel's ticks are coarse.
	later = 5 * time.Second
)

// readPIDFile returns the number in a PID file, and when it was written. The error is
// a gone one if there is no such file.
func readPIDFile(name string) (pid int, written time.Time, err error) {
	in, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe must not hold us up
	if errors.Is(err, fs.ErrNotExist) {
		return 0, time.Time{}, gonef("there is no PID file %s", name)
	} else if err != nil {
		return 0, time.Time{}, err
	}
	defer in.Close() //nolint:errcheck // only read
	info, err := in.Stat()
	if err != nil {
		return 0, time.Time{}, err
	}
	if !info.Mode().IsRegular() {
		return 0, time.Time{}, fmt.Errorf("%s is no file", name)
	}
	text, err := io.ReadAll(io.LimitReader(in, maxPIDFile))
	if err != nil {
		return 0, time.Time{}, err
	}
	pid, err = parsePID(text)
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("PID file %s: %w", name, err)
	}
	return pid, info.ModTime(), nil
}

// parsePID reads the first line of a PID file; PostgreSQL writes more of them.
func parsePID(text []byte) (int, error) {
	line, _, _ := bytes.Cut(bytes.TrimSpace(text), []byte("\n"))
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return 0, errors.New("is empty")
	}
	pid, err := strconv.ParseInt(string(line), 10, 32)
	if err != nil || pid < 1 || pid > maxPID {
		return 0, errors.New("its first line is no number of a process")
	}
	return int(pid), nil
}

// A belief is that a process is the one that a PID file was written for.
type belief struct {
	identity

	written time.Time // the file
}

// named returns the process of a PID file. A number that was given to another process
// in the meantime is not taken for it: one that has not the name, if there is one, or
// that began after the file was written. A process that has the name is believed,
// though: the clock may have been wrong when the file was written. It may be set later
// on, too: what was believed once is so for as long as neither file nor process is
// another one.
func (h *Host) named(file, name string, last *belief) (stat, error) {
	pid, written, err := readPIDFile(file)
	if err != nil {
		return stat{}, err
	}
	s, err := h.procs.stat(pid)
	if _, isGone := errors.AsType[gone](err); isGone {
		return stat{}, gonef("there is no process %d, which %s names", pid, file)
	}
	switch {
	case err != nil:
		return stat{}, err
	case s.ended():
		return stat{}, gonef("process %d has ended, and its parent has not noticed (a zombie)", pid)
	case name != "":
		if program := h.procs.program(pid); s.name != name && program != name {
			return stat{}, gonef("process %d, which %s names, is %q, not %q", pid, file, s.name, name)
		}
		return s, nil
	}
	now := belief{s.identity, written}
	if now == *last {
		return s, nil
	}
	began, err := began(s.identity, h.now())
	if err != nil {
		return stat{}, err
	}
	if began.Sub(written) > later {
		return stat{}, gonef("process %d is another one (%q): it began after %s was written", pid, s.name, file)
	}
	*last = now
	return s, nil
}

// began returns when a process was started, by a clock that shows now.
func began(id identity, now time.Time) (time.Time, error) {
	up, err := uptime()
	if err != nil {
		return time.Time{}, err
	}
	start := time.Duration(id.start) * (time.Second / ticks) //nolint:gosec // ticks of some years
	return now.Add(start - up), nil
}
