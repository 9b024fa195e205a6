// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/markdown"
	"github.com/pharos-status/pharos/statuspage/words"
)

// pastDays is how far back the document tells of incidents that are over.
const pastDays = 14

// Markdown writes /index.md: the page as a document, for programs that read text and
// for people in a terminal.
func Markdown(w io.Writer, p statuspage.Page, o Options) error {
	d := document{p: p, o: o, words: o.words()}
	d.head()
	d.incidents()
	d.maintenance()
	d.services()
	d.announcements()
	d.past()
	_, err := d.out.WriteTo(w)
	return err
}

// A document is a page being written as Markdown.
type document struct {
	p     statuspage.Page
	o     Options
	words *words.Words
	out   bytes.Buffer
}

func (d *document) head() {
	fmt.Fprintf(&d.out, "# %s\n\n**%s**\n", escape(title(d.p)), escape(d.words.Sentence(d.p)))
	if problem := d.words.Problem(d.p.Problem); problem != "" {
		fmt.Fprintf(&d.out, "\n%s\n", escape(problem))
	}
	if !d.p.AsOf.IsZero() {
		fmt.Fprintf(&d.out, "\n%s\n", escape(d.words.Text("format.as_of", d.words.Seconds(d.p.AsOf))))
	}
}

func (d *document) section(key string) { fmt.Fprintf(&d.out, "\n## %s\n", d.words.Text(key)) }

func (d *document) incidents() {
	first := true
	for i := range d.p.Incidents {
		in := &d.p.Incidents[i]
		if !in.Open() {
			continue
		}
		if first {
			d.section("format.incidents")
			first = false
		}
		fmt.Fprintf(&d.out, "\n### [%s](%s)\n\n**%s**, %s\n", escape(in.Title), d.o.incident(in.ID),
			escape(d.words.Impact(in.Impact)), escape(d.words.Text("format.since", d.words.Time(in.Started))))
		d.affected(in.Components)
		d.timeline(in.Updates)
	}
}

func (d *document) maintenance() {
	all := Occurrences(d.p, NotOver)
	if len(all) > 0 {
		d.section("format.maintenance")
	}
	for _, occ := range all {
		m := occ.Maintenance
		fmt.Fprintf(&d.out, "\n### [%s](%s)\n\n**%s**\n\n%s\n", escape(m.Title), d.o.maintenance(m.ID),
			escape(d.words.Phase(occ.Phase)), escape(d.words.Text("format.from_to", d.words.Time(occ.Start), d.words.Time(occ.End))))
		d.affected(m.Components)
		d.quote(m.Text)
		d.timeline(slices.DeleteFunc(slices.Clone(m.Updates), func(u statuspage.Update) bool { return !belongs(u.Time, occ) }))
	}
}

func (d *document) services() {
	if len(d.p.Services) > 0 {
		d.section("format.services")
	}
	for _, s := range d.p.Services {
		fmt.Fprintf(&d.out, "\n### [%s](%s): %s\n\n", escape(s.Label), d.o.service(s.ID), d.state(s.Status.String(), s.InMaintenance, s.Since))
		for _, n := range s.Nodes {
			fmt.Fprintf(&d.out, "- %s: %s", escape(n.Label), d.state(n.Status.String(), n.InMaintenance, n.Since))
			if n.Uptime != nil {
				fmt.Fprintf(&d.out, ", %s %s", d.words.Plural("format.uptime", MaxBadgeDays), d.words.Percent(*n.Uptime, 2))
			}
			if n.Value != nil {
				fmt.Fprintf(&d.out, ", %s", strings.TrimSpace(number(*n.Value)+" "+escape(n.Unit)))
			}
			d.out.WriteByte('\n')
		}
	}
}

// state names a status and whatever else is to be said of it.
func (d *document) state(name string, inMaintenance bool, since time.Time) string {
	text := "**" + d.words.Text("status."+name) + "**"
	if !since.IsZero() {
		text += " " + escape(d.words.Text("format.since", d.words.Time(since)))
	}
	if inMaintenance {
		text += " (" + escape(d.words.State(statuspage.InMaintenance)) + ")"
	}
	return text
}

func (d *document) announcements() {
	if len(d.p.Announcements) > 0 {
		d.section("format.announcements")
	}
	for _, a := range d.p.Announcements {
		fmt.Fprintf(&d.out, "\n### %s\n\n%s\n", escape(a.Title), escape(d.words.Time(a.Time)))
		d.quote(a.Text)
	}
}

func (d *document) past() {
	first := true
	for i := range d.p.Incidents {
		in := &d.p.Incidents[i]
		if in.Open() || in.Resolved.Before(d.p.Built.AddDate(0, 0, -pastDays)) {
			continue
		}
		if first {
			d.section("format.past_incidents")
			d.out.WriteByte('\n')
			first = false
		}
		fmt.Fprintf(&d.out, "- [%s](%s) – %s – %s\n", escape(in.Title), d.o.incident(in.ID), escape(d.words.Impact(in.Impact)),
			escape(d.words.Text("format.from_to", d.words.Time(in.Started), d.words.Time(in.Resolved))))
	}
}

func (d *document) affected(refs []statuspage.Ref) {
	if all := labels(d.p, refs); len(all) > 0 {
		fmt.Fprintf(&d.out, "\n%s\n", escape(d.words.Text("format.affected", strings.Join(all, ", "))))
	}
}

func (d *document) timeline(updates []statuspage.Update) {
	for _, u := range slices.Backward(updates) {
		fmt.Fprintf(&d.out, "\n**%s** – %s\n", escape(d.words.Phase(u.Phase)), escape(d.words.Time(u.Time)))
		d.quote(u.Text)
	}
}

// quote writes what somebody wrote, set apart from what the page says, a paragraph for
// each line. Of its Markdown only the text is left: what it could do to a reader of
// this document is nobody's to foresee.
func (d *document) quote(text string) {
	first := true
	for l := range strings.SplitSeq(markdown.Plain(text), "\n") {
		if l = escape(l); l == "" {
			continue
		}
		if first {
			d.out.WriteString("\n> " + l + "\n")
		} else {
			d.out.WriteString(">\n> " + l + "\n")
		}
		first = false
	}
}

// begins matches what means a list or a heading at the beginning of a line.
var begins = regexp.MustCompile(`^(\d{1,9})?([-+=]|[.)](?:\s|$))`)

// escape returns a line in which nothing means anything in Markdown.
func escape(text string) string {
	runes := []rune(line(text))
	var b strings.Builder
	if m := begins.FindStringSubmatchIndex(string(runes)); m != nil {
		at := max(m[3], 0) // after the digits, of which there may be none
		b.WriteString(string(runes[:at]) + `\` + string(runes[at]))
		runes = runes[at+1:]
	}
	for i, r := range runes {
		switch r {
		case '_':
			if i > 0 && i < len(runes)-1 && letter(runes[i-1]) && letter(runes[i+1]) {
				b.WriteRune(r) // within a word, such as an address, it means nothing
				continue
			}
			b.WriteString(`\_`)
		case '\\', '`', '*', '[', ']', '#', '~', '|', '!', '$':
			b.WriteByte('\\')
			b.WriteRune(r)
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '&':
			b.WriteString("&amp;")
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func letter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
