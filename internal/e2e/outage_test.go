// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"
	"time"
)

// oneTarget is an exporter.yml with one replica. Its interval is no fraction of
// group_interval, so that the changes come at every phase of it.
const oneTarget = `
defaults: {poll: {interval: 700ms, timeout: 500ms, sick_after: 400ms, retries: 0}}
services:
  - id: web
    label: Web
    nodes:
      - {id: site, label: Our site, mode: poll, replicas: ["URL"]}
`

// siteDead is what the alert about that replica's death carries.
var siteDead = map[string]string{"alertname": "PharosReplicaDead", "service": "web", "node": "site"}

func startOutage(t testing.TB) (*allInOne, *target, *webhook) {
	t.Helper()
	site, hook := newTarget(t), newWebhook(t)
	config := t.TempDir()
	write(t, config, "exporter.yml", strings.ReplaceAll(oneTarget, "URL", site.URL))
	write(t, config, "alertmanager.yml", alertmanagerYML(hook.URL))
	a := startAllInOne(t, config, t.TempDir())
	is(t, a, "healthy")
	return a, site, hook
}

// is waits until the page says that the whole has this status.
func is(t testing.TB, a *allInOne, status string) {
	t.Helper()
	eventually(t, "the page says "+status, func() bool {
		_, body, err := get(a.page + "/status/text")
		return err == nil && body == status
	})
}

func TestOutageReachesThePageAndTheReceiver(t *testing.T) {
	t.Parallel()
	a, site, hook := startOutage(t)

	site.turn(true)
	is(t, a, "dead")
	fired := hook.wait(t, "firing", siteDead)
	if fired.Labels["severity"] == "" || fired.Labels["notification"] != "change" {
		t.Errorf("the alert has the labels %v", fired.Labels)
	}
	site.turn(false)
	is(t, a, "healthy")
	hook.wait(t, "resolved", siteDead)

	if page := mustGet(t, a.page+"/"); strings.Contains(page, site.Listener.Addr().String()) {
		t.Error("the page names a target that is not to be revealed")
	}
	a.stop(t)
}

// BenchmarkOutage measures from the moment at which the exporter is told of a
// change by its target to the page and to the receiver of the notification.
func BenchmarkOutage(b *testing.B) {
	a, site, hook := startOutage(b)
	var dead, fired, healthy, resolved samples
	for round := 0; b.Loop(); round++ {
		site.turn(true)
		is(b, a, "dead")
		shown := time.Now()
		alert := hook.wait(b, "firing", siteDead)
		dead.add(shown.Sub(site.seen()))
		fired.add(alert.at.Sub(site.seen()))
		// The notification of an end waits for the next group_interval: each round
		// ends at another place in it.
		time.Sleep(1500*time.Millisecond + time.Duration(round%5)*700*time.Millisecond)

		site.turn(false)
		is(b, a, "healthy")
		shown = time.Now()
		alert = hook.wait(b, "resolved", siteDead)
		healthy.add(shown.Sub(site.seen()))
		resolved.add(alert.at.Sub(site.seen()))
	}
	b.ReportMetric(0, "ns/op")
	dead.report(b, "page-dead")
	fired.report(b, "firing")
	healthy.report(b, "page-healthy")
	resolved.report(b, "resolved")
}
