// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"go.uber.org/goleak"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errDown = errors.New("connection refused")

// A fakeSource answers with what its field does.
type fakeSource struct {
	current func(ctx context.Context) (statuspage.Reading, error)
}

func (f fakeSource) Current(ctx context.Context) (statuspage.Reading, error) { return f.current(ctx) }

func answering(s status.Status) fakeSource {
	return fakeSource{func(context.Context) (statuspage.Reading, error) { return readingOf(s), nil }}
}

// readingOf is a reading of now, of one replica with the status.
func readingOf(s status.Status) statuspage.Reading {
	id := status.NodeID{Service: "web", Node: "api"}
	return statuspage.Reading{
		At: time.Now(), Newest: time.Now(), Overall: s,
		Services: map[string]status.Status{"web": s},
		Nodes:    map[status.NodeID]status.Status{id: s},
		Replicas: map[status.ID]statuspage.ReplicaReading{id.Replica("tcp://secret.example.com:80"): {Status: s, LastSeen: time.Now()}},
		Layout:   layout("Programming interface"),
	}
}

func layout(label string) statuspage.Layout {
	return statuspage.Layout{Services: []statuspage.ServiceLayout{{
		ID: "web", Label: "Web", Nodes: []statuspage.NodeLayout{{ID: "api", Label: label, Mode: "poll"}},
	}}}
}

// A memory is a store that forgets.
type memory struct {
	mu            sync.Mutex
	announcements []statuspage.Announcement
	layout        statuspage.Layout
	saved         int
	err           error
}

func (m *memory) Announcements() ([]statuspage.Announcement, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.announcements, m.err
}

func (m *memory) Layout() (statuspage.Layout, error) { return m.layout, m.err }

func (m *memory) SaveLayout(l statuspage.Layout) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.layout, m.saved = l, m.saved+1
	return m.err
}

func (m *memory) announce(title string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.announcements = append(m.announcements, statuspage.Announcement{ID: title, Title: title, Time: time.Now()})
}

// settingsWith are settings of a page that is asked for every 15 s, and stale
// after 2 min.
func settingsWith(s statuspage.Source) *settings {
	c := config.Default()
	c.RefreshInterval, c.StaleAfter = model.Duration(15*time.Second), model.Duration(2*time.Minute)
	return &settings{config: c, source: s, release: func() {}}
}

func refresherWith(t *testing.T, now func() *settings, k keeper) *refresher {
	t.Helper()
	r := newRefresher(now, k, newMetrics(Options{}), slog.New(slog.DiscardHandler))
	if err := r.begin(); err != nil {
		t.Fatal(err)
	}
	return r
}

// How long tests wait for another goroutine: at most, and between two looks.
const (
	waitAtMost = 10 * time.Second
	waitEvery  = 5 * time.Millisecond
)
