// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/units"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/sidecar/config"
)

func itoa(n int) string { return strconv.Itoa(n) }

// A judgement becomes as bad as the worst that is held against the watched.
type judgement struct {
	status  status.Status
	reasons []string // of that status
}

func (j *judgement) add(s status.Status, reason string) {
	switch {
	case s.Severity() > j.status.Severity():
		j.status, j.reasons = s, []string{reason}
	case s == j.status && s != status.Healthy:
		j.reasons = append(j.reasons, reason)
	}
}

func (j *judgement) reason() string { return strings.Join(j.reasons, "; ") }

// hold holds figures to limits. A limit of what could not be measured makes unknown,
// unless there is something worse; before the second look there is no CPU figure, and
// that is no reason to doubt.
func (j *judgement) hold(l config.Limits, f *Figures, g *group) {
	j.limit(l.CPU, f.CPU, f.CPU, g.cpuErr, func(v, _ float64) string { return fmt.Sprintf("uses %.2f cores", v) })
	j.limit(l.Memory, f.Memory, f.MemoryShare, firstOf(g.memoryErr, g.shareErr), func(v, share float64) string {
		if l.Memory.Percent() {
			return fmt.Sprintf("uses %s of memory, %s", Size(v), percent(share))
		}
		return "uses " + Size(v) + " of memory"
	})
	j.limit(l.OpenFiles, f.OpenFiles, f.FilesShare, g.filesErr, func(v, share float64) string {
		if l.OpenFiles.Percent() {
			return fmt.Sprintf("has %s open, %s of what it may", counted(v, "file", "files"), percent(share))
		}
		return "has " + counted(v, "file", "files") + " open"
	})
	j.limit(l.Threads, f.Threads, f.Threads, g.threadsErr, func(v, _ float64) string { return "has " + counted(v, "thread", "threads") })
	j.limit(l.Restarts.Limit, f.Restarts, f.Restarts, nil, func(v, _ float64) string {
		return fmt.Sprintf("was restarted %s within %v", counted(v, "time", "times"), time.Duration(l.Restarts.Within))
	})
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// limit holds one figure, and its share of what is allowed, to one limit.
func (j *judgement) limit(l config.Limit, value, share float64, err error, words func(value, share float64) string) {
	if !l.Set() {
		return
	}
	if err != nil {
		j.add(status.Unknown, err.Error())
		return
	}
	above := func(a config.Amount) bool {
		if a.Percent {
			return share > a.Value
		}
		return value > a.Value // not if either is NaN
	}
	switch {
	case math.IsNaN(value):
	case l.DeadAbove.Set() && above(l.DeadAbove):
		j.add(status.Dead, words(value, share)+", dead above "+l.DeadAbove.String())
	case l.SickAbove.Set() && above(l.SickAbove):
		j.add(status.Sick, words(value, share)+", sick above "+l.SickAbove.String())
	}
}

// counted writes a number with the word for one or for more.
func counted(n float64, one, more string) string {
	word := more
	if n == 1 {
		word = one
	}
	return strconv.FormatFloat(n, 'f', 0, 64) + " " + word
}

func percent(share float64) string {
	return strconv.FormatFloat(math.Round(share*100), 'f', -1, 64) + "%"
}

// Cores writes a number of cores, and - if it was not measured.
func Cores(n float64) string {
	if math.IsNaN(n) {
		return "-"
	}
	return strconv.FormatFloat(n, 'f', 2, 64)
}

// Size writes bytes with a unit and about three digits, such as 612MiB or 1.46GiB, and -
// if they were not measured.
func Size(bytes float64) string {
	if math.IsNaN(bytes) {
		return "-"
	}
	unit, name := 1.0, "B"
	for _, next := range []struct {
		size units.Base2Bytes
		name string
	}{{units.KiB, "KiB"}, {units.MiB, "MiB"}, {units.GiB, "GiB"}, {units.TiB, "TiB"}} {
		if bytes >= float64(next.size) {
			unit, name = float64(next.size), next.name
		}
	}
	digits := 0
	if n := bytes / unit; unit > 1 && n < 10 {
		digits = 2
	} else if unit > 1 && n < 100 {
		digits = 1
	}
	return strconv.FormatFloat(bytes/unit, 'f', digits, 64) + name
}
