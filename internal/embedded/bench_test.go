// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pharos-status/pharos/internal/schema"
)

// bundled has an engine use the rules that come with Pharos.
func bundled(o *Options) {
	o.testRules = nil
	o.ScrapeInterval = DefaultScrapeInterval
}

// report gives the median and the longest of the times.
func report(b *testing.B, what string, times []time.Duration) {
	b.Helper()
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, what+"-median-ms")
	b.ReportMetric(float64(times[len(times)-1].Microseconds())/1000, what+"-max-ms")
}

// BenchmarkChange takes a replica of 500 down and up again, ten times, with the
// bundled rules, and says how long it takes until the page can see it and until
// a webhook has it. A group_wait of 200 ms is part of firing, and up to a
// group_interval of 1 s part of resolved.
func BenchmarkChange(b *testing.B) {
	r := newRig(b, 500, bundled)
	r.write("alertmanager.yml", strings.Replace(r.read("alertmanager.yml"), "group_wait: 0s", "group_wait: 200ms", 1))
	r.start()
	var page, firing, resolved []time.Duration
	for b.Loop() {
		for i := range 10 {
			replica := place(i * 37)[2]
			began := time.Now()
			r.exporter.set(i*37, false)
			r.until(schema.ReplicaSeverity + `{replica="` + replica + `"} == 3`)
			page = append(page, time.Since(began))
			r.page("firing PharosReplicaDead " + replica)
			firing = append(firing, time.Since(began))

			time.Sleep(1100 * time.Millisecond) // an outage lasts longer than a group_interval
			began = time.Now()
			r.exporter.set(i*37, true)
			r.until(schema.ReplicaSeverity + `{replica="` + replica + `"} == 0`)
			page = append(page, time.Since(began))
			r.page("resolved PharosReplicaDead " + replica)
			resolved = append(resolved, time.Since(began))
		}
	}
	report(b, "page", page)
	report(b, "firing", firing)
	report(b, "resolved", resolved)
}

// until asks as the page does, until there is an answer.
func (r *rig) until(expr string) {
	for deadline := time.Now().Add(20 * time.Second); len(r.query(expr)) == 0; {
		if time.Now().After(deadline) {
			r.t.Fatal("never: ", expr)
		}
		time.Sleep(time.Millisecond)
	}
}

// BenchmarkRestart starts on the data of an engine with 10,000 series that was
// killed, and says how long it takes until it is ready.
func BenchmarkRestart(b *testing.B) {
	const replicas = 10_000 / 5 // three statuses, a latency, a severity
	r := newRig(b, replicas, bundled)
	r.start()
	r.until(`histogram_count(` + schema.ReplicaLatency + `) == 1`)
	if series := r.sum("prometheus_tsdb_head_series"); series < 10_000 {
		b.Fatal("only ", series, " series")
	}
	var times []time.Duration
	for b.Loop() {
		b.StopTimer()
		r.crash()
		for i := range replicas {
			r.exporter.set(i, true)
		}
		b.StartTimer()
		began := time.Now()
		r.start()
		times = append(times, time.Since(began))
	}
	report(b, "ready", times)
}
