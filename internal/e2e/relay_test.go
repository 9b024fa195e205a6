// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pharos-status/pharos/internal/testkit"
)

const (
	masterYML = `
reporter: {tokens: [{token: relay-me, services: [lan]}]}
services:
  - id: lan
    nodes:
      - {id: web, mode: local, local: {dead_after: 2s}}
      - {id: jobs, mode: local, local: {dead_after: 2s}}
      - {id: office, mode: local}
`
	relayYML = `
defaults: {poll: {interval: 200ms, retries: 0}, script: {interval: 200ms}}
relay: {url: "http://MASTER", token: relay-me, interval: 1s}
services:
  - id: lan
    nodes:
      - {id: web, mode: poll, replicas: [{url: "URL1", name: first}, {url: "URL2", name: second}]}
      - {id: jobs, mode: script, scripts: [{name: backlog, script: "echo much to do; exit 1"}]}
`
)

// An exporter is a pharos_exporter that can be started again.
type exporter struct {
	*program
	args    []string
	metrics string // URL
}

func newExporter(t *testing.T, yml string) *exporter {
	t.Helper()
	config, address := t.TempDir(), testkit.FreePort(t)
	write(t, config, "exporter.yml", yml)
	e := &exporter{metrics: "http://" + address + "/metrics", args: []string{
		"--config.file=" + config + "/exporter.yml", "--storage.path=" + t.TempDir(), "--web.listen-address=" + address,
	}}
	e.start(t)
	return e
}

func (e *exporter) start(t *testing.T) {
	t.Helper()
	e.program = start(t, ours("pharos_exporter"), e.args...)
	answers(t, e.metrics)
}

// is waits until the exporter says that a replica has this status, and returns how
// long that took.
func (e *exporter) is(t *testing.T, node, replica, status string) time.Duration {
	t.Helper()
	began := time.Now()
	shows(t, e.metrics, fmt.Sprintf(`pharos_replica_status{node=%q,replica=%q,service="lan",status=%q} 1`, node, replica, status))
	return time.Since(began)
}

// TestRelay has one exporter report to another, each of which is killed.
func TestRelay(t *testing.T) {
	t.Parallel()
	first, second := newTarget(t), newTarget(t)
	master := newExporter(t, masterYML)
	relay := newExporter(t, strings.NewReplacer("MASTER", strings.TrimPrefix(strings.TrimSuffix(master.metrics, "/metrics"), "http://"),
		"URL1", first.URL, "URL2", second.URL).Replace(relayYML))
	master.is(t, "web", "first", "healthy")
	master.is(t, "web", "second", "healthy")
	master.is(t, "jobs", "backlog", "sick")

	second.turn(true)
	relay.is(t, "web", "second", "dead")
	t.Logf("a change is at the master after %v", master.is(t, "web", "second", "dead"))

	// What changed while the master was away it is told at once, and what stayed
	// is not late.
	master.end(syscall.SIGKILL)
	first.turn(true)
	second.turn(false)
	relay.is(t, "web", "first", "dead")
	relay.is(t, "web", "second", "healthy")
	shows(t, relay.metrics, "pharos_exporter_relay_pending_reports 3")
	master.start(t)
	t.Logf("a master that is back knows of all after %v", max(
		master.is(t, "web", "first", "dead"), master.is(t, "web", "second", "healthy"), master.is(t, "jobs", "backlog", "sick")))
	shows(t, relay.metrics, "pharos_exporter_relay_pending_reports 0")

	// A relay that is silent is dead there, and all is well when it is back.
	relay.end(syscall.SIGKILL)
	master.is(t, "web", "second", "dead")
	shows(t, master.metrics, `pharos_replica_failure_reason{node="jobs",reason="late",replica="backlog",service="lan"} 1`)
	first.turn(false)
	relay.start(t)
	master.is(t, "web", "first", "healthy")
	master.is(t, "web", "second", "healthy")
	master.is(t, "jobs", "backlog", "sick")
	relay.stop(t)
	master.stop(t)
}

// TestVigilLocal reports as the daemon of that name does: a script goes by its text,
// every answer but 2xx is tried again, and nothing is said of the end.
func TestVigilLocal(t *testing.T) {
	t.Parallel()
	master := newExporter(t, masterYML)
	report := func(replica, health string) bool {
		_, ok := send(http.MethodPost, strings.TrimSuffix(master.metrics, "/metrics")+"/reporter/lan/office/", "relay-me",
			fmt.Sprintf(`{"replica":%q,"interval":120,"health":%q}`, replica, health))
		return ok
	}
	for replica, health := range map[string]string{"tcp://10.0.0.1:80": "healthy", "icmp://[fe80::1]": "sick", "http://10.0.0.1/?a=b": "dead"} {
		if !report(replica, health) {
			t.Fatalf("the report of %s is refused", replica)
		}
		master.is(t, "office", replica, health)
	}
	script := "#!/bin/sh\n" + strings.Repeat("test -d /srv && ", 20) + "exit 0\n"
	if !report(script, "healthy") {
		t.Fatal("the report of a script is refused")
	}
	shows(t, master.metrics, `replica="#!/bin/sh\ntest -d /srv`)
	if !report(script, "dead") {
		t.Fatal("its second report is refused")
	}
	// The same replica: another text of the same beginning would be another one.
	eventually(t, "the script is dead", func() bool {
		_, body, _ := get(master.metrics)
		return strings.Contains(body, `pharos_exporter_replicas{status="dead"} 2`) && strings.Contains(body, `pharos_exporter_replicas{status="healthy"} 1`)
	})
	master.stop(t)
}
