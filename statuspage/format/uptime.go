// SPDX-License-Identifier: Apache-2.0

package format

import "github.com/pharos-status/pharos/statuspage"

// Uptime returns the uptime over so many days up to today, from 0 to 1, by the
// weights of the page; nil if no time counts.
func Uptime(p statuspage.Page, past statuspage.Past, days int) *float64 {
	var up, total float64
	for _, day := range past.Days[max(0, len(past.Days)-days):] {
		u, t := p.Weights.Count(day.Minutes)
		up, total = up+u, total+t
	}
	if total == 0 {
		return nil
	}
	return new(up / total)
}
