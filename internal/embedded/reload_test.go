// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
)

const oneUserRule = `groups: [{name: mine, rules: [{record: "mine:dead:count", expr: 'count(pharos_replica_status{status="dead"} == 1) or vector(0)'}]}]`

func TestReloadTakesRulesAndRouting(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2, func(o *Options) { o.ScrapeInterval = time.Hour })
	r.start()
	require.Empty(t, r.query(`mine:dead:count`))

	r.write("rules/mine.yml", oneUserRule)
	require.NoError(t, r.Reload())
	r.eventually(func() bool { return len(r.query(`mine:dead:count`)) == 1 }, "a new rule is evaluated at once")

	require.NoError(t, os.Remove(filepath.Join(r.o.ConfigDir, "rules", "mine.yml")))
	require.NoError(t, r.Reload())
	require.Empty(t, r.query(`mine:dead:count`), "the series of a removed rule ends at once")
	_, body := r.call(http.MethodGet, "/prometheus/api/v1/rules", "")
	require.NotContains(t, body, "mine")

	r.write("alertmanager.yml", "route: {receiver: other}\nreceivers: [{name: other}]\n")
	require.NoError(t, r.Reload())
	_, body = r.call(http.MethodGet, "/alertmanager/api/v2/receivers", "")
	require.Equal(t, `[{"labels":{"name":"other"},"name":"other"}]`, strings.TrimSpace(body))
}

func TestAlertsSurviveAReload(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2)
	r.start()
	r.exporter.set(0, false)
	r.page("firing ReplicaDead replica-0000")
	r.logged()

	r.write("rules/mine.yml", oneUserRule)
	require.NoError(t, r.Reload())
	r.exporter.set(0, true)

	r.next("resolved ReplicaDead replica-0000")
}

func TestAnAlertOfARemovedRuleIsResolved(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.write("rules/mine.yml", `groups: [{name: mine, rules: [{alert: Mine, expr: 'vector(1)'}]}]`)
	r.start()
	r.page("firing Mine")
	r.logged()
	require.NoError(t, os.Remove(filepath.Join(r.o.ConfigDir, "rules", "mine.yml")))

	require.NoError(t, r.Reload())

	r.next("resolved Mine")
}

func TestABadFileLeavesTheOldConfiguration(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2)
	r.write("rules/mine.yml", oneUserRule)
	r.start()
	r.eventually(func() bool { return len(r.query(`mine:dead:count`)) == 1 }, "not evaluated")

	r.write("rules/mine.yml", "groups: [{name: mine, rules: [{record: a, expr: 'sum('}]}]")
	r.write("prometheus.yml", "scrape_configs:\n- job_name: mine\n  scrape_intervall: 1s\n")
	r.write("alertmanager.yml", "route: {receiver: nobody}\n")
	err := r.Reload()

	require.ErrorContains(t, err, "prometheus.yml:3: ")
	require.ErrorContains(t, err, "alertmanager.yml:1: undefined receiver")
	require.InDelta(t, 0, testutil.ToFloat64(r.metrics.reloadOK), 0)
	_, body := r.call(http.MethodGet, "/prometheus/api/v1/status/runtimeinfo", "")
	require.Contains(t, body, `"reloadConfigSuccess":false`)
	r.exporter.set(1, false)
	r.page("firing ReplicaDead replica-0001")
	r.eventually(func() bool { return len(r.query(`mine:dead:count == 1`)) == 1 }, "the old rule goes on")
}

func TestEventsReadsAndReloadsAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, 20)
	r.start()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	spin := func(every time.Duration, act func(n int)) {
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				case <-time.After(every):
					act(n)
				}
			}
		})
	}
	for range 2 {
		spin(3*time.Millisecond, func(int) { r.exporter.set(1+rand.IntN(19), rand.IntN(2) == 0) })
	}
	for _, path := range []string{"/prometheus/api/v1/rules", "/prometheus/api/v1/alerts", "/prometheus/api/v1/query?query=ALERTS", "/alertmanager/api/v2/alerts", "/alertmanager/api/v2/status"} {
		spin(5*time.Millisecond, func(int) {
			if code, body := r.call(http.MethodGet, path, ""); code != http.StatusOK {
				t.Error(path, code, body)
			}
		})
	}
	spin(100*time.Millisecond, func(n int) {
		r.write("rules/mine.yml", strings.Replace(oneUserRule, "vector(0)", "vector("+strings.Repeat("1", 1+n%9)+")", 1))
		if err := r.Reload(); err != nil {
			t.Error(err)
		}
	})
	time.Sleep(3 * time.Second) // the storm lasts
	close(stop)
	wg.Wait()

	r.exporter.set(0, false) // never touched before
	r.page("firing ReplicaDead replica-0000")
	r.exporter.set(0, true)
	r.page("resolved ReplicaDead replica-0000")
	_, body := r.call(http.MethodGet, "/prometheus/api/v1/rules", "")
	require.NotContains(t, body, `"health":"err"`)
	for _, name := range []string{"prometheus_rule_evaluation_failures_total", "prometheus_target_scrapes_sample_duplicate_timestamp_total"} {
		require.Zero(t, r.sum(name), name)
	}
}
