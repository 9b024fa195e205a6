// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// How long a job that has run for too long has to end, and how often it is looked
// whether it has.
const (
	termWait  = 10 * time.Second // once it was asked to
	killWait  = 5 * time.Second  // once it was killed; it may wait for a file system that is away
	lookEvery = 50 * time.Millisecond
)

// A process is a job that runs. It leads a process group of its own, which is what
// signals are for; but in the foreground of a terminal it stays in the group of this
// process, as another one could not read from there.
type process struct {
	*os.Process
	group int           // that it leads; 0: it is in that of this process, at a terminal
	ended chan struct{} // closed once it has
}

// atKeyboard tells whether this process is in the foreground of a terminal, whose keys
// send their signals to the job, too.
func atKeyboard() bool {
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	defer func() { _ = tty.Close() }() // nothing was written
	foreground, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err == nil && foreground == syscall.Getpgrp()
}

// await passes signals on until the process has ended, or has run for too long, and is
// ended then.
func (p *process) await(signals <-chan os.Signal, timeout time.Duration) (inTime, ended bool) {
	var limit <-chan time.Time
	if timeout > 0 {
		limit = time.After(timeout)
	}
	for {
		select {
		case <-p.ended:
			return true, true
		case s := <-signals:
			p.pass(s)
		case <-limit:
			return false, p.end(signals)
		}
	}
}

// end asks the job to end, and kills what is left of it after a while, whether the
// process that was started is among it or has ended before the others. It tells whether
// that process has ended.
func (p *process) end(signals <-chan os.Signal) bool {
	p.send(syscall.SIGTERM)
	limit := time.After(termWait)
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for p.left() {
		select {
		case <-look.C:
		case s := <-signals:
			p.pass(s)
		case <-limit:
			p.send(syscall.SIGKILL)
			select {
			case <-p.ended:
				return true
			case <-time.After(killWait):
				return false
			}
		}
	}
	return true
}

// left tells whether anything of the job is left that signals reach.
func (p *process) left() bool {
	select {
	case <-p.ended:
		return p.group != 0 && syscall.Kill(-p.group, 0) == nil
	default:
		return true
	}
}

// pass passes a signal on to the job, unless that has it already.
func (p *process) pass(s os.Signal) {
	if typed := p.group == 0 && (s == syscall.SIGINT || s == syscall.SIGQUIT); !typed {
		p.send(s)
	}
}

// send sends a signal to all of the job, as far as it has a group of its own.
func (p *process) send(s os.Signal) {
	if number, ok := s.(syscall.Signal); ok && p.group != 0 {
		_ = syscall.Kill(-p.group, number) // it may have ended
		return
	}
	_ = p.Signal(s)
}
