// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	promconfig "github.com/prometheus/common/config"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/testkit"
)

// benchServer is the role of a test binary that serves HTTP, so that a benchmark
// measures the time of the prober alone.
const benchServer = "PHAROS_BENCH_SERVER"

// TestBenchServer serves on the address in the environment until its standard
// input ends; only benchmarks start it.
func TestBenchServer(t *testing.T) { //nolint:paralleltest // a process of its own
	addr := os.Getenv(benchServer)
	if addr == "" {
		t.Skip("serves benchmarks alone")
	}
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", addr)
	require.NoError(t, err)
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "ok")
	})}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = server.Close()
	}()
	_ = server.Serve(l)
}

// startBenchServer returns the address of a server in a process of its own.
func startBenchServer(b *testing.B) (addr string) {
	b.Helper()
	addr = testkit.FreePort(b)
	server := exec.CommandContext(b.Context(), "/proc/self/exe", "-test.run=^TestBenchServer$")
	server.Env = append(os.Environ(), benchServer+"="+addr)
	stop, err := server.StdinPipe()
	require.NoError(b, err)
	require.NoError(b, server.Start())
	b.Cleanup(func() {
		_ = stop.Close()
		_ = server.Wait()
	})
	require.Eventually(b, func() bool {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}, patience, 10*time.Millisecond)
	return addr
}

// cpu returns the processor time of this process.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkHTTP compares the processor time of one probe over a fresh connection,
// a thousand a second as a scheduler makes them, with what little more than the
// kernel takes for it and with what net/http takes.
func BenchmarkHTTP(b *testing.B) {
	addr := startBenchServer(b)
	target := &url.URL{Scheme: "http", Host: addr, Path: "/"}
	named := *target
	named.Host = "localhost" + addr[strings.LastIndexByte(addr, ':'):]
	prober := probe.HTTP(probe.HTTPOptions{URL: target, UserAgent: "pharos"})
	byName := probe.HTTP(probe.HTTPOptions{URL: &named, UserAgent: "pharos"})
	client, err := probe.NewHTTPClient(promconfig.DefaultHTTPClientConfig)
	require.NoError(b, err)
	ofModule := probe.HTTP(probe.HTTPOptions{URL: target, UserAgent: "pharos", Client: client, FollowRedirects: true, ReadBody: true})
	ways := []struct {
		name string
		once func(ctx context.Context) error
	}{
		{"bare", bareExchange(addr)},
		{"probe", func(ctx context.Context) error { return prober.Probe(ctx).Err }},
		{"probe by name", func(ctx context.Context) error { return byName.Probe(ctx).Err }},
		{"probe of a module", func(ctx context.Context) error { return ofModule.Probe(ctx).Err }},
		{"transport", freshTransport(target)},
		{"transport by name", freshTransport(&named)},
	}
	for _, way := range ways {
		b.Run(way.name, func(b *testing.B) { paced(b, way.once) })
	}
}

// paced runs once as often as it must: 20 at a time, every 20 ms.
func paced(b *testing.B, once func(ctx context.Context) error) {
	b.Helper()
	const width = 20
	b.ReportAllocs()
	tick := time.NewTicker(width * time.Millisecond)
	defer tick.Stop()
	before := cpu(b)
	for done := 0; done < b.N; done += width {
		<-tick.C
		var all sync.WaitGroup
		for range min(width, b.N-done) {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(b.Context(), patience)
				defer cancel()
				if err := once(ctx); err != nil {
					b.Error(err)
				}
			})
		}
		all.Wait()
	}
	b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
}

// bareExchange dials, writes, reads once and closes.
func bareExchange(addr string) func(ctx context.Context) error {
	request := []byte("HEAD /?1234567890 HTTP/1.1\r\nHost: " + addr + "\r\nUser-Agent: pharos\r\nConnection: close\r\n\r\n")
	return func(ctx context.Context) error {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", addr)
		if err != nil {
			return err
		}
		defer conn.Close()
		if _, err := conn.Write(request); err != nil {
			return err
		}
		answer := make([]byte, 512)
		n, err := conn.Read(answer)
		if !bytes.HasPrefix(answer[:n], []byte("HTTP/1.1 200")) {
			return err
		}
		return nil
	}
}

// freshTransport asks with a transport that is used once.
func freshTransport(target *url.URL) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		transport := &http.Transport{DisableKeepAlives: true}
		defer transport.CloseIdleConnections()
		req, err := http.NewRequestWithContext(ctx, http.MethodHead, target.String(), http.NoBody)
		if err != nil {
			return err
		}
		resp, err := transport.RoundTrip(req)
		if err != nil {
			return err
		}
		return resp.Body.Close()
	}
}
