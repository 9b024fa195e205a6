// SPDX-License-Identifier: Apache-2.0

package statuspage_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
)

// maintenance takes an hour and begins on Tuesday, 6 January 2026, at 02:30 in Paris.
func maintenance(rule string) statuspage.Maintenance {
	start := time.Date(2026, 1, 6, 1, 30, 0, 0, time.UTC)
	return statuspage.Maintenance{ID: "m", Start: start, End: start.Add(time.Hour), RRule: rule, TimeZone: "Europe/Paris"}
}

func starts(m statuspage.Maintenance, from, to time.Time, limit int) []string {
	var out []string
	for _, c := range m.Between(from, to, limit) {
		out = append(out, c.Start.Format("01-02 15:04")+"–"+c.End.Format("15:04"))
	}
	return out
}

func day(month time.Month, d int) time.Time { return time.Date(2026, month, d, 0, 0, 0, 0, time.UTC) }

func TestBetween(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		rule     string
		from, to time.Time
		limit    int
		want     []string
	}{
		"once":              {"", day(1, 1), day(2, 1), 9, []string{"01-06 01:30–02:30"}},
		"once, under way":   {"", day(1, 6).Add(2 * time.Hour), day(2, 1), 9, []string{"01-06 01:30–02:30"}},
		"once, over":        {"", day(1, 6).Add(150 * time.Minute), day(2, 1), 9, nil},
		"once, not yet":     {"", day(1, 1), day(1, 6).Add(90 * time.Minute), 9, nil},
		"over winter time":  {"FREQ=WEEKLY", day(3, 20), day(4, 8), 9, []string{"03-24 01:30–02:30", "03-31 00:30–01:30", "04-07 00:30–01:30"}},
		"in a missing hour": {"FREQ=DAILY", day(3, 28), day(3, 30), 9, []string{"03-28 01:30–02:30", "03-29 01:30–02:30"}},
		"limit":             {"FREQ=DAILY", day(6, 1), day(7, 1), 2, []string{"06-01 00:30–01:30", "06-02 00:30–01:30"}},
		"count":             {"FREQ=DAILY;COUNT=2", day(1, 1), day(7, 1), 9, []string{"01-06 01:30–02:30", "01-07 01:30–02:30"}},
		"until":             {"FREQ=DAILY;UNTIL=20260107T013000Z", day(1, 1), day(7, 1), 9, []string{"01-06 01:30–02:30", "01-07 01:30–02:30"}},
		"second Tuesday":    {"FREQ=MONTHLY;BYDAY=1TU", day(2, 1), day(3, 30), 9, []string{"02-03 01:30–02:30", "03-03 01:30–02:30"}},
		"each two weeks":    {"FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH", day(11, 1), day(11, 15), 9, []string{"11-10 01:30–02:30", "11-12 01:30–02:30"}},
		"each five hours":   {"FREQ=HOURLY;INTERVAL=5", day(8, 1), day(8, 2), 9, []string{"08-01 02:30–03:30", "08-01 07:30–08:30", "08-01 12:30–13:30", "08-01 17:30–18:30", "08-01 22:30–23:30"}},
		"nothing refused":   {"FREQ=SECONDLY", day(1, 1), day(2, 1), 9, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := maintenance(c.rule)
			require.Equal(t, c.want, starts(m, c.from, c.to, c.limit))
		})
	}
}

