// SPDX-License-Identifier: Apache-2.0

package history_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/history"
	"github.com/pharos-status/pharos/statuspage/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errDown = errors.New("connection refused")

// api is the only node there is.
var api = status.NodeID{Service: "web", Node: "api"}

// A fakeSource knows the days of a node.
type fakeSource struct {
	mu       sync.Mutex
	err      error
	status   status.Status
	days     map[time.Time]statuspage.Minutes // of api
	since    statuspage.Since
	sinceErr error
	spent    statuspage.Intervals
	spentDay statuspage.Intervals // of whole days
	asked    []string             // Days "11-20–11-21", Since, Spent, Latency 0
	hang     chan struct{}        // Days waits for it, if it is not nil
	takes    time.Duration        // how long Days takes
	takesDay time.Duration        // and for each day
	atSpent  func()               // called by Spent, if it is not nil
	latency  map[status.NodeID]statuspage.Latency
}

func (f *fakeSource) note(what string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, what)
	return f.err
}

// took returns what was asked since the last call.
func (f *fakeSource) took() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := strings.Join(f.asked, ", ")
	f.asked = nil
	return all
}

func (f *fakeSource) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *fakeSource) Current(context.Context) (statuspage.Reading, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return statuspage.Reading{
		At: time.Now(), Overall: f.status, Services: map[string]status.Status{"web": f.status}, Nodes: map[status.NodeID]status.Status{api: f.status},
	}, f.err
}

func (f *fakeSource) Days(ctx context.Context, first, last time.Time) (statuspage.Days, error) {
	if f.hang != nil {
		select {
		case <-f.hang:
		case <-ctx.Done():
			return statuspage.Days{}, ctx.Err()
		}
	}
	select {
	case <-time.After(f.takes + f.takesDay*(last.Sub(first)/(24*time.Hour)+1)):
	case <-ctx.Done():
		return statuspage.Days{}, ctx.Err()
	}
	if err := f.note("Days " + first.Format("01-02") + "–" + last.Format("01-02")); err != nil {
		return statuspage.Days{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	some := maps.Clone(f.days)
	maps.DeleteFunc(some, func(day time.Time, _ statuspage.Minutes) bool { return day.Before(first) || day.After(last) })
	out := statuspage.Days{Weights: statuspage.DefaultWeights()}
	if len(some) > 0 {
		out.Nodes = map[status.NodeID]map[time.Time]statuspage.Minutes{api: some}
		out.Services = map[string]map[time.Time]statuspage.Minutes{"web": maps.Clone(some)}
	}
	return out, nil
}

func (f *fakeSource) Latency(_ context.Context, w statuspage.Window, _ time.Time) (map[status.NodeID]statuspage.Latency, error) {
	err := f.note("Latency " + string(rune('0'+w)))
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.latency), err
}

func (f *fakeSource) Spent(_ context.Context, from, to time.Time) (statuspage.Intervals, error) {
	if to.Sub(from) == 24*time.Hour {
		return f.spentDay, f.note("Spent of a day")
	}
	if f.atSpent != nil {
		f.atSpent()
	}
	return f.spent, f.note("Spent")
}

func (f *fakeSource) Since(context.Context) (statuspage.Since, error) {
	err := f.note("Since")
	return f.since, errors.Join(err, f.sinceErr)
}

// A memory is a store that forgets when it goes.
type memory struct {
	mu       sync.Mutex
	err      error
	days     statuspage.Intervals
	kept     int // calls of KeepDays
	spent    map[string]statuspage.Intervals
	contents store.Contents
}

func (m *memory) set(change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change()
}

func (m *memory) Days(_ context.Context, first, last time.Time) (statuspage.Intervals, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return statuspage.Intervals{Nodes: between(m.days.Nodes, first, last), Services: between(m.days.Services, first, last)}, m.err
}

func between[K comparable](all map[K]map[time.Time]statuspage.Minutes, first, last time.Time) map[K]map[time.Time]statuspage.Minutes {
	out := map[K]map[time.Time]statuspage.Minutes{}
	for id, days := range all {
		for day, m := range days {
			if !day.Before(first) && !day.After(last) {
				add(out, map[K]map[time.Time]statuspage.Minutes{id: {day: m}})
			}
		}
	}
	return out
}

func (m *memory) KeepDays(_ context.Context, d statuspage.Intervals) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	if m.days.Nodes == nil {
		m.days.Nodes, m.days.Services = map[status.NodeID]map[time.Time]statuspage.Minutes{}, map[string]map[time.Time]statuspage.Minutes{}
	}
	m.kept++
	add(m.days.Nodes, d.Nodes)
	add(m.days.Services, d.Services)
	return nil
}

func add[K comparable](to, from map[K]map[time.Time]statuspage.Minutes) {
	for id, days := range from {
		if to[id] == nil {
			to[id] = map[time.Time]statuspage.Minutes{}
		}
		maps.Copy(to[id], days)
	}
}

func (m *memory) Spent(context.Context) (map[string]statuspage.Intervals, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.spent), m.err
}

func (m *memory) KeepSpent(_ context.Context, correction string, i statuspage.Intervals) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err == nil {
		if m.spent == nil {
			m.spent = map[string]statuspage.Intervals{}
		}
		m.spent[correction] = i
	}
	return m.err
}

func (m *memory) Contents(context.Context) (store.Contents, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.contents, m.err
}

func (m *memory) Revision(context.Context) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.contents.Revision, m.err
}

func keeper(t *testing.T, f *fakeSource, m *memory) *history.Keeper {
	t.Helper()
	k, err := history.New(history.Options{Source: func() statuspage.Source { return f }, Store: m, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	return k
}
