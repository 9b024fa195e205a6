// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pharos-status/pharos/internal/testkit"
)

// examplesOfReceivers are the files of Alertmanager for the channels that it has.
const examplesOfReceivers = "../../examples/alertmanager"

// A service is one that Alertmanager can tell: what it is at, and what it demands by
// its documentation.
type service struct {
	host, path string
	secrets    map[string]string // files beside alertmanager.yml
	answer     string
	code       int
	demand     func(r received, firing bool) error
}

func services() map[string]service {
	return map[string]service{
		"pagerduty": {
			host: "events.pagerduty.com", path: "/v2/enqueue", code: http.StatusAccepted,
			secrets: map[string]string{"pagerduty.key": "0123456789abcdef0123456789abcdef\n"},
			answer:  `{"status": "success", "message": "Event processed", "dedup_key": "x"}`,
			demand:  demandPagerDuty,
		},
		"slack": {
			host: "hooks.slack.com", path: "/services/T0/B0/secret", code: http.StatusOK, answer: "ok",
			secrets: map[string]string{"slack.url": "https://hooks.slack.com/services/T0/B0/secret\n"},
			demand:  demandSlack,
		},
		"telegram": {
			host: "api.telegram.org", path: "/bot123:secret/sendMessage", code: http.StatusOK,
			secrets: map[string]string{"telegram.token": "123:secret\n"},
			answer:  `{"ok": true, "result": {"message_id": 7, "date": 1, "chat": {"id": -1001234567890, "type": "supergroup"}}}`,
			demand:  demandTelegram,
		},
		"pushover": {
			host: "api.pushover.net", path: "/1/messages.json", code: http.StatusOK,
			secrets: map[string]string{"pushover.token": "azGDORePK8gMaC0QOYAMyEEuzJnyUi", "pushover.user": "uQiRzpo4DXghDmr9QzzfQu27cmVRsG"},
			answer:  `{"status": 1, "request": "647d2300-702c-4b38-8b2f-d56326ae460b"}`,
			demand:  demandPushover,
		},
		"webex": {
			host: "webexapis.com", path: "/v1/messages", code: http.StatusOK, answer: `{"id": "x"}`,
			secrets: map[string]string{"webex.token": "secret-of-the-bot\n"},
			demand:  demandWebex,
		},
		"teams": {
			host: "prod-1.westeurope.logic.azure.com", path: "/workflows/1/triggers/manual/paths/invoke", code: http.StatusAccepted,
			secrets: map[string]string{"teams.url": "https://prod-1.westeurope.logic.azure.com/workflows/1/triggers/manual/paths/invoke?sig=secret\n"},
			demand:  demandTeams,
		},
		"vigil-webhook": {
			host: "hooks.example.com", path: "/vigil", code: http.StatusOK,
			secrets: map[string]string{"webhook.url": "https://hooks.example.com/vigil\n"},
			demand:  demandVigil,
		},
	}
}

// TestReceivers sends the alerts of an outage, and its end, by each example of a
// receiver to the service at its own address, which checks what it demands. All
// that arrives is kept in golden files.
func TestReceivers(t *testing.T) {
	all := services()
	net := newInternet(t, func(w http.ResponseWriter, r received) {
		for _, s := range all {
			if r.Host == s.host && r.URL.Path == s.path {
				w.Header().Set("Content-Type", "application/json")
				if s.answer == "ok" {
					w.Header().Set("Content-Type", "text/plain")
				}
				w.WriteHeader(s.code)
				fmt.Fprint(w, s.answer)
				return
			}
		}
		http.NotFound(w, r.Request)
	})
	trust := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(trust, net.pem, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", trust)
	config := receiversFolder(t)
	a := startAllInOne(t, config, t.TempDir())
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) {
			s := all[name]
			for file, secret := range s.secrets {
				write(t, config, file, secret)
			}
			a.use(t, name, proxied(net)...)
			for _, firing := range []bool{true, false} {
				a.outage(t, name, firing)
				r := net.next(t, s.host+s.path)
				if err := s.demand(r, firing); err != nil {
					t.Error(err)
				}
				testkit.Golden(t, goldenOf(name, firing), a.shown(r))
			}
		})
	}
	t.Run("reminders", func(t *testing.T) { testReminders(t, a, net, all) })
	for _, s := range all {
		for _, secret := range s.secrets {
			if strings.Contains(a.log.String(), strings.TrimSpace(secret)) {
				t.Errorf("the log has the secret of %s", s.host)
			}
		}
	}
}

// testReminders has the reminder of an outage told, and its end, and what Vigil's
// format says of a reminder and of a start.
func testReminders(t *testing.T, a *allInOne, net *internet, all map[string]service) {
	t.Helper()
	next := func(name, kind string) received {
		r := net.next(t, all[name].host+all[name].path)
		testkit.Golden(t, "receivers/"+name+"."+kind+".golden", a.shown(r))
		return r
	}
	write(t, a.config, "alerting.yml", "reminders: {interval: 10m}\n")
	a.use(t, "slack", proxied(net)...)
	a.tell(t, reminderOf("web"), true)
	next("slack", "reminder")
	a.tell(t, reminderOf("web"), false)
	next("slack", "reminder-resolved")

	write(t, a.config, "alerting.yml", "{reminders: {interval: 10m, only: [vigil-webhook-again]}, startup: {receiver: vigil-webhook-again}}\n")
	a.use(t, "vigil-webhook", proxied(net)...)
	if err := demandVigilOf(next("vigil-webhook", "startup"), "startup", "healthy", 0); err != nil {
		t.Error(err)
	}
	a.tell(t, reminderOf("db"), true)
	if err := demandVigilOf(next("vigil-webhook", "reminder"), "reminder", "dead", 0); err != nil {
		t.Error(err)
	}
}

