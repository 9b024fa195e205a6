// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/testkit"
)

// A rulerCase is a program of others that evaluates rules: it is given the folder
// with the rule files and the URL of an Alertmanager. It returns where to write
// to, where to ask, and the URL at which it lists its rules.
type rulerCase struct {
	name   string
	native bool
	leave  *regexp.Regexp // lines that it does not understand
	start  func(t *testing.T, rules, pager string) (e engine, list string)
}

func rulerCases() []rulerCase {
	return []rulerCase{
		{name: "Prometheus 2.42", start: prometheusRuler},
		{name: "vmalert 1.79", start: vmalert, leave: keepFiring()},
		{name: "Thanos 0.42", start: thanosRuler, native: true},
	}
}

// TestRulersOfOthersAgree lets the rulers of other engines run the rule files, on a
// moment of the scene at which much is wrong, and compares the severities that they
// record and the alerts that they send. What takes minutes, the other test plays.
func TestRulersOfOthersAgree(t *testing.T) {
	t.Parallel()
	files := ruleFiles(t, sceneChoices)
	for _, c := range rulerCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			now := time.Now()
			s := newScene(now.Add(-31 * time.Minute))
			past := s.until(now)
			severities, alerts := expected(t, files, past, now)

			pager := newAlertSink(t)
			e, list := c.start(t, c.rewrite(t, files), pager.URL)
			if err := e.write(t.Context(), past); err != nil {
				t.Fatal(err)
			}
			var diff string
			ok := within60s(func() bool {
				if err := e.write(t.Context(), s.until(time.Now())); err != nil {
					t.Fatal(err)
				}
				diff = cmp.Diff(severities, recorded(t, e, time.Now())) + cmp.Diff(alerts, pager.firing())
				return diff == ""
			})
			if !ok {
				t.Errorf("the ruler differs (-embedded +this one):\n%s", diff)
			}
			pager.check(t)
			healthy(t, list)
		})
	}
}

// within60s tells whether ok comes to hold.
func within60s(ok func() bool) bool {
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-again.C {
		if ok() {
			return true
		}
	}
	return false
}

// rewrite returns a folder with the rules, evaluated each second.
func (c rulerCase) rewrite(t *testing.T, from string) string {
	t.Helper()
	interval := regexp.MustCompile(`(?m)^( +interval:) .*$`)
	return copyRules(t, from, c.native, func(text string) string {
		return without(interval.ReplaceAllString(text, "$1 1s"), c.leave)
	})
}

func severityNames() []string {
	return []string{schema.ReplicaSeverity, schema.NodeSeverity, schema.ServiceSeverity, schema.OverallSeverity}
}

// expected returns the severities by series, and the alerts that fire at once.
func expected(t *testing.T, files string, past []sample, now time.Time) (severities map[string]float64, alerts map[string]bool) {
	t.Helper()
	e := startEmbedded(t)
	if err := e.write(t.Context(), past); err != nil {
		t.Fatal(err)
	}
	r, err := newRuler(e, files, true)
	if err != nil {
		t.Fatal(err)
	}
	r.always = true
	alerts = map[string]bool{}
	for ago := 5 * time.Second; ago >= 0; ago -= time.Second {
		results, err := r.evaluate(t.Context(), now.Add(-ago))
		if err != nil {
			t.Fatal(err)
		}
		maps.DeleteFunc(results, func(_ string, v float64) bool { return v != v })
		for series := range results {
			if firing := `alertstate="firing", `; ago == 0 && strings.HasPrefix(series, "ALERTS{") && strings.Contains(series, firing) {
				alerts[strings.TrimPrefix(strings.Replace(series, firing, "", 1), "ALERTS")] = true
			}
		}
	}
	if len(alerts) < 5 {
		t.Fatalf("only %v fire: the test looks at the wrong moment", alerts)
	}
	return recorded(t, e, now), alerts
}

// recorded returns the severities at a moment.
func recorded(t *testing.T, e engine, at time.Time) map[string]float64 {
	t.Helper()
	all := map[string]float64{}
	for _, name := range severityNames() {
		answer, err := e.query(t.Context(), name, at)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range answer {
			all[name+s.Metric.MatchLabels(false, model.MetricNameLabel).String()] = s.F
		}
	}
	return all
}

