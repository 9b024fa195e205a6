// SPDX-License-Identifier: Apache-2.0

package state_test

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
)

// A told is a report as the model remembers it.
type told struct {
	at       time.Time
	interval time.Duration
	status   status.Status // as far as it is in time
	words    string
	deadline time.Time
	unknown  bool // the deadline passed while the exporter was down
	dead     bool // the deadline passed before a restart, while it was up
}

// A model says in the plainest way what the store has to say. It drives a store
// through reports, flushes, time, restarts and crashes.
type model struct {
	t       *rapid.T
	folder  string
	newDir  func() string
	store   *state.Store
	stop    func()
	node    state.Node
	replica map[string]*told
}

func (m *model) start() {
	s, err := state.Open(state.Options{Path: m.folder, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		m.t.Fatal(err)
	}
	s.Configure([]state.Node{m.node})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	m.store, m.stop = s, func() {
		cancel()
		if err := <-done; err != nil {
			m.t.Fatal(err)
		}
	}
	now := time.Now()
	for _, r := range m.replica {
		if !r.dead && !now.Before(r.deadline) {
			r.unknown = true
			r.deadline = now.Add(r.interval + m.node.DeadAfter)
		}
	}
}

// halt ends the process, after everything that was promised in a second.
func (m *model) halt(clean bool) {
	time.Sleep(time.Second)
	synctest.Wait()
	now := time.Now()
	for _, r := range m.replica {
		// A restart forgets that a replica was waiting, and its second chance with it.
		r.dead = r.dead || !now.Before(r.deadline)
		if r.unknown && !r.dead {
			r.deadline, r.unknown = r.at.Add(r.interval+m.node.DeadAfter), false
		}
	}
	left := m.folder
	if !clean {
		left = m.newDir()
		copyDatabase(m.t, m.folder, left)
	}
	m.stop()
	m.folder = left
	time.Sleep(time.Duration(rapid.IntRange(0, 120).Draw(m.t, "down")) * time.Second)
}

func (m *model) report(t *rapid.T) {
	name := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "replica")
	r := &told{at: time.Now(), status: status.Healthy, words: rapid.SampledFrom([]string{"", "disk is full"}).Draw(t, "words")}
	r.interval = time.Duration(rapid.IntRange(1, 60).Draw(t, "interval")) * time.Second
	r.deadline = r.at.Add(r.interval + m.node.DeadAfter)
	told := report(r.interval, 0.1, 0)
	told.Detail = r.words
	if rapid.Bool().Draw(t, "busy") {
		told.Load.CPU, r.status = 0.95, status.Sick
	}
	if health := rapid.SampledFrom(slices.Collect(status.All())).Draw(t, "health"); rapid.Bool().Draw(t, "with health") {
		told.Health, told.Unknown = health, health == status.Unknown
		r.status = status.Worst(slices.Values([]status.Status{r.status, health}))
	}
	if err := m.store.Report(m.node.ID.Replica(name), told); err != nil {
		t.Fatal(err)
	}
	m.replica[name] = r
}

func (m *model) flush(t *rapid.T) {
	name := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "replica")
	_, there := m.replica[name]
	if err := m.store.Flush(m.node.ID.Replica(name)); (err == nil) != there {
		t.Fatalf("flush of %s, there: %v: %v", name, there, err)
	}
	delete(m.replica, name)
}

func (m *model) check(t *rapid.T) {
	now := time.Now()
	all := m.store.Snapshot(now)
	if len(all) != len(m.replica) {
		t.Fatalf("there are %d replicas, want %d", len(all), len(m.replica))
	}
	for _, got := range all {
		r := m.replica[got.ID.Replica]
		want, words := r.status, r.words
		switch {
		case r.dead, !now.Before(r.deadline):
			want, words = status.Dead, ""
		case r.unknown && r.status != status.Dead: // what was dead stays so
			want, words = status.Unknown, ""
		}
		if got.Status != want || !got.At.Equal(r.at) {
			t.Fatalf("%s is %v since %v, want %v since %v", got.ID, got.Status, got.At, want, r.at)
		}
		if strings.Contains(got.Detail, "disk is full") != (words != "") {
			t.Fatalf("%s is %v: %q, want %q", got.ID, got.Status, got.Detail, words)
		}
	}
}

