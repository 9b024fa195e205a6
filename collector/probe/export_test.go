// SPDX-License-Identifier: Apache-2.0

package probe

// What the tests of this package see, and others do not.
var (
	Routable = routable
	Worst    = worst
)

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
