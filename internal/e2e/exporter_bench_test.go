// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/procfs"

	"github.com/pharos-status/pharos/internal/testkit"
)

// hosts are as many targets of their own address, so that connections to one do not
// use up the ports of another, and how often they have been connected to.
type hosts struct {
	addresses   []string
	connections atomic.Int64
}

// newHosts serves n hosts on addresses of the loopback network until b ends. They
// answer at once, in this process: what is measured are others.
func newHosts(b *testing.B, n int) *hosts {
	b.Helper()
	h := &hosts{}
	server := &http.Server{
		ReadHeaderTimeout: time.Minute,
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "well\n") }),
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				h.connections.Add(1)
			}
		},
	}
	var serving sync.WaitGroup
	b.Cleanup(func() { _ = server.Close(); serving.Wait() })
	for i := range n {
		var config net.ListenConfig
		l, err := config.Listen(b.Context(), "tcp", fmt.Sprintf("127.1.%d.%d:0", i/250, 1+i%250))
		if err != nil {
			b.Fatal(err)
		}
		h.addresses = append(h.addresses, l.Addr().String())
		serving.Go(func() { _ = server.Serve(l) }) // until it is closed
	}
	return h
}

// exporter starts a real exporter that probes every URL at the interval.
func (h *hosts) exporter(b *testing.B, interval string, urls []string) (p *program, metrics string) {
	b.Helper()
	var config strings.Builder
	fmt.Fprintf(&config, "defaults: {poll: {interval: %s}}\nservices:\n  - id: bench\n    nodes:\n", interval)
	for i, u := range urls {
		if i%500 == 0 {
			fmt.Fprintf(&config, "      - id: node-%d\n        mode: poll\n        http: {method: GET}\n        replicas:\n", i/500)
		}
		fmt.Fprintf(&config, "          - %q\n", u)
	}
	dir, address := b.TempDir(), testkit.FreePort(b)
	write(b, dir, "exporter.yml", config.String())
	p = start(b, ours("pharos_exporter"), "--config.file="+filepath.Join(dir, "exporter.yml"),
		"--storage.path="+b.TempDir(), "--web.listen-address="+address)
	answers(b, "http://"+address+"/-/ready")
	return p, "http://" + address + "/metrics"
}

// usage is what a process has used so far.
type usage struct {
	at          time.Time
	cpu         float64 // seconds
	resident    float64 // bytes
	connections int64   // to the hosts
}

func (h *hosts) usage(b *testing.B, p *program) usage {
	b.Helper()
	proc, err := procfs.NewProc(p.cmd.Process.Pid)
	if err != nil {
		b.Fatal(err)
	}
	stat, err := proc.Stat()
	if err != nil {
		b.Fatal(err)
	}
	return usage{time.Now(), stat.CPUTime(), float64(stat.ResidentMemory()), h.connections.Load()}
}

// scrape asks for metrics as Prometheus does, compressed protobuf, and returns the
// lags of probes.
func scrape(b *testing.B, metrics string) *dto.Histogram {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, metrics, nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Accept", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited")
	res, err := http.DefaultClient.Do(req) // which asks for gzip, and decompresses
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.Fatal(err)
	}
	decoder := expfmt.NewDecoder(bytes.NewReader(body), expfmt.ResponseFormat(res.Header))
	for {
		var f dto.MetricFamily
		if err := decoder.Decode(&f); err != nil {
			b.Fatalf("no lags in the metrics: %v", err)
		}
		if f.GetName() == "pharos_exporter_probe_lag_seconds" {
			return f.GetMetric()[0].GetHistogram()
		}
	}
}

// counts returns the observations in each bucket of a native histogram, by its upper
// bound.
func counts(h *dto.Histogram) map[float64]int64 {
	all := map[float64]int64{0: int64(h.GetZeroCount())}
	index, count, deltas := int32(0), int64(0), h.GetPositiveDelta()
	for _, span := range h.GetPositiveSpan() {
		index += span.GetOffset()
		for range span.GetLength() {
			count, deltas = count+deltas[0], deltas[1:]
			all[math.Exp2(math.Ldexp(float64(index), -int(h.GetSchema())))] += count
			index++
		}
	}
	return all
}

// quantile returns the upper bound of the bucket in which the quantile is of what h
// has more than before.
func quantile(q float64, before, h *dto.Histogram) float64 {
	old, all := counts(before), counts(h)
	var bounds []float64
	total := int64(0)
	for bound, n := range all {
		bounds = append(bounds, bound)
		total += n - old[bound]
	}
	slices.Sort(bounds)
	seen := int64(0)
	for _, bound := range bounds {
		if seen += all[bound] - old[bound]; float64(seen) >= q*float64(total) {
			return bound
		}
	}
	return math.NaN()
}

