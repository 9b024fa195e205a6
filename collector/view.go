// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"slices"
	"sync"
	"time"

	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/collector/exposition"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
)

// A viewer makes tables of snapshots, and remembers which rows the last ones had.
type viewer struct {
	source   func(now time.Time) snapshot
	families *families
	latency  *exposition.Histograms[status.ID]
	replicas layout[status.ID]
	queues   layout[queueID]
	nodes    layout[*config.Config]
}

// A queueID names the series of a queue.
type queueID struct {
	status.NodeID
	queue string
}

func (m *metrics) newViewer(source func(now time.Time) snapshot) *viewer {
	return &viewer{source: source, families: m.families, latency: &m.latency}
}

// view returns what there is now.
func (v *viewer) view() exposition.View {
	s := v.source(time.Now())
	rows := make([]replicaRow, len(s.replicas))
	for i := range s.replicas {
		rows[i] = replicaRow{&s.replicas[i], v.latency.Of(s.replicas[i].ID)}
	}
	return exposition.View{
		Tables: []exposition.Table{
			exposition.TableOf[replicaRow]{
				Layout:  v.replicas.of(len(rows), func(i int) status.ID { return rows[i].ID }),
				Rows:    rows,
				Columns: v.families.replica,
			},
			exposition.TableOf[nodeRow]{
				Layout:  v.nodes.of(1, func(int) *config.Config { return s.config }),
				Rows:    nodeRows(s.config),
				Columns: v.families.node,
			},
			exposition.TableOf[state.NodeQueue]{
				Layout:  v.queues.of(len(s.queues), func(i int) queueID { return queueID{s.queues[i].Node, s.queues[i].Name} }),
				Rows:    s.queues,
				Columns: v.families.queue,
			},
		},
		Common: common(s.config.Vantage),
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
