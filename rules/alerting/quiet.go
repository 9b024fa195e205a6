// SPDX-License-Identifier: Apache-2.0

package alerting

import (
	"fmt"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/configfile"
)

func (k *checker) quietHours(q *QuietHours, owned bool) {
	p := configfile.Path{"quiet_hours"}
	if !owned {
		k.errorf(p, "they are for what owners get, and there are no owners; name some, or remove quiet_hours")
	}
	if _, err := time.LoadLocation(q.Location); err != nil || q.Location == "" {
		k.errorf(p.At("location"), "there is no location %q; write one such as Europe/Zurich, or UTC", q.Location)
	}
	if len(q.Times) == 0 && len(q.Weekdays) == 0 {
		k.errorf(p, "neither times nor weekdays are set, so nobody would ever be told; set one")
	}
	for i, r := range q.Times {
		p := p.At("times", i)
		k.timeOfDay(p.At("start"), r.Start, day-1)
		k.timeOfDay(p.At("end"), r.End, day)
		if r.Start == r.End {
			k.errorf(p, "ends when it starts; write 00:00 to 24:00 for the whole day")
		}
	}
	for i, text := range q.Weekdays {
		if _, err := days(text); err != nil {
			k.errorf(p.At("weekdays", i), "%v", err)
		}
	}
	if len(q.Severities) == 0 {
		k.errorf(p.At("severities"), "the list is empty, so quiet hours would change nothing; name severities, or remove quiet_hours")
	}
	k.names(p.At("severities"), q.Severities)
	for i, severity := range q.Severities {
		oneOf(k, p.At("severities", i), severity, "critical", "warning", "info")
	}
}

func (k *checker) timeOfDay(p configfile.Path, text string, latest int) {
	if minutes, err := Minutes(text); err != nil || minutes > latest {
		k.errorf(p, "is %q, want a time of the day such as \"22:00\", in quotation marks", text)
	}
}

// day is how many minutes a day has.
const day = 24 * 60

// Minutes returns a time of the day, HH:MM up to 24:00, in minutes since midnight.
func Minutes(text string) (int, error) {
	t, err := time.Parse("15:04", text)
	switch {
	case text == "24:00":
		return day, nil
	case err != nil || len(text) != len("15:04"):
		return 0, fmt.Errorf("%q is no time of the day", text)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// Days tells for each day of the week, from Sunday, whether quiet hours begin on it.
func (q *QuietHours) Days() (on [7]bool) {
	for _, text := range q.Weekdays {
		of, err := days(text)
		if err != nil {
			continue // the check has told
		}
		for _, d := range of {
			on[d] = true
		}
	}
	if len(q.Weekdays) == 0 {
		on = [7]bool{true, true, true, true, true, true, true}
	}
	return on
}

// days returns the days of a range, such as monday:friday, or of a single day. A
// range may lead over the end of the week.
func days(text string) ([]time.Weekday, error) {
	from, to, isRange := strings.Cut(text, ":")
	if !isRange {
		to = from
	}
	first, ok := weekday(from)
	last, ok2 := weekday(to)
	if !ok || !ok2 {
		return nil, fmt.Errorf("is %q, want a day such as monday, or a range such as monday:friday", text)
	}
	all := []time.Weekday{first}
	for d := first; d != last; {
		d = (d + 1) % 7
		all = append(all, d)
	}
	return all, nil
}

func weekday(name string) (time.Weekday, bool) {
	for d := range time.Weekday(7) {
		if strings.EqualFold(d.String(), name) {
			return d, true
		}
	}
	return 0, false
}
