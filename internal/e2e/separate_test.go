// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pharos-status/pharos/internal/testkit"
)

// everyStatusYML has a node of each mode and of each status.
const everyStatusYML = `
defaults:
  poll: {interval: 1s, timeout: 900ms, sick_after: 500ms, retries: 0}
  script: {interval: 1s, timeout: 900ms}
reporter: {tokens: [{token: report-me, services: ["*"]}]}
services:
  - id: web
    label: Web nodes
    nodes:
      - {id: well, label: Well, mode: poll, replicas: ["SHOWN/well"], reveal_replica_name: true, link: {url: "https://example.com/", label: Manual}}
      - {id: hidden, label: Hidden, mode: poll, replicas: ["GOOD/secret-path", "GOOD/other"]}
      - {id: slow, label: Slow, mode: poll, replicas: ["SLOW/"]}
      - {id: gone, label: Gone, mode: poll, replicas: ["tcp://CLOSED"]}
      - {id: most, label: Most of them, mode: poll, min_healthy: 1, replicas: ["GOOD/", "tcp://CLOSED"]}
  - id: inside
    label: Inside
    nodes:
      - {id: scripts, label: Scripts, mode: script, scripts: ["exit 0", "echo under pressure; exit 1"]}
      - {id: pushed, label: Pushed, mode: push, push: {dead_after: 1h}}
      - {id: relayed, label: Relayed, mode: local}
`

const manageYML = "manager: {token: manage-me}\nrefresh_interval: 1s\nbranding: {page_title: The truth, page_url: \"https://status.example.com/\"}\n"

// everyStatus writes the configuration files of a set-up with every status. The
// page may name one of its targets, and none of what is hidden.
func everyStatus(t *testing.T) (config, shown string, hidden []string) {
	t.Helper()
	good, named, closed := newTarget(t), newTarget(t), testkit.FreePort(t)
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(600 * time.Millisecond):
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(slow.Close)
	config = t.TempDir()
	write(t, config, "exporter.yml", strings.NewReplacer(
		"SHOWN", named.URL, "GOOD", good.URL, "SLOW", slow.URL, "CLOSED", closed).Replace(everyStatusYML))
	write(t, config, "statuspage.yml", manageYML)
	return config, named.URL + "/well", []string{
		good.Listener.Addr().String(), slow.Listener.Addr().String(), closed, "secret-path", "under pressure", "host-1",
	}
}

// report sends the one report of the set-up.
func report(t *testing.T, base string) {
	t.Helper()
	if answer, ok := send(http.MethodPost, base+"/reporter/inside/pushed/", "report-me",
		`{"replica": "host-1", "interval": 60, "load": {"cpu": 0.25, "ram": 0.5}}`); !ok {
		t.Fatalf("the report was not accepted: %s", answer)
	}
}

// settled waits until every node but those that nobody reports of is known, and
// returns what visitors get.
func settled(t *testing.T, page string) map[string]string {
	t.Helper()
	var report string
	eventually(t, "the page knows all but the relay's node", func() bool {
		report = mustGet(t, page+"/status/report")
		return strings.Contains(report, `"health": "dead"`) && strings.Count(report, `"unknown"`) == 1
	})
	return map[string]string{
		"page":    timeless(mustGet(t, page+"/")),
		"report":  report,
		"text":    mustGet(t, page+"/status/text"),
		"status":  timeless(mustGet(t, page+"/api/v2/status.json")),
		"summary": timeless(mustGet(t, page+"/api/v2/summary.json")),
		"badge":   mustGet(t, page+"/badge/icon"),
	}
}

// The moments and durations that differ from one run to the next: in HTML, and in
// JSON.
var (
	shownTimes = regexp.MustCompile(`<time [^>]*>[^<]*</time>`)
	shownFacts = regexp.MustCompile(`(<p class="facts">)(?:&lt;\x{a0})?[0-9.]+\x{a0}m?s`)
	times      = regexp.MustCompile(`\d{4}-\d{2}-\d{2}T[0-9:.]+(Z|[+-]\d{2}:\d{2})`)
)

func timeless(text string) string {
	text = shownTimes.ReplaceAllString(text, "TIME")
	text = shownFacts.ReplaceAllString(text, "${1}DURATION")
	return times.ReplaceAllString(text, "TIME")
}

