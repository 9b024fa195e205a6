// SPDX-License-Identifier: Apache-2.0

package format

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"

	"github.com/pharos-status/pharos/internal/status"
)

// A symbol is a status in a picture, as a [figure] is one in an SVG: a shape and the
// strokes on it, on a field of 64 × 64.
type symbol struct {
	color   color.RGBA
	shape   []point
	strokes [][]point
}

type point struct{ x, y float64 }

func symbolOf(s status.Status) symbol {
	switch s {
	case status.Healthy:
		return symbol{color.RGBA{0x18, 0x79, 0x4e, 0xff}, disc(32, 32, 30), [][]point{{{18, 33}, {28, 43}, {47, 22}}}}
	case status.Sick:
		return symbol{color.RGBA{0xad, 0x57, 0x00, 0xff}, []point{{32, 3}, {63, 59}, {1, 59}}, [][]point{{{32, 25}, {32, 40}}, {{32, 49}, {32, 50}}}}
	case status.Dead:
		return symbol{
			color.RGBA{0xc6, 0x2a, 0x2f, 0xff},
			[]point{{20, 3}, {44, 3}, {61, 20}, {61, 44}, {44, 61}, {20, 61}, {3, 44}, {3, 20}},
			[][]point{{{21, 21}, {43, 43}}, {{43, 21}, {21, 43}}},
		}
	default:
		return symbol{
			color.RGBA{0x5f, 0x6b, 0x7a, 0xff},
			disc(32, 32, 30),
			[][]point{{{23, 25}, {25, 19}, {32, 16}, {39, 19}, {41, 25}, {39, 30}, {33, 34}, {32, 39}}, {{32, 48}, {32, 49}}},
		}
	}
}

func symbolOfMaintenance() symbol {
	return symbol{
		color.RGBA{0x25, 0x63, 0xc4, 0xff},
		[]point{{4, 4}, {60, 4}, {60, 60}, {4, 60}},
		[][]point{{{18, 46}, {33, 31}}, {{47, 23}, {43, 29}, {37, 30}, {33, 26}, {34, 20}, {40, 16}}},
	}
}

// disc returns a circle as a polygon.
func disc(x, y, radius float64) []point {
	const corners = 64
	all := make([]point, corners)
	for i := range all {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / corners)
		all[i] = point{x + radius*cos, y + radius*sin}
	}
	return all
}

// symbol draws a symbol of so many pixels at a place.
func (c *canvas) symbol(s symbol, x, y, size float64) {
	scale := size / 64
	at := func(p point) point { return point{x + p.x*scale, y + p.y*scale} }
	c.polygon(s.color, s.shape, at)
	white := color.RGBA{0xff, 0xff, 0xff, 0xff}
	const radius = 3
	for _, stroke := range s.strokes {
		for i, p := range stroke {
			c.polygon(white, disc(p.x, p.y, radius), at)
			if i > 0 {
				c.polygon(white, bar(stroke[i-1], p, radius), at)
			}
		}
	}
}

// bar returns a line as a polygon.
func bar(a, b point, radius float64) []point {
	length := math.Hypot(b.x-a.x, b.y-a.y)
	dx, dy := (b.y-a.y)/length*radius, (a.x-b.x)/length*radius
	return []point{{a.x + dx, a.y + dy}, {b.x + dx, b.y + dy}, {b.x - dx, b.y - dy}, {a.x - dx, a.y - dy}}
}

func (c *canvas) polygon(with color.RGBA, points []point, at func(point) point) {
	lowest, highest := point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	placed := make([]point, len(points))
	for i, p := range points {
		q := at(p)
		placed[i] = q
		lowest = point{math.Min(lowest.x, q.x), math.Min(lowest.y, q.y)}
		highest = point{math.Max(highest.x, q.x), math.Max(highest.y, q.y)}
	}
	area := image.Rect(int(lowest.x), int(lowest.y), int(highest.x)+1, int(highest.y)+1)
	r := vector.NewRasterizer(area.Dx(), area.Dy())
	r.DrawOp = draw.Over
	for i, p := range placed {
		px, py := float32(p.x-float64(area.Min.X)), float32(p.y-float64(area.Min.Y))
		if i == 0 {
			r.MoveTo(px, py)
		} else {
			r.LineTo(px, py)
		}
	}
	r.ClosePath()
	r.Draw(c.image, area, image.NewUniform(with), image.Point{})
}

// text writes a line whose baseline begins at the place.
func (c *canvas) text(f *sfnt.Font, size, x, y float64, with color.RGBA, text string) {
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return // it has no reason to
	}
	d := font.Drawer{
		Dst: c.image, Src: image.NewUniform(with), Face: face,
		Dot: fixed.Point26_6{X: fixed.Int26_6(x * 64), Y: fixed.Int26_6(y * 64)},
	}
	d.DrawString(text)
}
