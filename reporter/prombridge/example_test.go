// SPDX-License-Identifier: Apache-2.0

package prombridge_test

import (
	"context"
	"fmt"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pharos-status/pharos/reporter"
	"github.com/pharos-status/pharos/reporter/prombridge"
)

// An application that has metrics needs no second set: its load and its checks are
// made of them, and what the reporter knows is among them.
func Example() {
	source := prombridge.FromGatherer(prometheus.DefaultGatherer)
	r, err := reporter.Start(context.Background(), reporter.Options{
		URL: "https://status.example.com", Token: "", // a real one has a token
		Service: "web", Node: "sockets",
		Load: source.Load(
			prombridge.Share{Metric: prombridge.Metric{Name: "process_cpu_seconds_total"}, Of: float64(runtime.GOMAXPROCS(0))},
			prombridge.Share{Metric: prombridge.Metric{Name: "process_resident_memory_bytes"}, Of: 512 << 20},
		),
		Checks: map[string]reporter.Check{
			"goroutines": source.Check(prombridge.Metric{Name: "go_goroutines"}, prombridge.Above(10_000, 100_000)),
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	prometheus.MustRegister(prombridge.NewCollector(r))
	// Output: starting a reporter: the Token of https://status.example.com is not given
}

func ExampleSource_Check() {
	registry := prometheus.NewRegistry()
	waiting := prometheus.NewGauge(prometheus.GaugeOpts{Name: "queue_messages", Help: "Messages that wait."})
	registry.MustRegister(waiting)

	check := prombridge.FromGatherer(registry).Check(prombridge.Metric{Name: "queue_messages"}, prombridge.Above(100, 1000))
	fmt.Println(check(context.Background()))
	waiting.Set(120)
	fmt.Println(prombridge.FromGatherer(registry).Check(prombridge.Metric{Name: "queue_messages"}, prombridge.Above(100, 1000))(context.Background()))
	// Output:
	// <nil>
	// sick: 120 is above 100
}