// discreet fails the test for what is not to be revealed, anywhere in what
// visitors get. It can tell, since what is to be revealed is there.
func discreet(t *testing.T, outputs map[string]string, shown string, hidden []string) {
	t.Helper()
	if !strings.Contains(outputs["page"], shown) {
		t.Errorf("the page does not name %s", shown)
	}
	for output, text := range outputs {
		for _, target := range hidden {
			if strings.Contains(text, target) {
				t.Errorf("%s names %s, which is not to be revealed", output, target)
			}
		}
	}
}

func TestTakenApartItIsTheSame(t *testing.T) {
	t.Parallel()
	prometheus, alertmanager := testkit.Program(t, "prometheus"), testkit.Program(t, "prometheus-alertmanager")
	config, shown, hidden := everyStatus(t)

	whole := startAllInOne(t, config, t.TempDir())
	report(t, whole.page)
	want := settled(t, whole.page)
	discreet(t, want, shown, hidden)

	apart, hook := startApart(t, config, prometheus, alertmanager)
	report(t, apart.exporter)
	got := settled(t, apart.page)
	discreet(t, got, shown, hidden)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the all-in-one (-) and the separate programs (+) differ:\n%s", diff)
	}
	hook.wait(t, "firing", map[string]string{"alertname": "PharosNodeDead", "service": "web", "node": "gone"})

	if answer, ok := send(http.MethodPut, apart.page+"/manager/prober/alerts/ignored/", "manage-me", `{"reminders_seconds": 600}`); !ok {
		t.Errorf("ignore reminders: %s", answer)
	}
	shows(t, apart.alertmanager+"/api/v2/silences", `"value":"reminder"`)

	apart.exporterProcess.stop(t)
	eventually(t, "a page whose exporter is down says unknown of everything", func() bool {
		_, body, err := get(apart.page + "/status/text")
		return err == nil && body == "unknown"
	})
}

// apart is a set-up of separate programs; its fields are URLs.
type apart struct {
	exporter, page, alertmanager string
	exporterProcess              *program
}

// startApart starts the separate programs on the same files, around a real
// Prometheus and Alertmanager with the shipped configuration: on other addresses,
// faster, and with the webhook in every receiver.
func startApart(t *testing.T, config, prometheus, alertmanager string) (*apart, *webhook) {
	t.Helper()
	exporter, public, ops := testkit.FreePort(t), testkit.FreePort(t), testkit.FreePort(t)
	prom, am := testkit.FreePort(t), testkit.FreePort(t)
	hook := newWebhook(t)
	dir := t.TempDir()
	replaced := strings.NewReplacer("127.0.0.1:9640", exporter, "127.0.0.1:9641", ops, "127.0.0.1:9093", am,
		"15s", "1s", "10s", "1s", "../../rules/", absolute(t, "../../rules")+"/")
	write(t, dir, "prometheus.yml", replaced.Replace(read(t, "../../examples/separate/prometheus.yml")))
	receivers := regexp.MustCompile(`(?m)^  - name: .*$`).ReplaceAllString(read(t, "../../examples/separate/alertmanager.yml"),
		"$0\n    webhook_configs: [{url: \""+hook.URL+"\"}]")
	write(t, dir, "alertmanager.yml", strings.NewReplacer("group_wait: 5s", "group_wait: 200ms", "group_interval: 1m", "group_interval: 1s").Replace(receivers))
	write(t, dir, "exporter.yml", read(t, filepath.Join(config, "exporter.yml")))
	write(t, dir, "statuspage.yml", read(t, filepath.Join(config, "statuspage.yml"))+
		"prometheus: {url: \"http://"+prom+"\"}\nalertmanager: {url: \"http://"+am+"\"}\n")

	start(t, alertmanager, "--config.file="+dir+"/alertmanager.yml", "--storage.path="+t.TempDir(),
		"--web.listen-address="+am, "--cluster.listen-address=")
	start(t, prometheus, "--config.file="+dir+"/prometheus.yml", "--storage.tsdb.path="+t.TempDir(), "--web.listen-address="+prom)
	process := start(t, ours("pharos_exporter"), "--config.file="+dir+"/exporter.yml", "--storage.path="+t.TempDir(), "--web.listen-address="+exporter)
	start(t, ours("pharos_statuspage"), "--config.file="+dir+"/statuspage.yml", "--storage.path="+t.TempDir(),
		"--web.listen-address="+public, "--ops.listen-address="+ops)
	a := &apart{exporter: "http://" + exporter, page: "http://" + public, alertmanager: "http://" + am, exporterProcess: process}
	answers(t, a.exporter+"/-/ready")
	answers(t, a.page+"/status/text")
	answers(t, "http://"+prom+"/-/ready")
	answers(t, a.alertmanager+"/-/ready")
	return a, hook
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}
