// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errDown = errors.New("connection refused")

// A fakeSource answers the present with what its field does, and knows no past.
type fakeSource struct {
	current func(ctx context.Context) (statuspage.Reading, error)
}

func (f fakeSource) Current(ctx context.Context) (statuspage.Reading, error) { return f.current(ctx) }

func (fakeSource) Days(context.Context, time.Time, time.Time) (statuspage.Days, error) {
	return statuspage.Days{}, nil
}

func (fakeSource) Latency(context.Context, statuspage.Window, time.Time) (map[status.NodeID]statuspage.Latency, error) {
	return map[status.NodeID]statuspage.Latency{}, nil
}

func (fakeSource) Spent(context.Context, time.Time, time.Time) (statuspage.Intervals, error) {
	return statuspage.Intervals{}, nil
}

func (fakeSource) Since(context.Context) (statuspage.Since, error) { return statuspage.Since{}, nil }

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
	mu       sync.Mutex
	contents store.Contents
	layout   statuspage.Layout
	saved    int
	err      error
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

func (m *memory) Layout(context.Context) (statuspage.Layout, error) { return m.layout, nil }

func (m *memory) SaveLayout(_ context.Context, l statuspage.Layout) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.layout, m.saved = l, m.saved+1
	return m.err
}

func (m *memory) announce(title string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.contents.Revision++
	m.contents.Announcements = append(m.contents.Announcements, statuspage.Announcement{ID: title, Title: title, Time: time.Now()})
}

func (m *memory) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

// settingsOf are settings of a page that is asked for every 15 s, and stale after
// 2 min.
func settingsOf(t testing.TB, s statuspage.Source, change ...func(*config.Config)) *settings {
	t.Helper()
	c := config.Default()
	c.RefreshInterval, c.StaleAfter = model.Duration(15*time.Second), model.Duration(2*time.Minute)
	for _, f := range change {
		f(c)
	}
	faces, err := newFaces(c)
	require.NoError(t, err)
	return &settings{config: c, source: s, faces: faces, proxies: c.Proxies(), release: func() {}}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// shownOf are the pages of a reading.
func shownOf(t testing.TB, reading statuspage.Reading, change ...func(*config.Config)) *shown {
	t.Helper()
	g := newGallery(newStudio(2, func() {}, quiet()))
	g.show(settingsOf(t, nil, change...), &knowledge{reading: reading, layout: reading.Layout}, &contents{known: true})
	return g.shown.Load()
}

func siteOf(t testing.TB, s status.Status, change ...func(*config.Config)) *site {
	t.Helper()
	return shownOf(t, readingOf(s), change...).sites[0]
}

// visitors is a server that shows what shownOf does, with all that stands before it.
func visitors(t testing.TB, reading statuspage.Reading, change ...func(*config.Config)) *Server {
	t.Helper()
	s := &Server{
		o: Options{Logger: quiet()}, metrics: newMetrics(Options{}), streams: newStreams(),
		writes: newLimiter(writeEvery, writesAtOnce), calls: newLimiter(callEvery, callsAtOnce), door: newDoorkeeper(), sameOrigin: http.NewCrossOriginProtection(),
	}
	s.gallery = newGallery(newStudio(2, func() {}, quiet()))
	s.gallery.show(settingsOf(t, nil, change...), &knowledge{reading: reading, layout: reading.Layout}, &contents{known: true})
	return s
}

func ask(h http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// How long tests wait for another goroutine: at most, and between two looks.
const (
	waitAtMost = 10 * time.Second
	waitEvery  = 5 * time.Millisecond
)
