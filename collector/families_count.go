// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"github.com/pharos-status/pharos/collector/exposition"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
)

// A statusRow is how many replicas have a status.
type statusRow struct {
	status   status.Status
	replicas int
}

// countRows counts rows by status; there is one for each status.
func countRows(replicas []replicaRow) []statusRow {
	var rows []statusRow
	for s := range status.All() {
		rows = append(rows, statusRow{status: s})
	}
	for i := range replicas {
		rows[replicas[i].status.Severity()].replicas++ // which is its place among all
	}
	return rows
}

func countColumns() []exposition.Column[statusRow] {
	return []exposition.Column[statusRow]{{
		Family: &exposition.Family{
			Name: schema.ExporterReplicas, Help: "How many replicas have the status, as this exporter finds them.",
		},
		Key: func(r *statusRow) uint64 { return uint64(r.replicas) },
		Add: func(r *statusRow, to *exposition.Samples) { to.Add(float64(r.replicas)) },
	}}
}
