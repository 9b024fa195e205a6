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

func figureOf(s status.Status) figure {
	const (
		circle   = `<circle cx="32" cy="32" r="30"/>`
		triangle = `<path d="M32 5 61 57H3Z" stroke-width="6" stroke-linejoin="round"/>`
		octagon  = `<path d="M20 3h24l17 17v24L44 61H20L3 44V20Z"/>`
	)
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

// BadgeIcon writes an SVG of the status of the whole: a shape, a sign and a
// color of its own for each status.
func BadgeIcon(w io.Writer, p statuspage.Page, _ Options) error {
	f := figureOf(p.Status)
	return badge(w, p.Status, fmt.Sprintf(
		`<g fill="%[1]s" stroke="%[1]s" stroke-width="0">%[2]s</g><g fill="none" stroke="#fff" stroke-width="6" stroke-linecap="round" stroke-linejoin="round">%[3]s</g>`,
		f.color, f.shape, f.sign))
}

// BadgeColor writes an SVG of the status of the whole as a plain field of color.
func BadgeColor(w io.Writer, p statuspage.Page, _ Options) error {
	return badge(w, p.Status, fmt.Sprintf(`<rect width="64" height="64" rx="12" fill="%s"/>`, figureOf(p.Status).color))
}

func badge(w io.Writer, s status.Status, content string) error {
	_, err := fmt.Fprintf(w,
		`<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" viewBox="0 0 64 64" role="img" aria-labelledby="t"><title id="t">Status: %s</title>%s</svg>`+"\n",
		s, content)
	return err
}
