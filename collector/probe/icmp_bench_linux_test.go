// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
)

// BenchmarkICMP pings 10,000 addresses in each of its runs, nine tenths of which
// answer, over a minute and over the ten seconds in which a program that starts has
// its first probes. A verdict is late if it comes 100 ms after it could have come:
// at once if the address answers, and after a second of patience if not. What else
// the machine does then counts too, unless this is in the real-time class:
//
//	chrt -r 10 go test ./collector/probe -run '^$' -bench ICMP -benchtime 10x -timeout 30m
func BenchmarkICMP(b *testing.B) {
	for _, period := range []time.Duration{time.Minute, 10 * time.Second} {
		b.Run(period.String(), func(b *testing.B) {
			// Nobody is behind the addresses of the cable.
			inside, output := inNamespace(b, `link set lo up
				link add cable type veth peer name end
				addr add 10.99.0.1/16 dev cable
				link set cable arp off up
				link set end up`,
				"-test.run=^$", "-test.bench=^"+strings.ReplaceAll(b.Name(), "/", "$/^")+"$", "-test.benchtime="+strconv.Itoa(b.N)+"x")
			if !inside {
				reportAgain(b, output)
				return
			}
			before := cpuTime(b)
			var t tally
			for range b.N {
				t.run(b, period)
			}
			slices.Sort(t.delays)
			b.ReportMetric(float64(t.lost), "false-losses")
			b.ReportMetric(float64(t.late), "late")
			b.ReportMetric(float64(t.odd), "odd")
			b.ReportMetric(t.delays[len(t.delays)*99/100].Seconds()*1000, "p99-ms")
			b.ReportMetric((cpuTime(b)-before).Seconds()/float64(b.N), "cpu-s/run")
		})
	}
}

// reportAgain reports what a benchmark of another process has reported.
func reportAgain(b *testing.B, output string) {
	b.Helper()
	if strings.Contains(output, "--- SKIP") {
		testkit.Skip(b, output)
	}
	for line := range strings.Lines(output) {
		fields := strings.Fields(line)
		if !strings.HasPrefix(line, "Benchmark") || len(fields) < 4 {
			continue
		}
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			require.NoError(b, err, line)
			b.ReportMetric(value, fields[i+1])
		}
	}
}

// A tally counts what is wrong with verdicts.
type tally struct {
	mu     sync.Mutex
	lost   int             // addresses that answer, and were said not to
	odd    int             // verdicts that are wrong in another way
	late   int             // right or wrong
	delays []time.Duration // of the verdicts on addresses that answer, since they were due
}

// run pings each address once, evenly spread over the period.
func (t *tally) run(b *testing.B, period time.Duration) {
	b.Helper()
	const targets = 10_000
	pinger := probe.NewPinger()
	next := time.NewTimer(0)
	defer next.Stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	began := time.Now()
	for i := range targets {
		due := began.Add(period * time.Duration(i) / targets)
		next.Reset(time.Until(due))
		<-next.C
		network, want := 127, status.Healthy
		if i%10 == 0 {
			network, want = 10, status.Dead
		}
		p := pinger.ICMP(probe.ICMPOptions{Host: fmt.Sprintf("%d.99.%d.%d", network, i>>8, i&255)})
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			v := probe.Limits{}.Judge(p.Probe(ctx))
			t.count(v.Status, want, time.Since(due))
		})
	}
}

func (t *tally) count(got, want status.Status, delay time.Duration) {
	const late = 100 * time.Millisecond
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case want == status.Dead:
		delay -= time.Second
	case got == status.Dead:
		t.lost++
	}
	if want == status.Healthy {
		t.delays = append(t.delays, delay)
	}
	if got != want {
		t.odd++
	}
	if delay > late {
		t.late++
	}
}

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
