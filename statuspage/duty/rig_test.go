// SPDX-License-Identifier: Apache-2.0

package duty_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/alerts"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/duty"
	"github.com/pharos-status/pharos/statuspage/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// round is longer than the duties wait between two rounds.
const round = 11 * time.Second

// A rig is the duties with a real store and a real desk, in the time of a bubble.
type rig struct {
	t     *testing.T
	store *store.Store
	desk  *desk.Desk
	am    *fakeAM
	cfg   *config.Config
	duty  *duty.Duty
	stop  func()

	// What follows, the configuration and Alertmanager are changed only while the duties
	// wait; both sides meet at the lock, since the race detector knows no bubbles.
	meet sync.Mutex

	layout statuspage.Layout
	frozen time.Time // when Prometheus went away; zero: it is there
	nodes  map[status.NodeID]status.Status
	whole  map[string]status.Status // of services, where it is not that of the worst node
}

var layout = statuspage.Layout{Services: []statuspage.ServiceLayout{
	{ID: "web", Label: "Web *site*", Nodes: []statuspage.NodeLayout{{ID: "api", Label: "API"}, {ID: "db"}}},
	{ID: "mail", Nodes: []statuspage.NodeLayout{{ID: "smtp"}}},
}}

func id(service, node string) status.NodeID { return status.NodeID{Service: service, Node: node} }

// bubble runs f with a rig whose duties run.
func bubble(t *testing.T, f func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(90 * 24 * time.Hour) // 2000-03-31
		r := &rig{t: t, layout: layout, am: &fakeAM{}, cfg: config.Default(), nodes: map[status.NodeID]status.Status{}, whole: map[string]status.Status{}}
		r.cfg.Incidents.FromAlerts.Policy = config.Publish
		for _, s := range layout.Services {
			for _, n := range s.Nodes {
				r.nodes[id(s.ID, n.ID)] = status.Healthy
			}
		}
		var err error
		r.store, err = store.Open(t.Context(), store.Options{Path: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		defer func() { require.NoError(t, r.store.Close()) }()
		r.desk = desk.New(desk.Options{Store: r.store, Layout: r.known, Changed: func() { r.duty.Wake() }})
		r.start()
		defer func() { r.stop() }()
		f(r)
	})
}

// start begins a term; what was known in the one before is forgotten.
func (r *rig) start() {
	r.duty = duty.New(duty.Options{
		Store: r.store, Desk: r.desk,
		Alertmanager: func() duty.Alertmanager { r.met(); return r.am },
		Config:       func() *config.Config { r.met(); return r.cfg },
		Reading:      r.reading,
		Layout:       r.known,
		Logger:       slog.New(slog.NewTextHandler(testkit.Output(r.t), nil)),
	})
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.duty.Run(ctx)
	}()
	r.stop = func() {
		cancel()
		<-done
	}
	synctest.Wait()
}

// skip lets time pass that no instance sees, in much less of the test's.
func (r *rig) skip(d time.Duration) {
	r.stop()
	r.pass(d)
	r.start()
}

func (r *rig) met() {
	r.meet.Lock()
	defer r.meet.Unlock()
}

func (r *rig) known() statuspage.Layout {
	r.met()
	return r.layout
}

func (r *rig) reading() statuspage.Reading {
	r.met()
	at := time.Now()
	if !r.frozen.IsZero() {
		at = r.frozen
	}
	services := map[string]status.Status{}
	for _, s := range r.layout.Services {
		services[s.ID] = status.Worst(func(yield func(status.Status) bool) {
			for _, n := range s.Nodes {
				if !yield(r.nodes[id(s.ID, n.ID)]) {
					return
				}
			}
		})
	}
	maps.Copy(services, r.whole)
	return statuspage.Reading{At: at, Newest: at, Layout: r.layout, Services: services, Nodes: maps.Clone(r.nodes)}
}

// pass lets time pass, and a round end.
func (r *rig) pass(d time.Duration) {
	r.met()
	time.Sleep(d)
	synctest.Wait()
}

