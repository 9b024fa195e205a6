// SPDX-License-Identifier: Apache-2.0

package alerting

import (
	"math"
	"time"
)

// step returns the time, in seconds, from the reminder before number n to that one:
// the interval times n to the power that the back-off stands for, where n grows no
// further than the limit.
func (r *Reminders) step(n int) float64 {
	power := map[Backoff]float64{None: 0, Linear: 1, Square: 2, Cubic: 3}[r.Backoff]
	return time.Duration(r.Interval).Seconds() * math.Pow(float64(min(n, r.Limit)), power)
}

// Schedule returns how old an outage is at the first reminders, as long as the time
// between them grows, and that time from then on.
func (r *Reminders) Schedule() (first []time.Duration, every time.Duration) {
	at := 0.0
	for n := 1; n == 1 || n <= r.Limit && r.Backoff != None; n++ {
		at += r.step(n)
		first = append(first, seconds(at))
	}
	return first, seconds(r.step(r.Limit))
}

func seconds(s float64) time.Duration {
	return time.Duration(math.Round(s*1000)) * time.Millisecond
}
