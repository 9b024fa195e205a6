// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/prometheus/rules"
	"github.com/stretchr/testify/require"
)

// BenchmarkDetection has 1,000 replicas, the bundled rules and no group_wait. It
// turns a replica at odd moments, with ticks and scrapes going on, and says how
// long it takes from the exporter's word to the webhook.
func BenchmarkDetection(b *testing.B) {
	const replicas = 1000
	r := newRig(b, replicas, bundled, func(o *Options) { o.ScrapeInterval = 5 * time.Second })
	r.start()
	var firing, resolved []time.Duration
	turn := func(i int, healthy bool, want string) time.Duration {
		time.Sleep(time.Duration(300+rand.IntN(1000)) * time.Millisecond) // another phase each time
		began := time.Now()
		r.exporter.set(i, healthy)
		r.page(want + " PharosReplicaDead " + place(i)[2])
		return time.Since(began)
	}
	for b.Loop() {
		for n := range 60 {
			i := n * 13
			firing = append(firing, turn(i, false, "firing"))
			time.Sleep(1100 * time.Millisecond) // an outage lasts longer than a group_interval
			resolved = append(resolved, turn(i, true, "resolved"))
		}
	}
	report(b, "firing", firing)
	report(b, "resolved", resolved)
}

// A groupHook counts the alerts of each notification.
type groupHook chan map[string]int

func (h groupHook) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	var n struct {
		Alerts []struct{ Labels map[string]string }
	}
	if json.NewDecoder(r.Body).Decode(&n) != nil {
		return
	}
	count := map[string]int{}
	for _, a := range n.Alerts {
		count[a.Labels["alertname"]]++
	}
	h <- count
}

// BenchmarkOutage turns 100 replicas of one service at once, and says how long it
// takes until a receiver grouped by service has the one notification of it.
func BenchmarkOutage(b *testing.B) {
	const outage = 100
	var times []time.Duration
	for b.Loop() {
		r := newRig(b, 10*outage, bundled)
		hook := make(groupHook, 100)
		server := httptest.NewServer(hook)
		r.write("alertmanager.yml", fmt.Sprintf(`
route:
  receiver: nobody
  routes: [{receiver: hook, matchers: ['service="service-00"'], group_by: [service], group_wait: 500ms, group_interval: 5m}]
receivers: [{name: nobody}, {name: hook, webhook_configs: [{url: %q, send_resolved: false}]}]
`, server.URL))
		r.start()
		began := time.Now()
		for i := range outage {
			r.exporter.set(10*i, false) // all of service-00
		}
		all := <-hook
		times = append(times, time.Since(began))
		require.Equal(b, outage, all["PharosReplicaDead"], "one notification has them all")
		require.Equal(b, 1, all["PharosServiceDead"])
		select {
		case again := <-hook:
			b.Fatal("a second notification: ", again)
		case <-time.After(2 * time.Second):
		}
		r.stop()
		server.Close()
	}
	report(b, "notification", times)
}

// cpuTime returns what the process has used of processors.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkEvaluation evaluates all bundled rules once, over the engine's own
// storage: what a tick at a full hour takes, and what of it each event takes.
func BenchmarkEvaluation(b *testing.B) {
	for _, replicas := range []int{1000, 3000, 10_000, 30_000} {
		b.Run(strconv.Itoa(replicas), func(b *testing.B) {
			w := newWorld(b, replicas)
			hour := int(time.Hour / diskInterval) // what windows look back on
			for n := range hour {
				w.step(n)
			}
			at := w.start.Add(time.Duration(hour) * diskInterval)
			var event time.Duration
			before := cpuTime(b)
			for b.Loop() {
				for _, g := range w.groups { // as at a full hour
					at = at.Add(time.Millisecond)
					rules.DefaultEvalIterationFunc(b.Context(), g, at)
					if g.Interval() <= diskInterval {
						event += g.GetEvaluationTime()
					}
				}
			}
			b.ReportMetric((cpuTime(b)-before).Seconds()*1000/float64(b.N), "cpu-ms/op")
			b.ReportMetric(event.Seconds()*1000/float64(b.N), "at-an-event-ms/op")
			require.NoError(b, w.p.close())
		})
	}
}
