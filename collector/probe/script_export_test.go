// SPDX-License-Identifier: Apache-2.0

package probe

// What the tests of scripts see, and others do not.
var (
	FirstWords    = firstWords
	PerfdataOf    = perfdataOf
	ParsePerfdata = parsePerfdata
	ReadSteps     = readSteps
)

// Bounds of what is kept of a script.
const (
	MaxPerfdata = maxPerfdata
	MaxSteps    = maxSteps
	MaxUnit     = maxUnit
	KillWait    = killWait
)

// Unkillable makes a script bear being killed.
func Unkillable(p Prober) { p.(*script).kill = func(int) error { return nil } }
