// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"slices"
	"strings"
	"time"

	"golang.org/x/image/font/sfnt"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/words"
)

// The picture's size is that which social networks ask for.
const (
	pictureWidth  = 1200
	pictureHeight = 630
	margin        = 80
	maxPictured   = 8 // services that the picture lists
)

// OpenGraph writes /og.png: the name of the page, the sentence on the whole, and the
// services, the worst first. What the font can't write is left out, never drawn as
// boxes; the sentence is in English then. It says no times, as such pictures are kept
// for long by others.
func OpenGraph(w io.Writer, p statuspage.Page, o Options) error {
	c := newCanvas()
	v := p.Verdict()
	s := symbolOf(v.Status)
	if v.Status == status.Healthy && v.Maintenance {
		s = symbolOfMaintenance()
	}
	c.fill(image.Rect(0, 0, pictureWidth, pictureHeight), color.RGBA{0xff, 0xff, 0xff, 0xff})
	c.fill(image.Rect(0, 0, pictureWidth, 16), s.color)

	if name := line(title(p)); drawable(bold(), name) {
		c.text(bold(), 40, margin, 118, muted(), fit(bold(), name, 40, pictureWidth-2*margin))
	}
	c.symbol(s, margin, 172, 120)
	sentence := wrap(bold(), headline(p, o.words()), 60, pictureWidth-2*margin-160, 2)
	for i, l := range sentence {
		c.text(bold(), 60, margin+160, 253-36*float64(len(sentence)-1)+72*float64(i), ink(), l)
	}
	c.services(p)
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, c.image); err != nil {
		return fmt.Errorf("write the picture: %w", err)
	}
	_, err := b.WriteTo(w)
	return err
}

func ink() color.RGBA   { return color.RGBA{0x17, 0x1c, 0x24, 0xff} }
func muted() color.RGBA { return color.RGBA{0x5a, 0x65, 0x73, 0xff} }

// services lists the services that can be written, in two columns.
func (c *canvas) services(p statuspage.Page) {
	const column, row, top = (pictureWidth - 2*margin) / 2, 60, 390
	all := slices.DeleteFunc(slices.Clone(p.Services), func(s statuspage.Service) bool {
		label := line(s.Label)
		return label == "" || !drawable(regular(), label)
	})
	slices.SortStableFunc(all, func(a, b statuspage.Service) int {
		return cmp.Compare(b.Status.Severity(), a.Status.Severity())
	})
	for i, s := range all[:min(len(all), maxPictured)] {
		x, y := float64(margin+i%2*column), float64(top+i/2*row)
		mark := symbolOf(s.Status)
		if s.InMaintenance {
			mark = symbolOfMaintenance()
		}
		c.symbol(mark, x, y-28, 34)
		c.text(regular(), 32, x+52, y, ink(), fit(regular(), line(s.Label), 32, column-80))
	}
}

// headline is the sentence on the whole as the font can write it.
func headline(p statuspage.Page, w *words.Words) string {
	p = timeless(p)
	english := words.In("en")
	effective := p.Verdict().Status
	for _, text := range []string{w.Sentence(p), english.Sentence(p), w.Text("sentence." + effective.String() + ".some")} {
		if drawable(bold(), line(text)) {
			return line(text)
		}
	}
	return english.Text("sentence." + effective.String() + ".some")
}

// timeless returns the page as if it were from a time before everything, so that it
// can't be told for how long anything has been as it is.
func timeless(p statuspage.Page) statuspage.Page {
	p.Built = time.Time{}
	return p
}

// fit cuts a line to so many pixels.
func fit(f *sfnt.Font, text string, size, most float64) string {
	for n := len([]rune(text)); measure(f, text, size) > most && n > 1; {
		n--
		text = shorten(text, n)
	}
	return text
}

// wrap breaks a text at its spaces into lines of so many pixels, and cuts what does
// not fit into so many lines.
func wrap(f *sfnt.Font, text string, size, most float64, limit int) []string {
	var out []string
	for word := range strings.FieldsSeq(text) {
		last := len(out) - 1
		switch {
		case last >= 0 && measure(f, out[last]+" "+word, size) <= most, last == limit-1:
			out[last] += " " + word
		default:
			out = append(out, word)
		}
	}
	for i := range out {
		out[i] = fit(f, out[i], size, most)
	}
	return out
}

// A canvas is a picture being drawn.
type canvas struct{ image *image.RGBA }

func newCanvas() *canvas {
	return &canvas{image.NewRGBA(image.Rect(0, 0, pictureWidth, pictureHeight))}
}

func (c *canvas) fill(r image.Rectangle, with color.RGBA) {
	draw.Draw(c.image, r, image.NewUniform(with), image.Point{}, draw.Src)
}
