// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pharos-status/pharos/internal/testkit"
)

// A pageApart is a pharos_statuspage that shares its store with others.
type pageApart struct {
	*program
	page, ops    string
	config, data string
	number       int
}

// clusterYML makes incidents of alerts, and closes them by the truth.
const clusterYML = `
prometheus: {url: "%[1]s/prometheus"}
alertmanager: {url: "%[1]s/alertmanager"}
manager: {token: manage-me}
store: {url_file: store.url}
refresh_interval: 1s
incidents: {from_alerts: {policy: publish, after: 0s, resolve_after: 1s}}
`

// pagesApart starts several pages over the Prometheus and the Alertmanager of one
// pharos, and over one PostgreSQL.
func pagesApart(t *testing.T, ops, store string, n int) (all []*pageApart) {
	t.Helper()
	for i := range n {
		p := &pageApart{config: t.TempDir(), data: t.TempDir(), number: i}
		write(t, p.config, "statuspage.yml", fmt.Sprintf(clusterYML, ops))
		write(t, p.config, "store.url", store+"\n")
		p.start(t)
		all = append(all, p)
	}
	return all
}

func (p *pageApart) start(t *testing.T) {
	t.Helper()
	public, ops := testkit.FreePort(t), testkit.FreePort(t)
	p.page, p.ops = "http://"+public, "http://"+ops
	p.program = start(t, ours("pharos_statuspage"), "--config.file="+p.config+"/statuspage.yml", "--storage.path="+p.data,
		"--web.listen-address="+public, "--ops.listen-address="+ops)
	answers(t, p.ops+"/-/ready")
}

// leads tells whether the page does what only one may do.
func (p *pageApart) leads() bool {
	_, metrics, err := get(p.ops + "/metrics")
	return err == nil && strings.Contains(metrics, "pharos_statuspage_leader 1\n")
}

// manage sends a call of the manager API, and returns what is answered if it is accepted.
func (p *pageApart) manage(t *testing.T, method, path, body string) map[string]any {
	t.Helper()
	answer, ok := send(method, p.page+"/manager/v1/"+path, "manage-me", body)
	if !ok {
		t.Fatalf("%s %s: %s", method, path, answer)
	}
	var out map[string]any
	if answer != "" {
		if err := json.Unmarshal([]byte(answer), &out); err != nil {
			t.Fatalf("%s %s answers %s: %v", method, path, answer, err)
		}
	}
	return out
}

func leader(t *testing.T, all []*pageApart) *pageApart {
	t.Helper()
	var leader *pageApart
	eventually(t, "one page leads", func() bool {
		n := 0
		for _, p := range all {
			if p.leads() {
				leader = p
				n++
			}
		}
		return n == 1
	})
	return leader
}

// silences returns the comments of the silences that are active or to come.
func silences(t *testing.T, ops string) (comments []string) {
	t.Helper()
	var all []struct {
		Comment string
		Status  struct{ State string }
	}
	if err := json.Unmarshal([]byte(mustGet(t, ops+"/alertmanager/api/v2/silences")), &all); err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.Status.State != "expired" {
			comments = append(comments, s.Comment)
		}
	}
	return comments
}

// TestPagesShareAStore: what is told to one page is on all of them; one does the work,
// and when it is killed another goes on, with nothing done twice and nothing forgotten;
// and when the store is away the pages are read-only, and not gone.
func TestPagesShareAStore(t *testing.T) {
	t.Parallel()
	server := testkit.NewPostgreSQLServer(t)
	site := newTarget(t)
	dir := t.TempDir()
	write(t, dir, "exporter.yml", fmt.Sprintf(`
defaults: {poll: {interval: 500ms, retries: 0}}
services:
  - {id: web, label: Web, nodes: [{id: site, label: Site, mode: poll, replicas: [%q]}]}
  - {id: db, label: Databases, nodes: [{id: main, label: Main, mode: poll, replicas: [%q]}]}
`, site.URL, newTarget(t).URL))
	a := startAllInOne(t, dir, t.TempDir())
	shows(t, a.page+"/status/text", "healthy")
	pages := pagesApart(t, a.ops, server.Database(t), 2)
	first := leader(t, pages)
	other := pages[1-first.number]

	incidentSeenByAll(t, pages)
	id := maintenanceSilences(t, a.ops, other)
	first.end(syscall.SIGKILL)
	eventually(t, "the other page leads", other.leads)
	if got := silences(t, a.ops); len(got) != 1 {
		t.Errorf("after the change of the leader there are the silences %q", got)
	}
	other.manage(t, http.MethodPost, "maintenance/"+id+"/end", "")
	eventually(t, "the silence ends", func() bool { return len(silences(t, a.ops)) == 0 })

	first.start(t)
	outageTold(t, pages, site)
	storeAway(t, server, other, first)
}

