// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"crypto/sha256"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"github.com/pharos-status/pharos/bridge/webhook"
)

// A model says in the plainest way what a spool has to say. It drives one through
// everything that can happen, with a disk that may fail, restarts and crashes.
type model struct {
	folder   func() string
	spool    *Spool
	now      time.Time
	number   int
	failing  bool
	mem      world
	disk     world
	taken    map[Lane]*Entry
	keys     map[string]string // of a text and lane
	maxWaits int
	maxDead  int
}

var errDisk = errors.New("the disk fails")

func (m *model) open(t *rapid.T, folder string) {
	s, err := Open(Options{
		Path: folder, Logger: slog.New(slog.DiscardHandler),
		MaxWaiting: m.maxWaits, MaxDeadLetters: m.maxDead, DuplicateWithin: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.update = func(fn func(*bolt.Tx) error) error {
		if m.failing {
			return errDisk
		}
		return s.db.Update(fn)
	}
	m.spool, m.taken = s, map[Lane]*Entry{}
}

// wrote notes that a write was tried, with all that the memory has.
func (m *model) wrote() {
	if m.failing {
		return
	}
	for _, q := range m.mem.lanes {
		for i := range q {
			if q[i].untold {
				q[i].untold, q[i].kept = false, q[i].attempts
			}
		}
	}
	m.disk = m.mem.clone()
}

func (m *model) accept(t *rapid.T) {
	topics := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"x", "y", "z"}), 0, 2, rapid.ID[string])
	recipients := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b"}), 0, 2, rapid.ID[string])
	ago := rapid.Custom(func(t *rapid.T) time.Duration {
		return time.Duration(rapid.IntRange(1, 300).Draw(t, "seconds")) * time.Second
	})
	m.number++
	n := Submission{
		Channel:    rapid.SampledFrom([]string{"sms", "chat"}).Draw(t, "channel"),
		Recipients: recipients.Draw(t, "recipients"),
		Digest:     webhook.Digest(sha256.Sum256([]byte(rapid.SampledFrom([]string{"1", "2", "3", "4", "5", "6"}).Draw(t, "digest")))),
		Payload:    []byte(strconv.Itoa(m.number)),
		Accepted:   m.now,
		Repeats:    rapid.Bool().Draw(t, "repeats"),
		Group:      rapid.SampledFrom([]string{"", "g", "h"}).Draw(t, "group"),
		Topics:     topics.Draw(t, "topics"), Outages: topics.Draw(t, "outages"),
		Voids: topics.Draw(t, "voids"), VoidsAll: topics.Draw(t, "voids all"),
		Began: m.now.Add(-ago.Draw(t, "began")), Ended: m.now.Add(-ago.Draw(t, "ended")),
	}
	after, want, err := m.expect(n)
	got, failed := m.spool.Accept(t.Context(), n)
	if m.failing && err == nil && (!want.Duplicate || failed != nil) { // a duplicate may be known without a write
		err, want = errDisk, Accepted{}
	}
	if !errors.Is(failed, err) {
		t.Fatalf("accepting: %v, want %v", failed, err)
	}
	slices.SortFunc(got.Overtaken, compareLanes)
	slices.SortFunc(want.Overtaken, compareLanes)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("accepted (-want +got):\n%s", diff)
	}
	if err == nil {
		m.mem = after
	}
	m.wrote()
}

func compareLanes(a, b Lane) int {
	return slices.Compare([]string{a.Channel, a.Recipient}, []string{b.Channel, b.Recipient})
}

func (m *model) lane(t *rapid.T) Lane {
	return Lane{rapid.SampledFrom([]string{"sms", "chat"}).Draw(t, "channel"), rapid.SampledFrom([]string{"a", "b"}).Draw(t, "recipient")}
}

