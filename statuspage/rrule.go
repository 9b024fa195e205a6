// SPDX-License-Identifier: Apache-2.0

package statuspage

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// The bounds of a recurrence rule.
const (
	maxRRuleLength = 500
	maxInterval    = 1000
	maxCount       = 10_000
	// farAhead is how far after its beginning a rule must recur: 29 February may be
	// 8 years away.
	farAhead = 9 * 366 * 24 * time.Hour
	// lookedAt is for how long after the first date the distances are looked at.
	lookedAt = 200 * time.Hour
)

// parseRRule reads a rule and refuses what could keep the iteration busy for ever, or
// what calendars don't understand.
func parseRRule(rule string, start time.Time, zone string) (rrule.ROption, error) {
	location, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		return rrule.ROption{}, fmt.Errorf("time zone %q is not known; give a name such as Europe/Paris, or none for UTC", zone)
	}
	if len(rule) > maxRRuleLength {
		return rrule.ROption{}, fmt.Errorf("it is longer than %d characters", maxRRuleLength)
	}
	if err := checkKeys(rule); err != nil {
		return rrule.ROption{}, err
	}
	o, err := rrule.StrToROptionInLocation(rule, location)
	if err != nil {
		return rrule.ROption{}, err
	}
	if err := errors.Join(checkRanges(o), checkPositions(o)); err != nil {
		return rrule.ROption{}, err
	}
	o.Dtstart = start.In(location).Truncate(time.Second)
	return *o, checkHours(o)
}

// checkKeys allows what RFC 5545 has, each part once: the library takes more.
func checkKeys(rule string) (err error) {
	var seen []string
	for part := range strings.SplitSeq(rule, ";") {
		key, value, _ := strings.Cut(part, "=")
		switch key {
		case "INTERVAL":
			err = checkNumber(key, value, maxInterval)
		case "COUNT":
			err = checkNumber(key, value, maxCount)
		case "FREQ", "UNTIL", "WKST", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYDAY",
			"BYHOUR", "BYMINUTE", "BYSECOND", "BYSETPOS":
		default:
			return fmt.Errorf("%q is not understood; write such as FREQ=WEEKLY;BYDAY=TU", part)
		}
		if err != nil {
			return err
		}
		if slices.Contains(seen, key) {
			return fmt.Errorf("%s is there twice", key)
		}
		seen = append(seen, key)
	}
	if slices.Contains(seen, "COUNT") && slices.Contains(seen, "UNTIL") {
		return errors.New("it has both COUNT and UNTIL; give one of them")
	}
	return nil
}

// checkNumber looks at the text: the library takes 0 for what is not there.
func checkNumber(key, value string, most int) error {
	if n, err := strconv.Atoi(value); err != nil || n < 1 || n > most {
		return fmt.Errorf("%s must be from 1 to %d", key, most)
	}
	return nil
}

func checkRanges(o *rrule.ROption) error {
	switch {
	case o.Freq > rrule.HOURLY:
		return errors.New("it takes place more often than hourly")
	case len(o.Byweekno) > 0 && o.Freq != rrule.YEARLY:
		return errors.New("BYWEEKNO needs FREQ=YEARLY")
	}
	most := 53
	if o.Freq == rrule.MONTHLY || len(o.Bymonth) > 0 {
		most = 5
	}
	for _, day := range o.Byweekday {
		switch n := day.N(); {
		case n != 0 && o.Freq > rrule.MONTHLY:
			return errors.New("BYDAY can have a number only in FREQ=MONTHLY and FREQ=YEARLY")
		case n > most || n < -most:
			return fmt.Errorf("the number in BYDAY must be from -%d to %d", most, most)
		}
	}
	return nil
}

// checkPositions refuses a BYSETPOS beyond what a period can have: the library would
// look for it until the year 9999.
func checkPositions(o *rrule.ROption) error {
	if len(o.Bysetpos) == 0 {
		return nil
	}
	most := max(len(o.Byhour), 1) * max(len(o.Byminute), 1) * max(len(o.Bysecond), 1)
	switch o.Freq {
	case rrule.DAILY:
	case rrule.WEEKLY:
		most *= max(len(o.Byweekday), 1)
	case rrule.MONTHLY:
		most *= 31
	case rrule.YEARLY:
		most *= 366
	default:
		return errors.New("BYSETPOS needs FREQ=DAILY, WEEKLY, MONTHLY or YEARLY")
	}
	for _, n := range o.Bysetpos {
		if n > most || n < -most {
			return fmt.Errorf("BYSETPOS=%d never takes place: a period has %d at most", n, most)
		}
	}
	return nil
}

// someDay tells whether there is a day of the month, of the year and of the week as
// the rule wants it. The library would look for it until the year 9999.
func someDay(o rrule.ROption) bool {
	for day := o.Dtstart; day.Sub(o.Dtstart) <= farAhead; day = day.AddDate(0, 0, 1) {
		lastOfMonth := day.AddDate(0, 1, -day.Day()).Day()
		lastOfYear := time.Date(day.Year(), time.December, 31, 0, 0, 0, 0, time.UTC).YearDay()
		weekday := func(w rrule.Weekday) bool { return w.Day() == (int(day.Weekday())+6)%7 }
		if among(o.Bymonth, int(day.Month()), 12) && among(o.Bymonthday, day.Day(), lastOfMonth) &&
			among(o.Byyearday, day.YearDay(), lastOfYear) && (len(o.Byweekday) == 0 || slices.ContainsFunc(o.Byweekday, weekday)) {
			return true
		}
	}
	return false
}

// among tells whether a part of a rule allows the number, of which there are so many:
// negative ones count from the end.
func among(part []int, n, last int) bool {
	return len(part) == 0 || slices.Contains(part, n) || slices.Contains(part, n-last-1)
}

// checkHours refuses an hourly rule that never comes to one of its hours: the
// library would look for it for ever.
func checkHours(o *rrule.ROption) error {
	if o.Freq != rrule.HOURLY || len(o.Byhour) == 0 {
		return nil
	}
	step := gcd(max(o.Interval, 1), 24)
	for _, hour := range o.Byhour {
		if (hour-o.Dtstart.Hour())%step == 0 {
			return nil
		}
	}
	return errors.New("it never takes place: INTERVAL passes over all hours of BYHOUR")
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