func incidentSeenByAll(t *testing.T, pages []*pageApart) {
	t.Helper()
	pages[0].manage(t, http.MethodPost, "incidents", `{"title": "Told to the first", "impact": "minor", "components": ["db"], "text": "We look."}`)
	for _, p := range pages {
		shows(t, p.page+"/", "Told to the first")
	}
}

// maintenanceSilences plans maintenance that has begun, and waits for what follows from it.
func maintenanceSilences(t *testing.T, ops string, p *pageApart) (id string) {
	t.Helper()
	now := time.Now().UTC()
	m := p.manage(t, http.MethodPost, "maintenance", fmt.Sprintf(`{"title": "New disks", "components": ["db"], "start": %q, "end": %q, "text": "Short."}`,
		now.Add(-time.Minute).Format(time.RFC3339), now.Add(time.Hour).Format(time.RFC3339)))
	eventually(t, "there is a silence", func() bool { return len(silences(t, ops)) == 1 })
	shows(t, p.ops+"/metrics", `pharos_maintenance_active{node="main",service="db"} 1`)
	shows(t, p.ops+"/metrics", `pharos_maintenance_active{node="site",service="web"} 0`)
	shows(t, p.page+"/api/v2/scheduled-maintenances/active.json", "New disks")
	return m["id"].(string) //nolint:forcetypeassert // the test fails
}

// outageTold breaks the target: one incident is opened by the alert, and closed by the truth.
func outageTold(t *testing.T, pages []*pageApart, site *target) {
	t.Helper()
	unresolved := func(p *pageApart) (titles []string) {
		var list struct {
			Incidents []struct{ Name string }
		}
		if err := json.Unmarshal([]byte(mustGet(t, p.page+"/api/v2/incidents/unresolved.json")), &list); err != nil {
			t.Fatal(err)
		}
		for _, i := range list.Incidents {
			if i.Name != "Told to the first" {
				titles = append(titles, i.Name)
			}
		}
		return titles
	}
	site.turn(true)
	for _, p := range pages {
		eventually(t, "the alert has opened an incident", func() bool { return len(unresolved(p)) == 1 })
	}
	site.turn(false)
	for _, p := range pages {
		eventually(t, "the truth has closed it", func() bool { return len(unresolved(p)) == 0 })
	}
}

// storeAway stops PostgreSQL, and starts one of the pages anew meanwhile.
func storeAway(t *testing.T, server *testkit.PostgreSQLServer, stays, restarted *pageApart) {
	t.Helper()
	server.Stop(t)
	restarted.end(os.Interrupt)
	restarted.start(t)
	for _, p := range []*pageApart{stays, restarted} {
		shows(t, p.page+"/", "Told to the first")
		eventually(t, "a change is refused, with a word of when to come again", func() bool {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.page+"/manager/v1/announcements", strings.NewReader(`{"title": "x", "text": "y"}`))
			if err != nil {
				t.Fatal(err)
			}
			request.SetBasicAuth("", "manage-me")
			request.Header.Set("Content-Type", "application/json")
			answer, err := http.DefaultClient.Do(request)
			if err != nil {
				return false
			}
			_ = answer.Body.Close()
			return answer.StatusCode == http.StatusServiceUnavailable && answer.Header.Get("Retry-After") != ""
		})
		shows(t, p.ops+"/metrics", "pharos_statuspage_store_up 0")
	}
	server.Start(t)
	eventually(t, "changes are taken again", func() bool {
		_, ok := send(http.MethodPost, stays.page+"/manager/v1/announcements", "manage-me", `{"title": "It is back", "text": "The store."}`)
		return ok
	})
	shows(t, restarted.page+"/", "It is back")
	leader(t, []*pageApart{stays, restarted})
}
