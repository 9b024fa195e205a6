// SPDX-License-Identifier: Apache-2.0

package format

import (
	"fmt"
	"io"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// A figure is how a status is drawn where no stylesheet reaches: a color, and a
// shape with a sign in it, on a field of 64 × 64.
type figure struct{ color, shape, sign string }

const (
	circle   = `<circle cx="32" cy="32" r="30"/>`
	triangle = `<path d="M32 5 61 57H3Z" stroke-width="6" stroke-linejoin="round"/>`
	octagon  = `<path d="M20 3h24l17 17v24L44 61H20L3 44V20Z"/>`
	square   = `<rect x="4" y="4" width="56" height="56" rx="14"/>`
)

func figureOf(s status.Status) figure {
	switch s {
	case status.Healthy:
		return figure{"#18794e", circle, `<path d="m18 33 10 10 19-21"/>`}
	case status.Sick:
		return figure{"#ad5700", triangle, `<path d="M32 24v15M32 48v1"/>`}
	case status.Dead:
		return figure{"#c62a2f", octagon, `<path d="m21 21 22 22M43 21 21 43"/>`}
	default:
		return figure{"#5f6b7a", circle, `<path d="M23 25c1-12 19-11 18 0-1 7-9 7-9 14M32 48v1"/>`}
	}
}

// figureOfMaintenance is that of what people work on: a wrench.
func figureOfMaintenance() figure {
	return figure{"#2563c4", square, `<path d="m18 46 15-15M46 23a9 9 0 1 1-9-9l-2 7 4 4z"/>`}
}

// draw returns the shape and the sign in it.
func (f figure) draw() string {
	return fmt.Sprintf(`<g fill="%[1]s" stroke="%[1]s" stroke-width="0">%[2]s</g>%[3]s`, f.color, f.shape, f.drawSign())
}

func (f figure) drawSign() string {
	return `<g fill="none" stroke="#fff" stroke-width="6" stroke-linecap="round" stroke-linejoin="round">` + f.sign + `</g>`
}

// BadgeIcon writes an SVG of the status of the whole: a shape, a sign and a
// color of its own for each status.
func BadgeIcon(w io.Writer, p statuspage.Page, _ Options) error {
	return icon(w, p.Status, figureOf(p.Status).draw())
}

// BadgeColor writes an SVG of the status of the whole as a plain field of color.
func BadgeColor(w io.Writer, p statuspage.Page, _ Options) error {
	return icon(w, p.Status, fmt.Sprintf(`<rect width="64" height="64" rx="12" fill="%s"/>`, figureOf(p.Status).color))
}

func icon(w io.Writer, s status.Status, content string) error {
	_, err := fmt.Fprintf(w,
		`<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" viewBox="0 0 64 64" role="img" aria-labelledby="t"><title id="t">Status: %s</title>%s</svg>`+"\n",
		s, content)
	return err
}