// TestBetweenAgreesWithItself: what is left out because it is long ago changes nothing.
func TestBetweenAgreesWithItself(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{ // the numbers of COUNT end some after from, some before
		"FREQ=HOURLY", "FREQ=HOURLY;INTERVAL=7", "FREQ=HOURLY;INTERVAL=3;BYHOUR=2,5", "FREQ=DAILY;INTERVAL=3", "FREQ=DAILY;BYDAY=TU,SU",
		"FREQ=WEEKLY;INTERVAL=3;BYDAY=TU,SA;WKST=SU", "FREQ=MONTHLY;BYMONTHDAY=6,31", "FREQ=YEARLY",
		"FREQ=HOURLY;COUNT=10000", "FREQ=HOURLY;INTERVAL=2;COUNT=6300", "FREQ=HOURLY;INTERVAL=7;COUNT=1800", "FREQ=HOURLY;INTERVAL=3;BYHOUR=2,5;COUNT=1060",
		"FREQ=HOURLY;BYDAY=TU,SU;COUNT=3600", "FREQ=DAILY;COUNT=530", "FREQ=DAILY;BYDAY=TU,SU;COUNT=155", "FREQ=DAILY;BYHOUR=2,4;COUNT=1100",
		"FREQ=WEEKLY;INTERVAL=3;BYDAY=TU,SA;WKST=SU;COUNT=54", "FREQ=WEEKLY;BYDAY=TU,TH;BYSETPOS=1;COUNT=80", "FREQ=WEEKLY;COUNT=20",
		"FREQ=DAILY;BYMONTH=1,5;COUNT=90",
	} {
		m := maintenance(rule)
		require.NoError(t, statuspage.CheckRRule(rule, m.Start, m.TimeZone), rule)
		all := m.Between(m.Start.Add(-time.Hour), m.Start.AddDate(2, 0, 0), 100_000)
		from := m.Start.AddDate(1, 5, 3)
		var want []statuspage.Cut
		for _, c := range all {
			if c.End.After(from) {
				want = append(want, c)
			}
		}
		require.Equal(t, want, m.Between(from, m.Start.AddDate(2, 0, 0), 100_000), rule)
	}
}

func TestCuts(t *testing.T) {
	t.Parallel()
	m := maintenance("FREQ=DAILY")
	second, third := m.Start.AddDate(0, 0, 1), m.Start.AddDate(0, 0, 2)
	m.Cuts = []statuspage.Cut{{Start: second, End: second.Add(10 * time.Minute)}, {Start: third, End: third}}
	require.Equal(t, []string{"01-06 01:30–02:30", "01-07 01:30–01:40", "01-09 01:30–02:30"}, starts(m, day(1, 1), day(1, 10), 9))
	require.Equal(t, []string{"01-09 01:30–02:30"}, starts(m, second.Add(10*time.Minute), day(1, 10), 1), "an ended one is over")
	m.Cancelled = true
	require.Empty(t, starts(m, day(1, 1), day(1, 10), 9))
}

func TestCheckRRule(t *testing.T) {
	t.Parallel()
	m := maintenance("")
	for rule, want := range map[string]string{
		"":                                    "",
		"FREQ=WEEKLY;BYDAY=TU":                "",
		"FREQ=HOURLY;INTERVAL=6":              "",
		"FREQ=DAILY;BYHOUR=2,14":              "",
		"FREQ=MONTHLY;BYDAY=TU;BYSETPOS=1":    "",
		"FREQ=SECONDLY":                       "it takes place more often than hourly",
		"FREQ=MINUTELY;INTERVAL=90":           "it takes place more often than hourly",
		"FREQ=HOURLY;BYMINUTE=30,45":          "it takes place more often than hourly",
		"FREQ=DAILY;BYHOUR=2;BYMINUTE=30,31":  "it takes place more often than hourly",
		"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30": "it never takes place; change it or remove it",
		"FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30": "it never takes place; change it or remove it",
		"FREQ=DAILY;UNTIL=20250101T000000Z":   "it never takes place; change it or remove it",
		"FREQ=HOURLY;INTERVAL=2;BYHOUR=3":     "it never takes place: INTERVAL passes over all hours of BYHOUR",
		"FREQ=WEEKLY;BYDAY=WE":                "it does not take place at its beginning, but first at 2026-01-07 02:30 CET; begin then, or change the rule",
		"FREQ=DAILY;DTSTART=20260101T000000Z": `"DTSTART=20260101T000000Z" is not understood; write such as FREQ=WEEKLY;BYDAY=TU`,
		"every day":                           `"every day" is not understood; write such as FREQ=WEEKLY;BYDAY=TU`,
		"FREQ=DAILY;FREQ=DAILY":               "FREQ is there twice",
		"FREQ=DAILY;COUNT=1;UNTIL=20300101":   "it has both COUNT and UNTIL; give one of them",
		"FREQ=DAILY;INTERVAL=1001":            "INTERVAL must be from 1 to 1000",
		"FREQ=DAILY;COUNT=10001":              "COUNT must be from 1 to 10000",
		"FREQ=DAILY;INTERVAL=0":               "INTERVAL must be from 1 to 1000",
		"FREQ=DAILY;COUNT=0":                  "COUNT must be from 1 to 10000",
		"FREQ=HOURLY;BYSETPOS=2":              "BYSETPOS needs FREQ=DAILY, WEEKLY, MONTHLY or YEARLY",
		"FREQ=DAILY;BYSETPOS=2":               "BYSETPOS=2 never takes place: a period has 1 at most",
		"FREQ=DAILY;BYHOUR=2,14;BYSETPOS=-3":  "BYSETPOS=-3 never takes place: a period has 2 at most",
		"FREQ=WEEKLY;BYDAY=TU;BYSETPOS=2":     "BYSETPOS=2 never takes place: a period has 1 at most",
		"FREQ=MONTHLY;BYDAY=TU;BYSETPOS=32":   "BYSETPOS=32 never takes place: a period has 31 at most",
		"FREQ=DAILY;BYWEEKNO=2":               "BYWEEKNO needs FREQ=YEARLY",
		"FREQ=MONTHLY;BYDAY=6TU":              "the number in BYDAY must be from -5 to 5",
		"FREQ=DAILY;BYDAY=1TU":                "BYDAY can have a number only in FREQ=MONTHLY and FREQ=YEARLY",
	} {
		err := statuspage.CheckRRule(rule, m.Start, m.TimeZone)
		if want == "" {
			require.NoError(t, err, rule)
			continue
		}
		require.ErrorIs(t, err, statuspage.ErrRRule, rule)
		require.ErrorContains(t, err, want, rule)
	}
	require.ErrorContains(t, statuspage.CheckRRule("FREQ=DAILY", m.Start, "Mars"), `time zone "Mars" is not known`)
	require.Error(t, statuspage.CheckRRule("FREQ=DAILY", m.Start, "Local"), "the zone of the machine is not that of the page")
}

