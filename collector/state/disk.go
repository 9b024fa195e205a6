// SPDX-License-Identifier: Apache-2.0

package state

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// A record is what is kept of a replica across restarts: what was seen or
// reported, not what is made of it, so that a changed limit holds at once.
type record struct {
	Mode     Mode          `json:"mode"`
	At       time.Time     `json:"at"`
	Status   status.Status `json:"status,omitzero"`  // a probe's verdict, or the health that was reported
	Untold   bool          `json:"untold,omitempty"` // the health was reported as one that can't be told
	Reason   status.Reason `json:"reason,omitempty"` // of a probe
	Detail   string        `json:"detail,omitempty"` // of a probe or a report
	Took     time.Duration `json:"took,omitempty"`
	Interval time.Duration `json:"interval,omitempty"`
	CPU      *float64      `json:"cpu,omitempty"`
	RAM      *float64      `json:"ram,omitempty"`
	// LateAfter is how long nothing had been heard when that became too long
	// before our eyes; 0 if it has not.
	LateAfter time.Duration `json:"late_after,omitempty"`
}

// record returns what is to be kept of the replica.
func (e *entry) record() record {
	rec := record{Mode: e.node.Mode, At: e.at, Status: e.heard, Untold: e.untold, Detail: e.said, Took: e.took, Interval: e.interval}
	switch {
	case e.probed != nil:
		rec.Reason, rec.Detail = e.verdict.Reason, e.verdict.Detail
	case e.expired:
		rec.LateAfter = e.window()
	}
	if e.load != nil {
		rec.CPU, rec.RAM = &e.load.CPU, &e.load.RAM
	}
	return rec
}

// restore takes over a record of an earlier run.
func (e *entry) restore(rec record) {
	e.restored, e.saved = true, true
	e.at, e.heard, e.untold, e.took, e.interval, e.lateAfter = rec.At, rec.Status, rec.Untold, rec.Took, rec.Interval, rec.LateAfter
	if e.probed == nil {
		e.said = rec.Detail
	}
	e.verdict = probe.Verdict{Status: rec.Status, Reason: rec.Reason, Detail: rec.Detail}
	if rec.CPU != nil && rec.RAM != nil {
		e.load = &Load{*rec.CPU, *rec.RAM}
	}
	e.judge()
}

// A queueRecord is what is kept of the queue of a node across restarts.
type queueRecord struct {
	Name           string    `json:"name"`
	Ready          int       `json:"ready"`
	Unacknowledged int       `json:"unacknowledged"`
	At             time.Time `json:"at"`
}

// queueRecord returns what is to be kept of the node's queue; nil if there is
// nothing, or no such node.
func (n *node) queueRecord() *queueRecord {
	if n == nil || n.Queue == nil || n.queue.last.At.IsZero() {
		return nil
	}
	return &queueRecord{n.Queue.Name, n.queue.last.Ready, n.queue.last.Unacknowledged, n.queue.last.At}
}

// restored is what an earlier run left.
type restored struct {
	replicas map[status.ID]record
	queues   map[status.NodeID]queueRecord
}

func readRecords(replicas, queues *bolt.Bucket) (restored, error) {
	all := restored{map[status.ID]record{}, map[status.NodeID]queueRecord{}}
	err := replicas.ForEach(func(key, value []byte) error {
		var rec record
		parts, err := decode(key, value, 3, &rec)
		if err == nil {
			all.replicas[status.ID{Service: parts[0], Node: parts[1], Replica: parts[2]}] = rec
		}
		return err
	})
	if err != nil {
		return all, err
	}
	return all, queues.ForEach(func(key, value []byte) error {
		var rec queueRecord
		parts, err := decode(key, value, 2, &rec)
		if err == nil {
			all.queues[status.NodeID{Service: parts[0], Node: parts[1]}] = rec
		}
		return err
	})
}

// decode reads a record, whose key has so many parts.
func decode(key, value []byte, n int, rec any) ([]string, error) {
	parts := strings.SplitN(string(key), "\x00", n)
	if len(parts) != n {
		return nil, fmt.Errorf("key %q", key)
	}
	if err := json.Unmarshal(value, rec); err != nil {
		return nil, fmt.Errorf("record %q: %w", key, err)
	}
	return parts, nil
}

// saveFile writes a batch in one transaction.
func saveFile(db *bolt.DB, b batch) error {
	return db.Update(func(tx *bolt.Tx) error {
		replicas, queues := tx.Bucket(bucketReplicas()), tx.Bucket(bucketQueues())
		for id := range b.dropped {
			if err := replicas.Delete(encodeKey(id)); err != nil {
				return err
			}
		}
		for i := range b.puts {
			if err := save(replicas, encodeKey(b.puts[i].id), &b.puts[i].record); err != nil {
				return err
			}
		}
		for id, rec := range b.queues {
			key := encodeNodeKey(id)
			if rec == nil {
				if err := queues.Delete(key); err != nil {
					return err
				}
			} else if err := save(queues, key, rec); err != nil {
				return err
			}
		}
		return nil
	})
}

func save(b *bolt.Bucket, key []byte, rec any) error {
	value, err := json.Marshal(rec)
	if err != nil {
		return fmt.Errorf("encode %q: %w", key, err)
	}
	return b.Put(key, value)
}

// encodeKey relies on the IDs of services and nodes having no control characters.
func encodeKey(id status.ID) []byte {
	return []byte(id.Service + "\x00" + id.Node + "\x00" + id.Replica)
}

func encodeNodeKey(id status.NodeID) []byte { return []byte(id.Service + "\x00" + id.Node) }
