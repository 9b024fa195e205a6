// SPDX-License-Identifier: Apache-2.0

package statuspage

import "github.com/pharos-status/pharos/internal/status"

// Effective returns the status of the whole apart from what is in maintenance, and
// whether anything is. What is bad because people work on it is no outage; each line
// of the page still tells how it is.
func (p *Page) Effective() (s status.Status, maintenance bool) {
	var parts []status.Status
	worst := status.Healthy // of all nodes
	for _, service := range p.Services {
		for _, n := range service.Nodes {
			if n.Status.Severity() > worst.Severity() {
				worst = n.Status
			}
			if n.InMaintenance {
				maintenance = true
			} else {
				parts = append(parts, n.Status)
			}
		}
	}
	switch {
	case !maintenance, p.Stale, p.Status.Severity() > worst.Severity(): // the rules may know of more than the page shows
		return p.Status, maintenance
	case len(parts) == 0:
		return status.Healthy, true
	}
	return status.Worst(func(yield func(status.Status) bool) {
		for _, part := range parts {
			if !yield(part) {
				return
			}
		}
	}), true
}
