// SPDX-License-Identifier: Apache-2.0

package statuspage

import (
	"errors"
	"time"
)

// ErrRRule is wrapped by the errors of a recurrence rule that can't be used.
var ErrRRule = errors.New("recurrence rule")

// CheckRRule tells what is wrong with a rule that begins at start, or that would
// make a calendar unreadable: it recurs more often than hourly, or never.
func CheckRRule(rule string, start time.Time, zone string) error { return nil }

// Between returns when the maintenance takes place between from and to, at most
// limit times: the earliest ones that end after from and begin before to.
func (m *Maintenance) Between(from, to time.Time, limit int) []Cut { return nil }
