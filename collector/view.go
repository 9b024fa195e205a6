// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/collector/exposition"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
)

// A viewer makes tables of snapshots, and remembers which rows the last ones had.
type viewer struct {
	source   source
	families *families
	latency  *exposition.Histograms[status.ID]
	replicas layout[status.ID]
	queues   layout[queueID]
	nodes    layout[*config.Config]
	memory   sync.Pool // of *replicaRows
	known    atomic.Pointer[latencies]
}

// replicaRows are memory that is used again: ten thousand replicas take megabytes.
type replicaRows struct {
	replicas []state.Replica
	rows     []replicaRow
}

// A queueID names the series of a queue.
type queueID struct {
	status.NodeID
	queue string
}

func (m *metrics) newViewer(from source) *viewer {
	return &viewer{source: from, families: m.families, latency: &m.latency}
}

// view returns what there is now.
func (v *viewer) view() exposition.View {
	memory, ok := v.memory.Get().(*replicaRows)
	if !ok {
		memory = &replicaRows{}
	}
	s := v.source(time.Now(), memory.replicas[:0])
	layout := v.replicas.of(len(s.replicas), func(i int) status.ID { return s.replicas[i].ID })
	latencies := v.latencies(layout, s.replicas)
	rows := slices.Grow(memory.rows[:0], len(s.replicas))
	for i := range s.replicas {
		rows = append(rows, replicaRow{&s.replicas[i], latencies[i]})
	}
	memory.replicas, memory.rows = s.replicas, rows
	replica, node, queue := v.families.replica, v.families.node, v.families.queue
	replica.Layout, replica.Rows = layout, rows
	node.Layout, node.Rows = v.nodes.of(1, func(int) *config.Config { return s.config }), nodeRows(s.config)
	queue.Layout = v.queues.of(len(s.queues), func(i int) queueID { return queueID{s.queues[i].Node, s.queues[i].Name} })
	queue.Rows = s.queues
	return exposition.View{
		Tables: []exposition.Table{replica, node, queue},
		Common: common(s.config.Vantage),
		Done:   func() { v.memory.Put(memory) },
	}
}

// latencies are the histograms of all rows of a layout, as long as none comes or
// goes. To look ten thousand of them up takes a millisecond.
type latencies struct {
	layout, changes uint64
	all             []*exposition.Histogram
}

func (v *viewer) latencies(layout uint64, replicas []state.Replica) []*exposition.Histogram {
	changes := v.latency.Changes()
	if known := v.known.Load(); known != nil && known.layout == layout && known.changes == changes {
		return known.all
	}
	all := make([]*exposition.Histogram, len(replicas))
	for i := range replicas {
		all[i] = v.latency.Of(replicas[i].ID)
	}
	v.known.Store(&latencies{layout, changes, all})
	return all
}

// common returns the labels that every series has.
func common(vantage string) []exposition.Label {
	if vantage == "" {
		return nil
	}
	return []exposition.Label{{Name: schema.Vantage, Value: vantage}}
}

// A layout remembers what the rows of a table were, and numbers their changes.
type layout[K comparable] struct {
	mu     sync.Mutex
	rows   []K
	number uint64
}

// of returns the number of rows that have these names in this order. It is another
// one if they are not those of the last call.
func (l *layout[K]) of(n int, name func(i int) K) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	same := len(l.rows) == n
	for i := 0; same && i < n; i++ {
		same = l.rows[i] == name(i)
	}
	if same {
		return l.number
	}
	l.number++
	l.rows = slices.Grow(l.rows[:0], n)
	for i := range n {
		l.rows = append(l.rows, name(i))
	}
	return l.number
}
