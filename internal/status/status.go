// SPDX-License-Identifier: Apache-2.0

// Package status is the vocabulary of health that every other package shares.
// It imports nothing of the project and knows nothing of how health is measured.
package status

import (
	"fmt"
	"iter"
)

// A Status is the health of something watched. The zero value is Unknown, so
// that what was never measured is never shown as healthy.
type Status uint8

// The four statuses. Sick answers, but slowly or under load.
const (
	Unknown Status = iota
	Healthy
	Sick
	Dead
)

// String returns the lower-case English word for s.
func (s Status) String() string {
	switch s {
	case Unknown:
		return "unknown"
	case Healthy:
		return "healthy"
	case Sick:
		return "sick"
	case Dead:
		return "dead"
	}
	return fmt.Sprintf("status(%d)", uint8(s))
}

// MarshalText implements [encoding.TextMarshaler].
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. It accepts exactly the
// words that String returns.
func (s *Status) UnmarshalText(text []byte) error {
	for known := range All() {
		if known.String() == string(text) {
			*s = known
			return nil
		}
	}
	return fmt.Errorf("unknown status %q, want healthy, sick, dead or unknown", text)
}

// All yields every status in order of severity, best first.
func All() iter.Seq[Status] {
	return func(yield func(Status) bool) {
		for _, s := range [...]Status{Healthy, Unknown, Sick, Dead} {
			if !yield(s) {
				return
			}
		}
	}
}

// Severity returns s as the number that the recording rules use: 0 healthy,
// 1 unknown, 2 sick, 3 dead. Unknown outranks healthy, because a whole is
// healthy only if all of its parts are known to be.
func (s Status) Severity() int {
	switch s {
	case Healthy:
		return 0
	case Sick:
		return 2
	case Dead:
		return 3
	default:
		return 1
	}
}

// FromSeverity is the inverse of [Status.Severity]. Any other number is Unknown.
func FromSeverity(v float64) Status {
	switch v {
	case 0:
		return Healthy
	case 2:
		return Sick
	case 3:
		return Dead
	default:
		return Unknown
	}
}

// Worst returns the status of highest severity, or Unknown if there is none.
func Worst(all iter.Seq[Status]) Status {
	worst, some := Healthy, false
	for s := range all {
		some = true
		if s.Severity() > worst.Severity() {
			worst = s
		}
	}
	if !some {
		return Unknown
	}
	return worst
}
