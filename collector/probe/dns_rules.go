// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"regexp"

	"github.com/miekg/dns"

	"github.com/pharos-status/pharos/internal/status"
)

// maxRecordText bounds the text of a section that is matched, in bytes. The names in
// an answer are compressed, and it could be made to unfold to a hundred times its size.
const maxRecordText = 1 << 20

// RecordRules say what the records in a section of an answer must be. Expressions
// are matched against a record as a zone file has it, with tabs between
// its name, time to live, class, type and data.
type RecordRules struct {
	Never         []*regexp.Regexp // no record matches one of them
	Always        []*regexp.Regexp // there are records, and each matches each of them
	AlwaysOrEmpty []*regexp.Regexp // each record, if there are any, matches each of them
	Once          []*regexp.Regexp // some record matches one of them
}

// check returns a [*Failure] if the records break the rules.
func (r *RecordRules) check(ctx context.Context, section string, records []dns.RR) error {
	if len(r.Never)+len(r.Always)+len(r.AlwaysOrEmpty)+len(r.Once) == 0 {
		return nil
	}
	if len(records) == 0 && len(r.Always)+len(r.Once) > 0 {
		return Failf(status.Body, "no record in the %s section", section)
	}
	once, left := len(r.Once) == 0, maxRecordText
	for _, record := range records {
		text := record.String()
		if left -= len(text); left < 0 {
			return Failf(status.Protocol, "the %s section has more than %d bytes of text", section, maxRecordText)
		}
		if err := r.checkRecord(section, text); err != nil {
			return err
		}
		once = once || match(r.Once, text, true) != nil
		if err := ctx.Err(); err != nil {
			return exchangeError("check the "+section+" section", err)
		}
	}
	if !once {
		return Failf(status.Body, "no record in the %s section matches one of %q", section, r.Once)
	}
	return nil
}

func (r *RecordRules) checkRecord(section, text string) error {
	if e := match(r.Never, text, true); e != nil {
		return Failf(status.Body, "a record in the %s section matches %q: %s", section, e, printable([]byte(text)))
	}
	for _, always := range [][]*regexp.Regexp{r.Always, r.AlwaysOrEmpty} {
		if e := match(always, text, false); e != nil {
			return Failf(status.Body, "a record in the %s section does not match %q: %s", section, e, printable([]byte(text)))
		}
	}
	return nil
}

// match returns the first of the expressions that matches text, or, if want is
// false, the first that doesn't.
func match(expressions []*regexp.Regexp, text string, want bool) *regexp.Regexp {
	for _, e := range expressions {
		if e.MatchString(text) == want {
			return e
		}
	}
	return nil
}