func (m *model) take(t *rapid.T) {
	from, mark := m.lane(t), rapid.Bool().Draw(t, "mark")
	got, err := m.spool.Take(from, mark)
	q := m.mem.lanes[from]
	if i := slices.IndexFunc(q, func(p piece) bool { return p.sending }); i > 0 { // an older one was revived
		q = q[i:]
	}
	if len(q) == 0 {
		if got != nil || err != nil {
			t.Fatalf("took %v, %v of an empty lane", got, err)
		}
		return
	}
	p := &q[0]
	writes := mark && !p.begun
	if writes && m.failing {
		if !errors.Is(err, errDisk) {
			t.Fatalf("took with %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if !p.sending {
		p.sending = true
		p.attempts++
	}
	if writes {
		p.begun, p.kept = true, p.attempts
		m.wrote()
	}
	m.compare(t, p, got)
	if m.spool.Newer(got) != p.newer {
		t.Fatalf("newer word: %v, want %v", !p.newer, p.newer)
	}
	m.taken[from] = got
}

func (m *model) compare(t *rapid.T, p *piece, got *Entry) {
	if string(got.Payload) != p.text || got.Lane != p.lane || got.Attempts != p.attempts || got.Unsure != p.unsure {
		t.Fatalf("took %q of %v, attempt %d, unsure %v; want %+v", got.Payload, got.Lane, got.Attempts, got.Unsure, *p)
	}
	m.key(t, p, got.Key)
}

// key checks that a piece has always the same key, which no other has.
func (m *model) key(t *rapid.T, p *piece, key string) {
	name := p.text + " " + p.lane.Channel + " " + p.lane.Recipient
	if known := m.keys[name]; known != "" && known != key {
		t.Fatalf("%s had key %s, and has %s", name, known, key)
	}
	m.keys[name] = key
	for other, k := range m.keys {
		if k == key && other != name {
			t.Fatalf("%s has the key of %s", name, other)
		}
	}
}

// resolve ends an attempt in one of the ways there are.
func (m *model) resolve(t *rapid.T) {
	from := m.lane(t)
	e := m.taken[from]
	if e == nil {
		t.Skip("nothing is taken")
	}
	delete(m.taken, from)
	at := slices.IndexFunc(m.mem.lanes[from], func(p piece) bool { return p.sending })
	p := m.mem.lanes[from][at]
	m.mem.lanes[from] = slices.Delete(slices.Clone(m.mem.lanes[from]), at, at+1)
	var overtaken, gone bool
	var err error
	switch rapid.IntRange(0, 4).Draw(t, "outcome") {
	case 0:
		err = m.spool.Delivered(e.ID)
	case 1:
		err = m.spool.Skip(e.ID)
	case 2, 3:
		unsure := rapid.Bool().Draw(t, "unsure")
		overtaken, err = m.spool.Retry(e.ID, unsure)
		if gone = p.void; !gone {
			p.sending, p.begun, p.unsure, p.untold = false, false, p.unsure || unsure, true
			m.mem.lanes[from] = slices.Insert(m.mem.lanes[from], at, p)
		}
	case 4:
		overtaken, err = m.spool.Bury(e.ID, "refused", p.text)
		if gone = p.void; !gone {
			p.sending, p.begun, p.kept, p.dead = false, false, p.attempts, true
			dead := append(slices.Clone(m.mem.dead[from.Channel]), p)
			m.mem.dead[from.Channel] = dead[max(0, len(dead)-m.maxDead):]
		}
	}
	if err != nil || overtaken != gone {
		t.Fatalf("overtaken %v, %v; want %v", overtaken, err, gone)
	}
	m.wrote()
}

// bring revives or discards a dead letter.
func (m *model) bring(t *rapid.T) {
	c := rapid.SampledFrom([]string{"sms", "chat"}).Draw(t, "channel")
	letters := m.spool.DeadLetters(c)
	if len(letters) == 0 {
		t.Skip("nobody is dead")
	}
	i := rapid.IntRange(0, len(letters)-1).Draw(t, "letter")
	at := len(letters) - 1 - i // the model has the oldest first
	p := m.mem.dead[c][at]
	var err, want error
	if revive := rapid.Bool().Draw(t, "revive"); revive {
		waiting := 0
		for lane, q := range m.mem.lanes {
			if lane.Channel == c {
				waiting += len(q)
			}
		}
		var overtaken bool
		overtaken, err = m.spool.Revive(letters[i].ID)
		switch {
		case p.pointless && !m.failing:
			if !overtaken {
				t.Fatalf("%+v was revived", p)
			}
		case p.pointless:
			want = errDisk
		case waiting >= m.maxWaits:
			want = ErrFull
		case m.failing:
			want = errDisk
		default:
			p.attempts, p.kept, p.dead = 0, 0, false
			q := append(slices.Clone(m.mem.lanes[p.lane]), p)
			slices.SortFunc(q, func(a, b piece) int { return a.number - b.number })
			m.mem.lanes[p.lane] = q
		}
	} else {
		err = m.spool.Discard(letters[i].ID)
		if m.failing {
			want = errDisk
		}
	}
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
	if want == nil {
		m.mem.dead[c] = slices.Delete(slices.Clone(m.mem.dead[c]), at, at+1)
	}
	m.wrote()
}

// restart ends the process, after Close or as kill -9 would.
func (m *model) restart(t *rapid.T) {
	folder := m.spool.file.Folder
	if rapid.Bool().Draw(t, "crash") {
		left := m.folder()
		data, err := os.ReadFile(m.spool.file.Path())
		if err == nil {
			err = os.WriteFile(fileIn(left).Path(), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		folder = left
		_ = m.spool.Close()
	} else {
		m.wrote()
		if err := m.spool.Close(); err != nil && !m.failing {
			t.Fatal(err)
		}
	}
	m.failing = false
	m.mem = m.disk.clone()
	for at, q := range m.mem.lanes {
		q = slices.DeleteFunc(q, func(p piece) bool { return p.void })
		m.mem.lanes[at] = q
		for i := range q {
			p := &q[i]
			p.unsure = p.unsure || p.begun
			p.sending, p.begun, p.attempts = false, false, p.kept
		}
	}
	m.disk = m.mem.clone()
	m.open(t, folder)
}

func (m *model) toggleDisk(t *rapid.T) {
	if m.failing = !m.failing; m.failing {
		return
	}
	if err := m.spool.Probe(); err != nil || m.spool.Err() != nil {
		t.Fatal(err, m.spool.Err())
	}
	m.wrote()
}

func (m *model) check(t *rapid.T) {
	want := map[string]Figure{}
	counted := map[int]bool{}
	weigh := func(f *Figure, q []piece) { // a payload is kept once
		for _, p := range q {
			if !counted[p.number] {
				f.Bytes += int64(len(p.text))
			}
			counted[p.number] = true
		}
	}
	var lanes []Lane
	for at, q := range m.mem.lanes {
		f := want[at.Channel]
		f.Waiting += len(q)
		weigh(&f, q)
		if len(q) > 0 {
			want[at.Channel] = f
			lanes = append(lanes, at)
		}
	}
	for c, q := range m.mem.dead {
		f := want[c]
		f.DeadLetters = len(q)
		weigh(&f, q)
		if len(q) > 0 {
			want[c] = f
		}
		letters := m.spool.DeadLetters(c)
		for i, letter := range letters {
			p := q[len(q)-1-i]
			payload, err := m.spool.Payload(letter.ID)
			if err != nil || letter.Reason != p.text || string(payload) != p.text || letter.Lane != p.lane || letter.Attempts != p.attempts {
				t.Fatalf("dead letter %+v with %q, %v; want %+v", letter, payload, err, p)
			}
			m.key(t, &p, letter.Key)
		}
	}
	slices.SortFunc(lanes, compareLanes)
	if got := m.spool.Lanes(); !slices.Equal(got, lanes) {
		t.Fatalf("lanes %v, want %v", got, lanes)
	}
	m.checkFile(t)
	got := m.spool.Figures()
	for c, f := range got {
		if f.Oldest.IsZero() != (f.Waiting == 0) {
			t.Fatalf("figure of %s: %+v", c, f)
		}
		f.Oldest = time.Time{}
		got[c] = f
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("figures (-want +got):\n%s", diff)
	}
}

// checkFile checks that the file has what the index has, and no more.
func (m *model) checkFile(t *rapid.T) {
	if len(m.spool.dirty) > 0 { // after a write that failed
		return
	}
	all := m.spool.onDisk(t)
	for i, memory := range m.spool.memories() {
		if len(memory.differ) == 0 && len(all.notes[i]) != len(memory.notes) {
			t.Fatalf("the file has %d notes in %s, memory %d", len(all.notes[i]), memory.bucket, len(memory.notes))
		}
	}
	if x := &m.spool.index; len(all.entries) != len(x.entries) || len(all.submissions) != len(x.submissions) {
		t.Fatalf("the file has %d entries of %d submissions, the index %d of %d",
			len(all.entries), len(all.submissions), len(x.entries), len(x.submissions))
	}
}

func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{
			folder: t.TempDir, now: time.Now(), mem: newWorld(), disk: newWorld(),
			keys: map[string]string{}, maxWaits: 12, maxDead: 3,
		}
		m.open(rt, t.TempDir())
		defer func() { _ = m.spool.Close() }()
		rt.Repeat(map[string]func(*rapid.T){
			"accept": m.accept, "accept more": m.accept, "take": m.take, "take more": m.take,
			"resolve": m.resolve, "resolve more": m.resolve, "bring": m.bring, "restart": m.restart, "disk": m.toggleDisk,
			"wait": func(t *rapid.T) {
				m.now = m.now.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "seconds")) * time.Second)
			},
			"": m.check,
		})
	})
}
