// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A pager keeps the notifications of each receiver apart, by the path of its URL.
type pager struct {
	*httptest.Server
	pages chan page
}

// A page is one notification.
type page struct {
	receiver string
	alerts   []pagedAlert
}

type pagedAlert struct {
	Status              string
	Labels, Annotations map[string]string
}

func newPager(t testing.TB) *pager {
	t.Helper()
	p := &pager{pages: make(chan page, 10_000)}
	p.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var n struct{ Alerts []pagedAlert }
		if json.NewDecoder(r.Body).Decode(&n) == nil { // else it was cut off, and comes again
			p.pages <- page{strings.TrimPrefix(r.URL.Path, "/"), n.Alerts}
		}
	}))
	t.Cleanup(p.Close)
	return p
}

// next returns the next notification of the receiver that has an alert with these
// labels, and that alert. Those of others before it are given to skipped.
func (p *pager) next(t testing.TB, receiver string, labels map[string]string, skipped func(page)) (page, pagedAlert) {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case n := <-p.pages:
			for _, a := range n.alerts {
				if n.receiver == receiver && includes(a.Labels, labels) {
					return n, a
				}
			}
			if skipped != nil {
				skipped(n)
			}
		case <-deadline:
			t.Fatalf("waited %v in vain for %v at %s", patience, labels, receiver)
		}
	}
}

// receiversYML has a receiver for each name, at the pager.
func receiversYML(p *pager, names ...string) string {
	text := strings.Builder{}
	text.WriteString(`
route: {receiver: team, group_by: [service], group_wait: 1s, group_interval: 2s, repeat_interval: 4h}
receivers:
`)
	for _, name := range names {
		fmt.Fprintf(&text, "  - {name: %s, webhook_configs: [{url: %q}]}\n", name, p.URL+"/"+name)
	}
	return text.String()
}

// TestChoicesOfAlerting runs pharos with an alerting.yml: owners, reminders and a
// dependency, and another one after a SIGHUP.
func TestChoicesOfAlerting(t *testing.T) {
	t.Parallel()
	shop, db := newTarget(t), newTarget(t)
	pager := newPager(t)
	config := t.TempDir()
	write(t, config, "exporter.yml", fmt.Sprintf(`
defaults: {poll: {interval: 1s, timeout: 1s, sick_after: 500ms, retries: 0}}
services:
  - {id: shop, nodes: [{id: site, mode: poll, replicas: [%q]}]}
  - {id: db, nodes: [{id: primary, mode: poll, replicas: [%q]}]}
`, shop.URL, db.URL))
	write(t, config, "alertmanager.yml", receiversYML(pager, "team", "shopkeepers", "alice", "bob"))
	write(t, config, "alerting.yml", `
owners: [{services: [shop], receivers: [shopkeepers]}]
reminders: {interval: 20s, escalate: [alice, bob]}
dependencies: [{service: shop, depends_on: [{service: db}]}]
`)
	a := startAllInOne(t, config, t.TempDir())

	// A dead service reaches its owner, and reminders come in time.
	shop.turn(true)
	pager.next(t, "shopkeepers", map[string]string{"alertname": "PharosServiceDead", "service": "shop"}, nil)
	began := time.Now()
	for n := 1; n <= 2; n++ {
		pager.next(t, "alice", map[string]string{"alertname": "PharosReminder", "service": "shop", "reminder": strconv.Itoa(n)}, nil)
		late := time.Since(began) - time.Duration(n)*20*time.Second
		require.InDelta(t, 0, late.Seconds(), 20, "reminder %d; rules are evaluated every 15 s, and a group waits for its interval", n)
		if n == 2 {
			pager.next(t, "bob", map[string]string{"alertname": "PharosReminder", "reminder": "2"}, nil)
		}
	}
	shop.turn(false)
	pager.next(t, "shopkeepers", map[string]string{"alertname": "PharosServiceDead", "service": "shop"}, nil)

	// What it depends on is dead: it is as dead as ever, and nobody is told.
	db.turn(true)
	pager.next(t, "team", map[string]string{"alertname": "PharosServiceDead", "service": "db"}, nil)
	shop.turn(true)
	eventually(t, "the dependent service is dead", func() bool {
		_, body, err := get(a.ops + "/prometheus/api/v1/query?query=service:pharos_status:severity%7Bservice=%22shop%22%7D==3")
		return err == nil && strings.Contains(body, `"shop"`)
	})
	time.Sleep(5 * time.Second) // longer than the group waits
	for len(pager.pages) > 0 {
		for n := <-pager.pages; len(n.alerts) > 0; n.alerts = n.alerts[1:] {
			require.False(t, n.alerts[0].Labels["service"] == "shop" && n.alerts[0].Status == "firing", "%s: %v", n.receiver, n.alerts[0].Labels)
		}
	}

	// Another choice takes effect without a restart.
	write(t, config, "alerting.yml", "owners: [{services: [shop], receivers: [bob]}]\n")
	require.NoError(t, a.cmd.Process.Signal(syscall.SIGHUP))
	pager.next(t, "bob", map[string]string{"alertname": "PharosServiceDead", "service": "shop"}, nil)
	a.stop(t)
}

// TestAnOutageOfManyIsOneNotification has a service of 500 replicas die at once.
func TestAnOutageOfManyIsOneNotification(t *testing.T) {
	t.Parallel()
	const replicas = 500
	pager := newPager(t)
	config := t.TempDir()
	write(t, config, "exporter.yml", `
reporter: {tokens: [{token: secret}]}
services: [{id: farm, nodes: [{id: workers, mode: local}]}]
`)
	gathered := strings.NewReplacer("group_wait: 1s", "group_wait: 8s", "group_interval: 2s", "group_interval: 5m")
	write(t, config, "alertmanager.yml", gathered.Replace(receiversYML(pager, "team", "farmers")))
	write(t, config, "alerting.yml", "owners: [{services: [farm], receivers: [farmers]}]\n")
	a := startAllInOne(t, config, t.TempDir())
	report := func(health string) {
		for i := range replicas {
			body := fmt.Sprintf(`{"replica": "worker-%03d", "interval": 600, "health": %q}`, i, health)
			req, err := http.NewRequest(http.MethodPost, a.page+"/reporter/farm/workers/", strings.NewReader(body))
			require.NoError(t, err)
			req.SetBasicAuth("", "secret")
			req.Header.Set("User-Agent", "test")
			res, err := http.DefaultClient.Do(req)
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			require.Equal(t, http.StatusOK, res.StatusCode)
		}
	}
	report("healthy")
	report("dead")
	n, dead := pager.next(t, "farmers", map[string]string{"alertname": "PharosServiceDead", "service": "farm"}, nil)

	require.Equal(t, "Service farm is dead: 500 of 500 replicas dead; the dead: worker-000 of workers, worker-001 of workers, "+
		"worker-002 of workers, and 497 more.", dead.Annotations["description"])
	require.Greater(t, len(n.alerts), replicas, "each replica, too")
	time.Sleep(10 * time.Second) // longer than a group_wait
	for len(pager.pages) > 0 {
		again := <-pager.pages
		require.NotEqual(t, "farmers", again.receiver, "a second notification: %v", again.alerts)
	}
	a.stop(t)
}
