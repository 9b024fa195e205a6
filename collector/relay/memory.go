// SPDX-License-Identifier: Apache-2.0

package relay

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/atomicfile"
	"github.com/pharos-status/pharos/internal/status"
)

const (
	maxGone = 10_000   // replicas that are gone, and that the master was not told of yet
	maxFile = 64 << 20 // bytes
)

// A task is something that the master is to be told: the status of a replica, or
// that it is gone.
type task struct {
	id     status.ID
	status status.Status
	words  string // the reason of the status, or what a healthy target said
	flush  bool
}

// A memory holds what one master was told. It is not safe for concurrent use.
type memory struct {
	file    string // empty: nothing outlives the process
	url     string // of the master
	told    map[status.ID]*told
	changed bool // other replicas are told than the file says
	deleted int  // from told since it was made
	round   uint64
}

// A told is the last that the master was told of a replica, or that was tried.
type told struct {
	status status.Status
	at     time.Time
	done   bool   // the master has answered
	round  uint64 // the last in which the replica was there; 0 if it was in none
}

// due returns what is to be told of the replicas that there are, the most urgent
// first: what has changed, what is gone, and what was told long ago; in the end
// what was tried in vain, so that it stops nothing else.
func (m *memory) due(replicas []state.Replica, now time.Time, to *master) []task {
	m.round++
	var changed, gone, repeated, again []task
	for _, r := range replicas {
		t := m.told[r.ID]
		if t != nil {
			t.round = m.round
		}
		report := task{id: r.ID, status: r.Status, words: cmp.Or(r.Detail, r.Reason.Words())}
		late := t != nil && !now.Before(to.repeat(t.at))
		switch {
		case r.Status == status.Unknown && to.single:
			// What it was told last holds until the master would call it dead.
			if late {
				gone = append(gone, task{id: r.ID, flush: true})
			}
		case t != nil && !t.done && t.status == r.Status:
			again = append(again, report)
		case t == nil || t.status != r.Status:
			changed = append(changed, report)
		case late:
			repeated = append(repeated, report)
		}
	}
	gone = m.gone(gone, now, to)
	if to.single && !to.takes {
		return slices.Concat(changed, repeated, again, gone) // what a report is answered shows what a 404 to a flush is worth
	}
	return slices.Concat(changed, gone, repeated, again)
}

// gone appends to tasks the flushes of the replicas that are there no more. What
// only an earlier run has seen may not have been discovered yet, so it has until
// the master would hear of it again. If there are very many, as may be where
// replicas come and go during an outage, some are given up.
func (m *memory) gone(tasks []task, now time.Time, to *master) []task {
	for id, t := range m.told {
		switch {
		case t.round == m.round, t.round == 0 && now.Before(to.repeat(t.at)):
		case len(tasks) < maxGone:
			tasks = append(tasks, task{id: id, flush: true})
		default:
			m.forget(id)
		}
	}
	m.shrink()
	return tasks
}

// shrink makes the map anew once much has been deleted: a map in which keys come
// and go for ever grows, slowly, though their number does not.
func (m *memory) shrink() {
	if m.deleted <= maxGone {
		return
	}
	fresh := make(map[status.ID]*told, len(m.told))
	maps.Copy(fresh, m.told)
	m.told, m.deleted = fresh, 0
}

// next returns when something must be told again.
func (m *memory) next(now time.Time, to *master) time.Time {
	next := to.repeat(now)
	for _, t := range m.told {
		if at := to.repeat(t.at); at.Before(next) {
			next = at
		}
	}
	return next
}

// try notes what is about to be told. Whether the master hears it is not certain
// if there is no answer, so it is remembered from now on.
func (m *memory) try(tasks []task, now time.Time) {
	for _, t := range tasks {
		if t.flush {
			continue
		}
		if m.told[t.id] == nil {
			m.told[t.id] = &told{}
			m.changed = true
		}
		*m.told[t.id] = told{status: t.status, at: now, round: m.round}
	}
}

// done notes that the master has answered.
func (m *memory) done(t task) {
	if t.flush {
		m.forget(t.id)
	} else {
		m.told[t.id].done = true
	}
}

func (m *memory) forget(id status.ID) {
	delete(m.told, id)
	m.deleted++
	m.changed = true
}

// A record is what the file holds, as JSON.
type record struct {
	Master   string      `json:"master"`
	Replicas []status.ID `json:"replicas"`
}

// open begins with what an earlier run has told the master at url, unless it is
// the same as before. If there is an error, it begins with nothing.
func (m *memory) open(url string, now time.Time) error {
	if m.url == url {
		return nil
	}
	m.url, m.told, m.changed = url, map[status.ID]*told{}, true
	if m.file == "" {
		return nil
	}
	info, err := os.Stat(m.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Size() > maxFile:
		return fmt.Errorf("%s has more than %d bytes", m.file, maxFile)
	}
	data, err := os.ReadFile(m.file)
	if err != nil {
		return err
	}
	var left record
	if err := json.Unmarshal(data, &left); err != nil {
		return fmt.Errorf("read %s: %w", m.file, err)
	}
	if left.Master != url {
		return nil
	}
	for _, id := range left.Replicas {
		m.told[id] = &told{at: now}
	}
	m.changed = false
	return nil
}

// save writes the file if it must be another one.
func (m *memory) save() error {
	if !m.changed || m.file == "" {
		return nil
	}
	rec := record{Master: m.url, Replicas: make([]status.ID, 0, len(m.told))}
	for id := range m.told {
		rec.Replicas = append(rec.Replicas, id)
	}
	err := atomicfile.Write(m.file, 0o600, func(w io.Writer) error { return json.NewEncoder(w).Encode(rec) })
	if err != nil {
		return fmt.Errorf("keep what the master was told: %w", err)
	}
	m.changed = false
	return nil
}
