// SPDX-License-Identifier: Apache-2.0

package format

import (
	"sync"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/width"
)

// The fonts are parsed at the first use. They have the Latin, Greek and Cyrillic
// scripts.
var (
	regular = sync.OnceValue(func() *sfnt.Font { return parse(goregular.TTF) }) //nolint:gochecknoglobals // parsed once, never changed
	bold    = sync.OnceValue(func() *sfnt.Font { return parse(gobold.TTF) })    //nolint:gochecknoglobals // likewise
)

func parse(ttf []byte) *sfnt.Font {
	f, err := sfnt.Parse(ttf)
	if err != nil {
		panic(err) // embedded: does not happen
	}
	return f
}

// measure returns how wide the text is about, in a font of so many pixels. What the
// font lacks is guessed: a character of East Asia fills a square, a mark stands above
// another character.
func measure(f *sfnt.Font, text string, size float64) float64 {
	var b sfnt.Buffer
	sum := 0.0
	for _, r := range text {
		switch advance, known := advance(f, &b, r, size); {
		case known:
			sum += advance
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case wide(r):
			sum += size
		default:
			sum += size * 0.6
		}
	}
	return sum
}

func advance(f *sfnt.Font, b *sfnt.Buffer, r rune, size float64) (float64, bool) {
	i, err := f.GlyphIndex(b, r)
	if err != nil || i == 0 {
		return 0, false
	}
	a, err := f.GlyphAdvance(b, i, fixed.Int26_6(size*64), font.HintingNone)
	return float64(a) / 64, err == nil
}

func wide(r rune) bool {
	k := width.LookupRune(r).Kind()
	return k == width.EastAsianWide || k == width.EastAsianFullwidth
}

// drawable tells whether the font has every character of the text.
func drawable(f *sfnt.Font, text string) bool {
	var b sfnt.Buffer
	for _, r := range text {
		if i, err := f.GlyphIndex(&b, r); err != nil || i == 0 {
			return false
		}
	}
	return true
}