// BenchmarkExporterCrowd runs an exporter with ten thousand HTTP replicas at 60 s,
// scraped every 15 s, and measures it from -e2e.settle after its start for two
// minutes: the most memory, the lag of its probes, and its share of a processor.
func BenchmarkExporterCrowd(b *testing.B) {
	for b.Loop() {
		h := newHosts(b, 1000)
		var urls []string
		for i := range 10_000 {
			urls = append(urls, fmt.Sprintf("http://%s/health/%d", h.addresses[i%1000], i))
		}
		p, metrics := h.exporter(b, "60s", urls)
		tick := time.NewTicker(15 * time.Second)
		for end := time.Now().Add(*settle); time.Now().Before(end); <-tick.C {
			scrape(b, metrics)
		}
		lags, before, most := scrape(b, metrics), h.usage(b, p), 0.0
		for range 8 {
			for range 15 {
				time.Sleep(time.Second)
				most = max(most, h.usage(b, p).resident)
			}
			scrape(b, metrics)
		}
		tick.Stop()
		now, after := h.usage(b, p), scrape(b, metrics)
		took := now.at.Sub(before.at).Seconds()
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(most/1e6, "MB")
		b.ReportMetric(1e3*quantile(0.99, lags, after), "p99-lag-ms")
		b.ReportMetric(100*(now.cpu-before.cpu)/took, "cpu-%")
		b.ReportMetric(float64(now.connections-before.connections)/took, "probes/s")
		p.stop(b)
	}
}

// BenchmarkExporterProbes compares the processor time of a thousand probes, of a
// thousand targets each second over connections of their own, with that of
// blackbox_exporter that is asked for the same probes at the same times. They take
// turns; the ratio is of the medians of all rounds (-benchtime 5x: of five).
func BenchmarkExporterProbes(b *testing.B) {
	blackbox := testkit.Program(b, "prometheus-blackbox-exporter")
	for _, protocol := range []struct{ name, format, module string }{
		{"http", "http://%s/health", "http_2xx"},
		{"tcp", "tcp://%s", "tcp_connect"},
	} {
		b.Run(protocol.name, func(b *testing.B) {
			h := newHosts(b, 1000)
			var urls []string
			for _, address := range h.addresses {
				urls = append(urls, fmt.Sprintf(protocol.format, address))
			}
			var own, theirs []rate
			for b.Loop() {
				p, metrics := h.exporter(b, "1s", urls)
				own = append(own, h.rate(b, p, func(ctx context.Context) {
					every(ctx, 5*time.Second, func() { scrape(b, metrics) })
				}))
				p.stop(b)

				dir, address := b.TempDir(), testkit.FreePort(b)
				write(b, dir, "blackbox.yml", "modules: {http_2xx: {prober: http}, tcp_connect: {prober: tcp}}\n")
				p = start(b, blackbox, "--config.file="+filepath.Join(dir, "blackbox.yml"), "--web.listen-address="+address)
				answers(b, "http://"+address+"/-/healthy")
				theirs = append(theirs, h.rate(b, p, func(ctx context.Context) {
					drive(ctx, "http://"+address+"/probe?module="+protocol.module+"&target=", urls)
				}))
				p.end(syscall.SIGTERM)
			}
			ours, blackbox := medianOf(own), medianOf(theirs)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(ours.cpu, "cpu-ms/1000")
			b.ReportMetric(ours.probes, "probes/s")
			b.ReportMetric(blackbox.cpu, "blackbox-cpu-ms/1000")
			b.ReportMetric(blackbox.probes, "blackbox-probes/s") // fewer than a thousand if the machine is too busy for it
			b.ReportMetric(ours.cpu/blackbox.cpu, "ratio")
		})
	}
}

// A rate is how many probes a program makes, and what they cost.
type rate struct {
	cpu    float64 // processor time of a thousand probes in milliseconds
	probes float64 // a second
}

// medianOf returns the one with the median cost.
func medianOf(all []rate) rate {
	slices.SortFunc(all, func(a, b rate) int { return cmp.Compare(a.cpu, b.cpu) })
	return all[len(all)/2]
}

// rate measures p for ten seconds, once it has been at it for five, while during does
// what belongs to it.
func (h *hosts) rate(b *testing.B, p *program, during func(ctx context.Context)) rate {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	var wg sync.WaitGroup
	wg.Go(func() { during(ctx) })
	defer wg.Wait()
	defer cancel()
	time.Sleep(5 * time.Second)
	before := h.usage(b, p)
	time.Sleep(10 * time.Second)
	after := h.usage(b, p)
	probes := float64(after.connections - before.connections)
	return rate{1e6 * (after.cpu - before.cpu) / probes, probes / after.at.Sub(before.at).Seconds()}
}

// every calls f at the interval until ctx is done.
func every(ctx context.Context, interval time.Duration, f func()) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			f()
		}
	}
}

// drive asks for each target once a second, spread over it, until ctx is done. Like
// Prometheus it keeps its connections.
func drive(ctx context.Context, base string, targets []string) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: len(targets)}}
	defer client.CloseIdleConnections()
	var wg sync.WaitGroup
	defer wg.Wait()
	next, batch := 0, len(targets)/50
	every(ctx, 20*time.Millisecond, func() {
		for range batch {
			target := targets[next]
			next = (next + 1) % len(targets)
			wg.Go(func() {
				req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+url.QueryEscape(strings.TrimPrefix(target, "tcp://")), nil)
				if err != nil {
					return
				}
				res, err := client.Do(req)
				if err != nil {
					return
				}
				defer res.Body.Close()
				_, _ = io.Copy(io.Discard, res.Body)
			})
		}
	})
}
