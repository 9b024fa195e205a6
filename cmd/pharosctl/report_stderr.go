// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"os"
	"time"
)

const (
	maxLastLine = 512                    // bytes of a line that are kept
	lateOutput  = 200 * time.Millisecond // for what is in the pipe when somebody else holds it still
	maxPipe     = 1 << 20                // bytes that a pipe may hold
)

// A lastLine passes on what is written to it at once, and keeps the last line that is
// not empty.
type lastLine struct {
	to         io.Writer
	last, line []byte // the one that has ended, and the one that has not
}

// Write implements [io.Writer]. It never fails: a job is not to end because what it
// writes can't be passed on.
func (l *lastLine) Write(p []byte) (int, error) {
	_, _ = l.to.Write(p) // nobody may be there to read it
	for rest := p; len(rest) > 0; {
		end := bytes.IndexAny(rest, "\r\n")
		part := rest
		if end >= 0 {
			part = rest[:end]
		}
		l.line = append(l.line, part[:min(len(part), maxLastLine-len(l.line))]...)
		rest = rest[len(part):]
		if end >= 0 {
			l.end()
			rest = rest[1:]
		}
	}
	return len(p), nil
}

func (l *lastLine) end() {
	if len(bytes.TrimSpace(l.line)) > 0 {
		l.last = append(l.last[:0], l.line...)
	}
	l.line = l.line[:0]
}

// String returns the line.
func (l *lastLine) String() string {
	l.end()
	return string(bytes.TrimSpace(l.last))
}

// drain reads a pipe until all who can write to it have closed it. Once its deadline is
// set, only what is in it is still read: the job has ended, and what it has left
// running may hold the pipe for ever.
func (l *lastLine) drain(pipe *os.File) {
	if _, err := io.Copy(l, pipe); err == nil {
		return
	}
	buffer := make([]byte, 32<<10)
	for left := maxPipe; left > 0; {
		if err := pipe.SetReadDeadline(time.Now().Add(lateOutput)); err != nil {
			return
		}
		n, err := pipe.Read(buffer)
		_, _ = l.Write(buffer[:n])
		if err != nil {
			return
		}
		left -= n
	}
}