func (r *rig) contents() store.Contents {
	c, err := r.store.Contents(r.t.Context())
	require.NoError(r.t, err)
	return c
}

// incidents shows what there is, newest first: a line each.
func (r *rig) incidents() (lines []string) {
	for _, i := range r.contents().Incidents {
		var refs, phases []string
		for _, c := range i.Components {
			refs = append(refs, c.String())
		}
		for _, u := range i.Updates {
			phases = append(phases, string(u.Phase))
		}
		draft := ""
		if i.Draft {
			draft = "draft "
		}
		lines = append(lines, fmt.Sprintf("%s%s [%s] %s %s", draft, i.Title, strings.Join(refs, " "), i.Impact, strings.Join(phases, ",")))
	}
	return lines
}

func (r *rig) plan(start, end time.Duration, rule string, components ...string) statuspage.Maintenance {
	now := time.Now()
	title, from, to := "Move", now.Add(start), now.Add(end)
	m, err := r.desk.PlanMaintenance(r.t.Context(), "anna", desk.MaintenanceInput{
		Title: &title, Components: &components, Start: &from, End: &to, RRule: &rule,
	})
	require.NoError(r.t, err)
	synctest.Wait()
	return m
}

// A fakeAM keeps alerts and silences as Alertmanager does.
type fakeAM struct {
	firing   []alerts.Alert
	silences []alerts.Silence
	made     int
	calls    int
	away     bool
	hangs    bool // silences can be read, but not set
	url      string
}

var errAway = errors.New("no answer")

func (f *fakeAM) fire(name, service, node, severity string) {
	f.firing = append(f.firing, alerts.Alert{Starts: time.Now(), Labels: map[string]string{
		"alertname": name, "service": service, "node": node, "severity": severity,
	}})
}

func (f *fakeAM) Active(context.Context) ([]alerts.Alert, error) {
	if f.away {
		return nil, errAway
	}
	return slices.Clone(f.firing), nil
}

func (f *fakeAM) Marked(_ context.Context, prefix string) ([]alerts.Silence, error) {
	f.calls++
	if f.away {
		return nil, errAway
	}
	f.silences = slices.DeleteFunc(f.silences, func(s alerts.Silence) bool { return !s.Ends.After(time.Now()) })
	out := slices.DeleteFunc(slices.Clone(f.silences), func(s alerts.Silence) bool { return !strings.HasPrefix(s.Mark, prefix) })
	for i := range out {
		out[i].Begun = !out[i].Starts.After(time.Now())
	}
	return out, nil
}

func (f *fakeAM) URL() string { return f.url }

func (f *fakeAM) SetSilence(ctx context.Context, s alerts.Silence) error {
	if f.hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	if f.away {
		return errAway
	}
	i := slices.IndexFunc(f.silences, func(old alerts.Silence) bool { return old.ID == s.ID })
	switch {
	case s.ID != "" && i < 0:
		return errors.New("there is no such silence")
	case i >= 0:
		f.silences = slices.Delete(f.silences, i, i+1)
	default:
		f.made++
		s.ID = strconv.Itoa(f.made)
		if s.Starts.Before(time.Now()) {
			s.Starts = time.Now()
		}
	}
	f.silences = append(f.silences, s)
	return nil
}

func (f *fakeAM) Expire(_ context.Context, id string) error {
	if f.away {
		return errAway
	}
	f.silences = slices.DeleteFunc(f.silences, func(s alerts.Silence) bool { return s.ID == id })
	return nil
}

// on shows the silences in force and to come.
func (f *fakeAM) on() []string {
	lines := []string{}
	for _, s := range f.silences {
		if s.Ends.After(time.Now()) {
			lines = append(lines, fmt.Sprintf("%s %s/%s %s-%s", s.ID, s.Labels["service"], s.Labels["node"], s.Starts.UTC().Format("02T15:04"), s.Ends.UTC().Format("02T15:04")))
		}
	}
	slices.Sort(lines)
	return lines
}
