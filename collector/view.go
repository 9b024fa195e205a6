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
	memory   sync.Pool // of *[]replicaRow; ten thousand of them take more than a megabyte
	known    atomic.Pointer[latencies]
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
	memory, ok := v.memory.Get().(*[]replicaRow)
	if !ok {
		memory = new([]replicaRow)
	}
	rows := (*memory)[:0]
	queues, c := v.source(time.Now(), func(r *state.Replica) { rows = append(rows, newReplicaRow(r)) })
	*memory = rows
	layout := v.replicas.of(len(rows), func(i int) status.ID { return rows[i].id })
	v.setLatencies(layout, rows)
	replica, node, queue, count := v.families.replica, v.families.node, v.families.queue, v.families.count
	replica.Layout, replica.Rows = layout, rows
	node.Layout, node.Rows = v.nodes.of(1, func(int) *config.Config { return c }), nodeRows(c)
	queue.Layout = v.queues.of(len(queues), func(i int) queueID { return queueID{queues[i].Node, queues[i].Name} })
	queue.Rows = queues
	count.Rows = countRows(rows)
	return exposition.View{
		Tables: []exposition.Table{replica, node, queue, count},
		Common: common(c.Vantage),
		Done:   func() { v.memory.Put(memory) },
	}
}

// latencies are the histograms of all rows of a layout, as long as none comes or
// goes. To look ten thousand of them up takes a millisecond.
type latencies struct {
	layout, changes uint64
	all             []*exposition.Histogram
}

// setLatencies gives the rows of a layout their histograms.
func (v *viewer) setLatencies(layout uint64, rows []replicaRow) {
	known, changes := v.known.Load(), v.latency.Changes()
	if known == nil || known.layout != layout || known.changes != changes {
		known = &latencies{layout, changes, make([]*exposition.Histogram, len(rows))}
		for i := range rows {
			known.all[i] = v.latency.Of(rows[i].id)
		}
		v.known.Store(known)
	}
	for i := range rows {
		rows[i].latency = known.all[i]
	}
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