// What Drain tells adds up to what Snapshot says.
func (m *model) drain(t *rapid.T, page map[status.ID]status.Status) {
	now := time.Now()
	for _, c := range m.store.Drain(now) {
		if c.After == nil {
			delete(page, c.ID)
			continue
		}
		page[c.ID] = c.After.Status
	}
	all := m.store.Snapshot(now)
	for _, r := range all {
		if got, ok := page[r.ID]; !ok || got != r.Status {
			t.Fatalf("%s was told as %v, and is %v", r.ID, got, r.Status)
		}
	}
	if len(page) != len(all) {
		t.Fatalf("%d replicas were told, there are %d", len(page), len(all))
	}
}

// Whatever happens to a store: what is shown of a replica changes with its
// version, and the version grows.
func TestVersion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(bubble{t}, func(rt *rapid.T) {
			s := open(t, t.TempDir(), queued())
			defer run(t, s)()
			seen := map[status.ID]state.Replica{}
			one := func(names ...string) string { return rapid.SampledFrom(names).Draw(rt, "one") }
			rt.Repeat(map[string]func(*rapid.T){
				"report": func(*rapid.T) {
					_ = s.Report(push.Replica(one("x", "y")), report(30*time.Second, float64(len(one("", "0"))), 0))
				},
				"relay": func(*rapid.T) {
					_ = s.Report(local.Replica(one("x", "y")), state.Report{Interval: time.Minute, Health: status.Sick, Detail: one("", "full")})
				},
				"health": func(*rapid.T) {
					_ = s.Report(push.Replica(one("x", "y")), judged(0, rapid.SampledFrom(slices.Collect(status.All())).Draw(rt, "health"), one("", "full")))
				},
				"flush": func(*rapid.T) { _ = s.Flush(push.Replica(one("x", "y"))) },
				"record": func(*rapid.T) {
					s.Record(poll.Replica(one("a", "b")), probe.Verdict{Status: status.Dead}, probe.Result{At: time.Now()})
				},
				"queue": func(*rapid.T) { s.Queue(push, reading(rapid.SampledFrom([]int{0, 600, 30000}).Draw(rt, "n"), 0)) },
				"wait":  func(*rapid.T) { time.Sleep(time.Duration(rapid.IntRange(1, 400).Draw(rt, "wait")) * time.Second) },
				"configure": func(*rapid.T) {
					all := queued()
					switch one("same", "no queue", "limits", "other queue", "times", "fewer") {
					case "no queue":
						all[0].Queue = nil
					case "limits":
						all[0].Queue.ReadyDeadAbove, all[0].CPUSickAbove = 550, 2
					case "other queue":
						all[0].Queue.Name = "other"
					case "times":
						all[0].DeadAfter, all[1].ForgetAfter, all[2].Replicas[0].Interval = time.Second, time.Hour, time.Second
					case "fewer":
						all = all[1:]
					}
					s.Configure(all)
				},
				"": func(t *rapid.T) {
					for _, r := range s.Snapshot(time.Now()) {
						before, ok := seen[r.ID]
						same := before
						same.Version = r.Version
						if ok && (r.Version < before.Version || (r.Version == before.Version && !reflect.DeepEqual(r, same))) {
							t.Fatalf("the version does not grow:\n%+v\n%+v", before, r)
						}
						seen[r.ID] = r
					}
				},
			})
		})
	})
}

// A bubble hides from rapid that it runs in one, where there is no deadline.
type bubble struct{ testing.TB }

func TestStoreIsLikeTheModel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		folders := 0
		base := t.TempDir()
		newDir := func() string { folders++; return fmt.Sprint(base, "/", folders) }
		rapid.Check(bubble{t}, func(rt *rapid.T) {
			m := &model{t: rt, folder: newDir(), newDir: newDir, node: nodes()[0], replica: map[string]*told{}}
			page := map[status.ID]status.Status{}
			m.start()
			defer func() { m.stop() }()
			rt.Repeat(map[string]func(*rapid.T){
				"report": m.report,
				"flush":  m.flush,
				"wait": func(t *rapid.T) {
					time.Sleep(time.Duration(rapid.IntRange(1, 40).Draw(t, "wait")) * time.Second)
				},
				"restart": func(*rapid.T) { m.halt(true); m.start(); clear(page) },
				"kill":    func(*rapid.T) { m.halt(false); m.start(); clear(page) },
				"drain":   func(t *rapid.T) { m.drain(t, page) },
				"":        m.check,
			})
		})
	})
}