// An alertSink is an Alertmanager that remembers what it was sent.
type alertSink struct {
	*httptest.Server
	mu   sync.Mutex
	sent map[string]postedAlert // the last by labels
}

type postedAlert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	EndsAt      time.Time         `json:"endsAt"`
}

func newAlertSink(t *testing.T) *alertSink {
	t.Helper()
	p := &alertSink{sent: map[string]postedAlert{}}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var posted []postedAlert
		if err := json.NewDecoder(r.Body).Decode(&posted); err != nil || r.URL.Path != "/api/v2/alerts" {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, a := range posted {
			p.sent[labels.FromMap(a.Labels).String()] = a
		}
		w.WriteHeader(http.StatusOK)
	}))
	t.Cleanup(p.Close)
	return p
}

// firing returns the alerts that have not ended.
func (p *alertSink) firing() map[string]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := map[string]bool{}
	for alert, a := range p.sent {
		if a.EndsAt.After(time.Now()) {
			all[alert] = true
		}
	}
	return all
}

// check holds what was sent to what people are to read.
func (p *alertSink) check(t *testing.T) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for alert, a := range p.sent {
		for _, name := range []string{"summary", "description", "runbook_url"} {
			if text := a.Annotations[name]; text == "" || strings.ContainsAny(text, "{}<>") {
				t.Errorf("%s has the %s %q", alert, name, text)
			}
		}
	}
}

// healthy waits until every rule has been evaluated, and without error.
func healthy(t *testing.T, list string) {
	t.Helper()
	var answer struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, Health, LastError string }
			}
		}
	}
	eventually(t, "every rule has been evaluated", func() bool {
		if err := json.Unmarshal([]byte(mustGet(t, list)), &answer); err != nil {
			t.Fatal(err)
		}
		count := 0
		for _, g := range answer.Data.Groups {
			for _, r := range g.Rules {
				if r.LastError != "" {
					t.Fatalf("%s: %s", r.Name, r.LastError)
				}
				if r.Health != "ok" {
					return false
				}
				count++
			}
		}
		return count > 50
	})
}

func prometheusRuler(t *testing.T, rules, pager string) (e engine, list string) {
	t.Helper()
	address := runPrometheus(t, `
global: {evaluation_interval: 1s}
rule_files: ["`+rules+`/*.yml"]
alerting: {alertmanagers: [{static_configs: [{targets: ["`+strings.TrimPrefix(pager, "http://")+`"]}]}]}
`)
	return newHTTPEngine(t, "http://"+address, "http://"+address+"/api/v1/write", ""), "http://" + address + "/api/v1/rules"
}

func vmalert(t *testing.T, rules, pager string) (e engine, list string) {
	t.Helper()
	base, address := "http://"+runVictoriaMetrics(t), testkit.FreePort(t)
	start(t, testkit.Program(t, "vmalert"), "-rule="+rules+"/*.yml", "-evaluationInterval=1s", "-httpListenAddr="+address,
		"-datasource.url="+base, "-remoteWrite.url="+base, "-remoteWrite.flushInterval=200ms", "-notifier.url="+pager,
		"-disableAlertgroupLabel", "-loggerLevel=WARN")
	answers(t, "http://"+address+"/health")
	return newHTTPEngine(t, base, base+"/api/v1/write", base+"/internal/force_flush"), "http://" + address + "/api/v1/rules"
}

// thanosRuler runs a ruler that keeps what it records, and that the querier asks:
// what a stateless one sends to the receiver is there some 15 s later, which adds
// up with each rule that reads another.
func thanosRuler(t *testing.T, rules, pager string) (e engine, list string) {
	t.Helper()
	store, address := testkit.FreePort(t), testkit.FreePort(t)
	writeURL, queryURL := runThanos(t, store)
	start(t, thanosProgram(t), "rule", "--log.level=warn", "--data-dir="+t.TempDir(), "--grpc-address="+store, "--http-address="+address,
		"--rule-file="+rules+"/*.yml", "--eval-interval=1s", "--query="+queryURL, `--label=ruler="one"`,
		"--alertmanagers.url="+pager, "--alert.label-drop=ruler", "--resend-delay=1s")
	answers(t, "http://"+address+"/-/ready")
	return newHTTPEngine(t, queryURL, writeURL, ""), "http://" + address + "/api/v1/rules"
}
