// SPDX-License-Identifier: Apache-2.0

package duty_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	commonconfig "github.com/prometheus/common/config"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/alerts"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/duty"
	"github.com/pharos-status/pharos/statuspage/store"
)

// An instance is one of several that share a database and an Alertmanager.
type instance struct {
	store *store.Store
	desk  *desk.Desk
	stop  func()
}

// newInstance starts one. What it reads of the node web/api is dead while that is so.
func newInstance(t *testing.T, database, alertmanager string, dead *atomic.Bool) *instance {
	t.Helper()
	log := slog.New(slog.NewTextHandler(testkit.Output(t), nil))
	s, err := store.Open(t.Context(), store.Options{Path: t.TempDir(), URL: database, Logger: log})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	client, err := alerts.New(alerts.Options{URL: alertmanager, HTTP: commonconfig.DefaultHTTPClientConfig})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	cfg := config.Default()
	cfg.Incidents.FromAlerts.Policy, cfg.Incidents.FromAlerts.After, cfg.Incidents.FromAlerts.ResolveAfter = config.Publish, 0, 0

	var d *duty.Duty
	i := &instance{store: s}
	i.desk = desk.New(desk.Options{Store: s, Layout: func() statuspage.Layout { return layout }, Changed: func() { d.Wake() }})
	d = duty.New(duty.Options{
		Store:        s,
		Desk:         i.desk,
		Alertmanager: func() duty.Alertmanager { return client },
		Config:       func() *config.Config { return cfg },
		Layout:       func() statuspage.Layout { return layout },
		Reading: func() statuspage.Reading {
			api := status.Healthy
			if dead.Load() {
				api = status.Dead
			}
			return statuspage.Reading{
				At: time.Now(), Newest: time.Now(), Layout: layout,
				Nodes:    map[status.NodeID]status.Status{id("web", "api"): api, id("web", "db"): status.Healthy, id("mail", "smtp"): status.Healthy},
				Services: map[string]status.Status{"web": api, "mail": status.Healthy},
			}
		},
		Logger: log,
	})

	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Elect(ctx, func(ctx context.Context) {
			go wakeOften(ctx, d)
			d.Run(ctx)
		})
	}()
	i.stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(i.stop)
	return i
}

// wakeOften lets a test wait for less.
func wakeOften(ctx context.Context, d *duty.Duty) {
	often := time.NewTicker(50 * time.Millisecond)
	defer often.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-often.C:
			d.Wake()
		}
	}
}

// TestRealAlertmanagerAndTwoInstances: with Debian's Alertmanager and PostgreSQL, what
// one instance began the other goes on with, and nothing is there twice.
func TestRealAlertmanagerAndTwoInstances(t *testing.T) {
	t.Parallel()
	alertmanager, database := testkit.Alertmanager(t), testkit.PostgreSQL(t)
	var dead atomic.Bool
	first, second := newInstance(t, database, alertmanager, &dead), newInstance(t, database, alertmanager, &dead)
	soon := func(what string, is func() bool) {
		t.Helper()
		require.Eventually(t, is, 30*time.Second, 20*time.Millisecond, what)
	}
	soon("one leads", func() bool { return first.store.Leads() != second.store.Leads() })
	if second.store.Leads() {
		first, second = second, first
	}

	client, err := alerts.New(alerts.Options{URL: alertmanager, HTTP: commonconfig.DefaultHTTPClientConfig})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	silences := func() int {
		all, err := client.Marked(t.Context(), "maintenance/")
		require.NoError(t, err)
		return len(all)
	}
	contents := func() store.Contents {
		c, err := second.store.Contents(t.Context())
		require.NoError(t, err)
		return c
	}
	phases := func() (all []string) {
		for _, u := range contents().Maintenances[0].Updates {
			all = append(all, string(u.Phase))
		}
		return all
	}

	dead.Store(true)
	resp, err := http.Post(alertmanager+"/api/v2/alerts", "application/json", strings.NewReader(fmt.Sprintf(
		`[{"labels":{"alertname":"PharosNodeDead","service":"web","node":"api","severity":"critical"},"startsAt":%q}]`,
		time.Now().Add(-time.Minute).Format(time.RFC3339))))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	title, components, start, end := "Move", []string{"mail"}, time.Now(), time.Now().Add(time.Hour)
	m, err := second.desk.PlanMaintenance(t.Context(), "anna", desk.MaintenanceInput{Title: &title, Components: &components, Start: &start, End: &end})
	require.NoError(t, err)
	soon("the incident is open", func() bool { return len(contents().Incidents) == 1 })
	soon("the maintenance is silenced", func() bool { return silences() == 1 && len(phases()) == 1 })

	first.stop()
	soon("the other leads", second.store.Leads)
	soon("the other has looked", func() bool { return silences() == 1 })
	dead.Store(false)
	soon("the incident is closed", func() bool { c := contents(); return !c.Incidents[0].Open() })
	require.Len(t, contents().Incidents, 1)
	require.Equal(t, []string{"in_progress"}, phases())
	_, err = second.desk.EndMaintenance(t.Context(), "anna", m.ID)
	require.NoError(t, err)
	soon("the silence is over", func() bool { return silences() == 0 })
	require.Equal(t, []string{"in_progress", "completed"}, phases())
}
