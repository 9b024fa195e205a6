// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
)

// many returns an exporter of 10,000 replicas, each of which has been probed.
func many(b *testing.B) *Exporter {
	b.Helper()
	var file strings.Builder
	file.WriteString("services:\n  - id: web\n    nodes:\n")
	for node := range 100 {
		fmt.Fprintf(&file, "      - {id: n%d, mode: poll, replicas: [", node)
		for replica := range 100 {
			fmt.Fprintf(&file, "%q, ", fmt.Sprintf("tcp://host-%d-%d.example:80", node, replica))
		}
		file.WriteString("]}\n")
	}
	e := newExporter(b, file.String())
	require.Len(b, e.current().jobs, 10_000)
	for id := range e.current().jobs {
		e.outcome(id, nil, 1234567*time.Nanosecond)
	}
	e.Changes()
	return e
}

func BenchmarkGather(b *testing.B) {
	e := many(b)
	b.ReportAllocs()
	for b.Loop() {
		_, err := e.Gatherer().Gather()
		require.NoError(b, err)
	}
}

// BenchmarkChanges measures what one replica that dies and comes back costs.
func BenchmarkChanges(b *testing.B) {
	e := many(b)
	id := status.ID{Service: "web", Node: "n50", Replica: "tcp://host-50-50.example:80"}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		var err error
		if i%2 == 0 {
			err = errors.New("refused")
		}
		e.outcome(id, err, 1234567*time.Nanosecond)
		require.NotEmpty(b, e.Changes())
	}
}
