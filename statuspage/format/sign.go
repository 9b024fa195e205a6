// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// A BadgeKind is how a badge is drawn.
type BadgeKind string

// The kinds of badges.
const (
	Flat   BadgeKind = "flat"
	Square BadgeKind = "square" // without round corners
	Large  BadgeKind = "large"
)

// BadgeKinds returns all kinds; the first one is the usual one.
func BadgeKinds() []BadgeKind { return []BadgeKind{Flat, Square, Large} }

// MaxBadgeDays is over how many days a badge tells the uptime at most.
const MaxBadgeDays = 90

// maxLabel is how many characters of a label a badge shows.
const maxLabel = 48

// Badge returns the format of the status badge of a component; the zero Ref is the
// page as a whole. It fails with [ErrNotThere] if the page does not have it. A kind
// that there is not is drawn as the usual one.
func Badge(r statuspage.Ref, kind BadgeKind) Func {
	return func(w io.Writer, p statuspage.Page, o Options) error {
		if r == (statuspage.Ref{}) {
			return whole(p, o, kind).write(w)
		}
		c, found := find(p, r)
		if !found {
			return fmt.Errorf("badge of %q: %w", r, ErrNotThere)
		}
		b := sign{label: shorten(line(c.label), maxLabel), value: o.words().Status(c.status()), figure: figureOf(c.status()), kind: kind}
		if c.inMaintenance() {
			b.value, b.figure = o.words().State(statuspage.InMaintenance), figureOfMaintenance()
		}
		return b.write(w)
	}
}

// whole is the badge of the page. What people work on is no outage.
func whole(p statuspage.Page, o Options, kind BadgeKind) sign {
	v := p.Verdict()
	b := sign{label: shorten(line(title(p)), maxLabel), value: o.words().Status(v.Status), figure: figureOf(v.Status), kind: kind}
	if v.Maintenance && v.Status == status.Healthy {
		b.value, b.figure = o.words().State(statuspage.InMaintenance), figureOfMaintenance()
	}
	return b
}

// UptimeBadge returns the format of the badge that tells the uptime of a component
// over so many days up to today, from 1 to [MaxBadgeDays]. It fails with
// [ErrNotThere] if the page does not have the component, or the days are out of range.
func UptimeBadge(r statuspage.Ref, days int, kind BadgeKind) Func {
	return func(w io.Writer, p statuspage.Page, o Options) error {
		c, found := find(p, r)
		if !found || days < 1 || days > MaxBadgeDays {
			return fmt.Errorf("uptime badge of %q over %d days: %w", r, days, ErrNotThere)
		}
		b := sign{
			label: shorten(line(c.label), maxLabel) + ", " + o.words().Plural("format.uptime", days),
			value: o.words().Status(status.Unknown), figure: figureOf(status.Unknown), kind: kind,
		}
		if up := Uptime(p, c.past(), days); up != nil {
			b.value, b.figure = o.words().Percent(*up, 2), figureOfUptime(*up)
		}
		return b.write(w)
	}
}

// figureOfUptime has a color for about how good an uptime is.
func figureOfUptime(up float64) figure {
	switch {
	case up >= 0.999:
		return figure{color: figureOf(status.Healthy).color}
	case up >= 0.99:
		return figure{color: figureOf(status.Sick).color}
	}
	return figure{color: figureOf(status.Dead).color}
}

// A sign is a badge with a label on the left and a value on the right.
type sign struct {
	label, value string
	figure       figure // its sign may be empty
	kind         BadgeKind
}

func (b sign) write(w io.Writer) error {
	height, size, pad, round := 20.0, 11.0, 6.0, 4.0
	switch b.kind {
	case Large:
		height, size, pad, round = 32, 14, 11, 6
	case Square:
		round = 0
	case Flat:
	}
	labelWidth := math.Ceil(measure(regular(), b.label, size))
	valueWidth := math.Ceil(measure(bold(), b.value, size))
	signWidth := 0.0
	if b.figure.sign != "" {
		signWidth = size + math.Ceil(pad/2)
	}
	left := labelWidth + 2*pad
	all := left + valueWidth + signWidth + 2*pad

	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]s" height="%[2]s" viewBox="0 0 %[1]s %[2]s" role="img" aria-labelledby="t"><title id="t">%[3]s</title>`,
		number(all), number(height), escapeXML(b.label+": "+b.value))
	fmt.Fprintf(&out, `<clipPath id="c"><rect width="%[1]s" height="%[2]s" rx="%[3]s"/></clipPath><g clip-path="url(#c)"><rect width="%[4]s" height="%[2]s" fill="#3a4350"/><rect x="%[4]s" width="%[5]s" height="%[2]s" fill="%[6]s"/></g>`,
		number(all), number(height), number(round), number(left), number(all-left), b.figure.color)
	if b.figure.sign != "" {
		const from, field = 14, 36 // the part of a figure that its sign fills
		scale := size / field
		fmt.Fprintf(&out, `<g transform="translate(%s %s) scale(%s)">%s</g>`,
			number(left+pad-from*scale), number((height-size)/2-from*scale), number(scale), b.figure.drawSign())
	}
	baseline := number(height/2 + size*0.36)
	fmt.Fprintf(&out, `<g fill="#fff" font-family="Helvetica,Arial,sans-serif" font-size="%s">`, number(size))
	fmt.Fprintf(&out, `<text x="%s" y="%s" textLength="%s" lengthAdjust="spacingAndGlyphs">%s</text>`, number(pad), baseline, number(labelWidth), escapeXML(b.label))
	fmt.Fprintf(&out, `<text x="%s" y="%s" textLength="%s" lengthAdjust="spacingAndGlyphs" font-weight="700">%s</text></g></svg>`+"\n",
		number(left+pad+signWidth), baseline, number(valueWidth), escapeXML(b.value))
	_, err := out.WriteTo(w)
	return err
}

func number(v float64) string { return strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64) }

func escapeXML(text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // a buffer takes everything
	return b.String()
}
