// SPDX-License-Identifier: Apache-2.0

package reporter_test

import (
	"context"
	"errors"
	"expvar"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/pharos-status/pharos/reporter"
)

// status is a server that shows what it gets.
func status() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			_, _ = fmt.Fprintln(os.Stdout, r.Method, r.URL, string(body))
		}
	}))
}

// An application reports until it ends.
func Example() {
	server := status() // in earnest: https://status.example.com
	defer server.Close()

	r, err := reporter.Start(context.Background(), reporter.Options{
		URL: server.URL, Token: "secret",
		Service: "web", Node: "worker", Replica: "worker-1", Mode: reporter.Local,
		Checks: map[string]reporter.Check{
			"queue": func(context.Context) error { return fmt.Errorf("%w: 12 messages wait", reporter.ErrSick) },
		},
	})
	if err != nil {
		panic(err)
	}
	waitFor(r) // the application does its work

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := r.Stop(ctx); err != nil {
		panic(err)
	}
	// Output:
	// POST /reporter/web/worker/ {"replica":"worker-1","interval":36,"health":"sick","reason":"queue: 12 messages wait"}
	// DELETE /reporter/web/worker/worker-1/
}

// waitFor waits until a report was taken.
func waitFor(r *reporter.Reporter) {
	for r.State().Endpoints[0].Reports == 0 {
		time.Sleep(time.Millisecond)
	}
}

// The load of the container, or of the host where the container has no limits, is
// reported to a node in mode push.
func ExampleStart() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel() // ends it too

	r, err := reporter.Start(ctx, reporter.Options{
		URL: "https://status.example.com", Token: os.Getenv("REPORTER_TOKEN"),
		Service: "web", Node: "sockets", Interval: 10 * time.Second,
	})
	fmt.Println(err)
	r.ReportNow() // of a nil Reporter: goes on without one
	// Output: starting a reporter: the Token of https://status.example.com is not given
}

// A job that ends reports once how it went: it is dead unless it says so again within
// a day.
func ExampleClient_Report() {
	server := status()
	defer server.Close()

	client := reporter.Client{Endpoint: reporter.Endpoint{URL: server.URL, Token: "secret"}}
	err := client.Report(context.Background(), reporter.Report{
		Service: "jobs", Node: "backup", Replica: "nightly", Interval: 25 * time.Hour,
		Health: reporter.Dead, Reason: "no space left on device",
	})
	var refused *reporter.StatusError
	switch {
	case err == nil:
		fmt.Println("taken")
	case errors.As(err, &refused):
		fmt.Println("refused:", refused.Code, refused.Message)
	default:
		fmt.Println("not reached:", err)
	}
	// Output:
	// POST /reporter/jobs/backup/ {"replica":"nightly","interval":90000,"health":"dead","reason":"no space left on device"}
	// taken
}

// A Reporter is shown at /debug/vars by package expvar.
func ExampleReporter_String() {
	var r *reporter.Reporter // in earnest one of Start
	expvar.Publish("pharos", r)
	fmt.Println(expvar.Get("pharos"))
	// Output: {"health":"unknown","endpoints":null}
}

// What cannot be measured in the usual ways an application measures by itself.
func ExampleMeter() {
	const most = 200
	var sessions func() int     // of the application
	auto := reporter.AutoLoad() // made once: it remembers how much CPU time was used
	options := reporter.Options{
		Service: "web", Node: "sockets",
		Load: func(ctx context.Context) (reporter.Load, error) {
			load, err := auto(ctx)
			load.CPU = max(load.CPU, float64(sessions())/most)
			return load, err
		},
	}
	_ = options
}
