// SPDX-License-Identifier: Apache-2.0

package format

import (
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// count returns how many parts of a whole there are of each status.
func count[T any](parts []T, of func(T) status.Status) (n [status.Dead + 1]int) {
	for _, part := range parts {
		n[of(part)]++
	}
	return n
}

func statusOfNode(n statuspage.Node) status.Status { return n.Status }

func statusOfReplica(r statuspage.Replica) status.Status { return r.Status }

// countNodes counts the nodes of the page that are not in maintenance.
func countNodes(p statuspage.Page) (n [status.Dead + 1]int) {
	for _, s := range p.Services {
		for _, node := range s.Nodes {
			if !node.InMaintenance {
				n[node.Status]++
			}
		}
	}
	return n
}

// someAlive tells whether some, but not all, of the parts are dead.
func someAlive(parts [status.Dead + 1]int) bool {
	return parts[status.Healthy]+parts[status.Sick]+parts[status.Unknown] > 0 && parts[status.Dead] > 0
}
