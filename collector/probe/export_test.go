// SPDX-License-Identifier: Apache-2.0

package probe

// What the tests of this package see, and others do not.
var (
	DialFailure = dialFailure
	Routable    = routable
	Worst       = worst
)

// FirstLine returns what is kept of a script's output.
func FirstLine(text []byte) string {
	var o output
	for len(text) > 0 {
		n := min(len(text), 7)
		_, _ = o.Write(text[:n])
		text = text[n:]
	}
	return o.line()
}

// Occupy takes all slots of p until release is called.
func Occupy(p *Pinger) (release func()) {
	for range cap(p.slots) {
		p.slots <- struct{}{}
	}
	return func() {
		for range cap(p.slots) {
			<-p.slots
		}
	}
}