// receiversFolder is a configuration without services, with the templates.
func receiversFolder(t *testing.T) string {
	t.Helper()
	config := t.TempDir()
	text, err := os.ReadFile(filepath.Join(examplesOfReceivers, "templates", "pharos.tmpl"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, config, "templates/pharos.tmpl", string(text))
	return config
}

// proxied replaces what leads an example to net.
func proxied(net *internet) []string {
	return []string{
		"http_config:\n", "http_config:\n          proxy_url: " + net.proxy + "\n",
		"\nroute:\n", "\nglobal: {http_config: {proxy_url: " + net.proxy + "}}\nroute:\n",
	}
}

// use makes the example the configuration of Alertmanager, with shorter waits and
// with its addresses replaced.
func (a *allInOne) use(t *testing.T, name string, replace ...string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(examplesOfReceivers, name+".yml"))
	if err != nil {
		t.Fatal(err)
	}
	replace = append(replace, "/etc/alertmanager/", a.config+"/", "group_wait: 5s", "group_wait: 500ms", "group_interval: 1m", "group_interval: 1s")
	write(t, a.config, "alertmanager.yml", strings.NewReplacer(replace...).Replace(string(text)))
	code, body := a.post(t, "/-/reload", "")
	if code != http.StatusOK {
		t.Fatalf("reload: %d %s", code, body)
	}
}

// outage tells Alertmanager of a service that is dead, with more replicas than a
// message should list, or of the end of it.
func (a *allInOne) outage(t *testing.T, name string, firing bool) {
	t.Helper()
	var all []told
	add := func(alert, severity, summary, description string, labels map[string]string) {
		l := map[string]string{"alertname": alert, "severity": severity, "notification": "change", "service": "web-" + name}
		maps.Copy(l, labels)
		all = append(all, told{Labels: l, Annotations: map[string]string{
			"summary": summary, "description": description,
			"runbook_url":   "https://github.com/pharos-status/pharos/blob/main/docs/runbooks/" + alert + ".md",
			"dashboard_url": "https://grafana.example.com/d/pharos-service/service?var-service=web",
		}})
	}
	add("PharosServiceDead", "critical", "A service is dead.", `Service "web" is dead: 7 of 9 replicas are dead; among them tcp://a:80 & <b>.`, nil)
	add("PharosNodeDead", "critical", "A node is dead.", "Node api of service web is dead.", map[string]string{"node": "api"})
	for i := range 7 {
		add("PharosReplicaDead", "warning", "A replica is dead.", fmt.Sprintf("Replica tcp://10.0.0.%d:80 of node api, service web, is dead.", i),
			map[string]string{"node": "api", "replica": fmt.Sprintf("tcp://10.0.0.%d:80", i)})
	}
	a.tell(t, all, firing)
}

// reminderOf is the first reminder of an outage of a service.
func reminderOf(service string) []told {
	return []told{{
		Labels: map[string]string{
			"alertname": "PharosReminder", "severity": "critical", "notification": "reminder",
			"service": service, "reminder": "1", "outage": "1790000000",
		},
		Annotations: map[string]string{
			"summary":     "A service is still dead.",
			"description": "Service " + service + " has not been seen alive since 2026-09-21 14:13:20 +0000 UTC, for 10m 0s. Dead: api.",
			"runbook_url": "https://github.com/pharos-status/pharos/blob/main/docs/runbooks/PharosReminder.md",
		},
	}}
}

// A told is an alert as Alertmanager is told of it.
type told struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     string            `json:"startsAt"`
	EndsAt       string            `json:"endsAt,omitempty"`
	GeneratorURL string            `json:"generatorURL"`
}

// tell tells Alertmanager of alerts that begin now, or that end.
func (a *allInOne) tell(t *testing.T, all []told, firing bool) {
	t.Helper()
	now := time.Now().UTC().Format(time.RFC3339Nano) // of an older one Alertmanager tells before the others have come
	for i := range all {
		all[i].StartsAt, all[i].GeneratorURL = now, "https://pharos.example.com/prometheus"
		if !firing {
			all[i].EndsAt = now
		}
	}
	body, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	if code, answer := a.post(t, "/alertmanager/api/v2/alerts", string(body)); code != http.StatusOK {
		t.Fatalf("post the alerts: %d %s", code, answer)
	}
}

// post sends JSON to the operations listener.
func (a *allInOne) post(t *testing.T, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.ops+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var text bytes.Buffer
	_, _ = text.ReadFrom(res.Body)
	return res.StatusCode, text.String()
}

// goldenOf is the golden file of what an example sends.
func goldenOf(name string, firing bool) string {
	return "receivers/" + name + map[bool]string{true: ".firing", false: ".resolved"}[firing] + ".golden"
}

var changing = regexp.MustCompile(`\d\d:\d\d:\d\d UTC[+-]\d{4}`)

// shown is a request as a golden file shows it, without what differs between runs.
func (a *allInOne) shown(r received) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s https://%s%s\n", r.Method, r.Host, r.URL.Path)
	for _, name := range []string{"Authorization", "Content-Type"} {
		if v := r.Header.Get(name); v != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, v)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.URL.Query())) {
		fmt.Fprintf(&b, "%s = %s\n", name, strings.Join(r.URL.Query()[name], ", "))
	}
	if json.Indent(&b, r.body, "", "  ") != nil {
		b.Write(r.body)
	}
	text := strings.ReplaceAll(b.String(), a.ops, "OPS")
	return []byte(strings.TrimRight(changing.ReplaceAllString(text, "TIME"), "\n") + "\n")
}
