// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/pharos-status/pharos/internal/app"
)

// A zone is where times of the command line and of what is printed are local times.
// It is the value of --time-zone.
type zone struct {
	name string // empty: not given
	at   *time.Location
}

func (z *zone) flag(cmd *kingpin.CmdClause, of string) {
	z.at = time.UTC
	cmd.Flag("time-zone", "Time zone of "+of+", such as Europe/Paris. Default: UTC.").PlaceHolder("ZONE").SetValue(z)
}

// Set implements [kingpin.Value].
func (z *zone) Set(name string) (err error) {
	if z.at, err = time.LoadLocation(name); err != nil {
		return fmt.Errorf("--time-zone: there is no time zone %q; give one such as Europe/Paris", name)
	}
	z.name = name
	return nil
}

// String implements [kingpin.Value].
func (z *zone) String() string { return z.name }

// minute is how times are printed in tables, below a heading that names the zone.
func (z *zone) minute(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(z.at).Format("2006-01-02 15:04")
}

// moment is how a time is printed in a sentence.
func (z *zone) moment(t time.Time) string { return z.minute(t) + " " + z.at.String() }

// heading is that of a column of times.
func (z *zone) heading(text string) string { return text + " (" + z.at.String() + ")" }

// read reads a time of the command line: now, +2h, -30m, 2026-11-30 22:00 in the
// zone, or as RFC 3339 has it.
func (z *zone) read(flag, text string, now time.Time) (time.Time, error) {
	if text == "now" {
		return now, nil
	}
	if strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") {
		if d, err := time.ParseDuration(text); err == nil {
			return now.Add(d).Truncate(time.Second), nil
		}
	}
	iso := strings.Replace(text, " ", "T", 1)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if t, err := time.ParseInLocation(layout, iso, z.at); err == nil {
			return t, nil
		}
	}
	return time.Time{}, &app.Exit{Code: 2, Err: fmt.Errorf(`%s: %q is no time; write "2026-11-30 22:00", 2026-11-30T22:00:00+01:00, now, +2h or -30m`, flag, text)}
}

// optional is read for a flag that may be missing.
func (z *zone) optional(flag, text string, now time.Time) (*time.Time, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no time is given
	}
	t, err := z.read(flag, text, now)
	return &t, err
}
