// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"bytes"
	"io"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/pharos-status/pharos/internal/status"
)

const (
	maxOutput = 64 << 10 // bytes of a stream that are kept
	maxLines  = 8        // lines of a stream that go to the log
)

// An output is what a script leaves: what it wrote and how it ended.
type output struct {
	stdout, stderr capture
	state          *os.ProcessState // nil if it did not start, or does not end
	killed         bool             // for its time was over
}

// open makes the pipes that the script is to write to.
func (o *output) open() error {
	if err := o.stdout.open(); err != nil {
		return err
	}
	return o.stderr.open()
}

// start begins to read; the program has its own ends of the pipes now.
func (o *output) start() {
	o.stdout.start()
	o.stderr.start()
}

// finish waits for what is in the pipes when the program has ended, but not for
// those that left its group and hold them, maybe for ever: they are killed.
func (o *output) finish(t *Trace) {
	patience := time.NewTimer(outputWait)
	defer patience.Stop()
	for _, c := range []*capture{&o.stdout, &o.stderr} {
		select {
		case <-c.done:
		case <-patience.C:
			if killWriters(o.stdout.reader, o.stderr.reader) > 0 {
				t.Event(eventLeftover, "it held the output open, out of the process group")
			}
			until := time.Now().Add(outputWait)
			o.stdout.finish(until)
			o.stderr.finish(until)
			return
		}
	}
}

// close gives back the pipes.
func (o *output) close() {
	o.stdout.close()
	o.stderr.close()
}

// report puts what the script wrote into the trace and returns its first line.
func (o *output) report(t *Trace) (words string) {
	o.stdout.log(t, eventStdout)
	o.stderr.log(t, eventStderr)
	ended := o.state != nil && o.state.Exited()
	readSteps(t, o.stdout.whole(!ended))
	readSteps(t, o.stderr.whole(!ended))
	if ended { // else the figures may be half of what they were to be
		readPerfdata(t, o.stdout.whole(false))
	}
	if words = firstWords(o.stdout.text()); words == "" {
		words = firstWords(o.stderr.text())
	}
	return words
}

// A capture keeps the beginning of what a script writes to one of its outputs, and
// takes the rest, so that the script is not held up.
type capture struct {
	reader, writer *os.File
	done           chan struct{} // closed at the end of reading; nil before it has begun
	kept           []byte
	cut            bool // there was more
}

func (c *capture) open() (err error) {
	c.reader, c.writer, err = os.Pipe()
	return err
}

func (c *capture) start() {
	_ = c.writer.Close()
	c.done = make(chan struct{})
	go func() {
		defer close(c.done)
		_, _ = io.CopyBuffer(c, struct{ io.Reader }{c.reader}, make([]byte, 8<<10)) // to the end, or until nobody waits any more
	}()
}

// finish waits for the end of the stream until then.
func (c *capture) finish(until time.Time) {
	_ = c.reader.SetReadDeadline(until)
	<-c.done
}

func (c *capture) close() {
	_ = c.writer.Close() // it is closed already if the program has started
	_ = c.reader.Close()
}

// Write implements [io.Writer].
func (c *capture) Write(p []byte) (int, error) {
	room := min(len(p), maxOutput-len(c.kept))
	c.kept = append(c.kept, p[:room]...)
	c.cut = c.cut || room < len(p)
	return len(p), nil
}

func (c *capture) text() string { return string(c.kept) }

// whole returns the lines of which the end is known: all of them, or those with
// a line feed if the stream was cut, or was broken off.
func (c *capture) whole(broken bool) string {
	if !c.cut && !broken {
		return c.text()
	}
	return string(c.kept[:bytes.LastIndexByte(c.kept, '\n')+1])
}

// log writes the first lines to the log of the probe.
func (c *capture) log(t *Trace, what string) {
	n := 0
	for line := range strings.Lines(c.text()) {
		if line = clean(line); line == "" {
			continue
		}
		if n++; n > maxLines {
			t.Event(what, "(more lines are left out)")
			return
		}
		t.Event(what, line)
	}
}

// clean makes a line fit for a label, a log or a terminal: valid UTF-8, without
// control characters and spaces around it, and not too long.
func clean(line string) string {
	line = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r):
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(line, "\uFFFD"))
	return status.Shorten(strings.TrimSpace(line))
}