func BenchmarkBetween(b *testing.B) {
	for _, rule := range []string{"FREQ=HOURLY", "FREQ=HOURLY;COUNT=10000", "FREQ=DAILY;COUNT=10000"} {
		b.Run(rule, func(b *testing.B) {
			m := maintenance(rule)
			for b.Loop() {
				m.Between(m.Start.AddDate(1, 0, 0), m.Start.AddDate(1, 0, 1), 1)
			}
		})
	}
}

// FuzzRRule: whatever the rule, an answer comes soon, and those that are taken are
// sorted, within their bounds and an hour apart.
func FuzzRRule(f *testing.F) {
	for _, rule := range []string{
		"FREQ=DAILY", "FREQ=HOURLY;INTERVAL=5;BYHOUR=1,2", "FREQ=YEARLY;BYWEEKNO=53,-1;BYDAY=MO", "FREQ=MONTHLY;BYDAY=-1FR;BYSETPOS=-1",
		"FREQ=YEARLY;BYDAY=53MO", "FREQ=YEARLY;BYMONTH=12;BYDAY=5TU", "FREQ=YEARLY;BYYEARDAY=366,-366", "FREQ=WEEKLY;WKST=SU;BYDAY=TU;UNTIL=20270101T000000Z",
	} {
		f.Add(rule, int64(1767663000), "Europe/Paris")
	}
	f.Fuzz(func(t *testing.T, rule string, seconds int64, zone string) {
		if seconds < 0 || seconds > 4e9 {
			t.Skip()
		}
		began, start := time.Now(), time.Unix(seconds, 0).UTC()
		err := statuspage.CheckRRule(rule, start, zone)
		m := statuspage.Maintenance{Start: start, End: start.Add(time.Minute), RRule: rule, TimeZone: zone}
		from, to := start.AddDate(1, 0, 0), start.AddDate(1, 6, 0)
		if err == nil {
			last := time.Time{}
			for _, c := range m.Between(from, to, 100) {
				if c.Start.Before(last) || !c.End.After(from) || !c.Start.Before(to) {
					t.Fatalf("%q: %v after %v", rule, c, last)
				}
				last = c.Start
			}
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Fatalf("%q took %v", rule, took)
		}
	})
}
