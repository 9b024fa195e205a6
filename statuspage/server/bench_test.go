// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// fifty is a reading of 50 components, as pages have.
func fifty() statuspage.Reading {
	r := readingOf(status.Healthy)
	r.Layout = statuspage.Layout{Services: []statuspage.ServiceLayout{{ID: "web", Label: "Web"}}}
	for i := range 50 {
		id := status.NodeID{Service: "web", Node: "n" + strconv.Itoa(i)}
		r.Nodes[id] = status.Healthy
		r.Replicas[id.Replica("a")] = statuspage.ReplicaReading{Status: status.Healthy, LastSeen: r.At}
		r.Layout.Services[0].Nodes = append(r.Layout.Services[0].Nodes, statuspage.NodeLayout{ID: id.Node, Label: fmt.Sprint("Node ", i), Mode: "poll"})
	}
	return r
}

// BenchmarkFrontPage sends GET / with gzip over TCP, in turns to the page as it is
// served to the public, to a handler of net/http that sends the same headers and
// bytes, and to one that sends the bytes with no more headers than they need. It
// reports what the page reaches of the requests per second of these two, and how many
// times as long its 99th percentile is.
func BenchmarkFrontPage(b *testing.B) {
	s := visitors(b, fifty()).Public()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	s.ServeHTTP(w, r)
	require.Equal(b, "gzip", w.Header().Get("Content-Encoding"))
	needed := http.Header{}
	for _, name := range []string{"Content-Type", "Content-Encoding", "Content-Length"} {
		needed.Set(name, w.Header().Get(name))
	}
	addresses := []string{serving(b, s), serving(b, sending(w.Header(), w.Body.Bytes())), serving(b, sending(needed, w.Body.Bytes()))}
	var took [3]time.Duration
	var each [3][]time.Duration
	for b.Loop() {
		for i, address := range addresses {
			begin := time.Now()
			each[i] = append(each[i], requests(b, address, 4, 500)...)
			took[i] += time.Since(begin)
		}
	}
	p99 := func(all []time.Duration) float64 {
		slices.Sort(all)
		return all[len(all)*99/100].Seconds()
	}
	b.ReportMetric(took[1].Seconds()/took[0].Seconds(), "rate-ratio")
	b.ReportMetric(took[2].Seconds()/took[0].Seconds(), "rate-ratio-bare-headers")
	b.ReportMetric(p99(each[0])/p99(each[1]), "p99-ratio")
	b.ReportMetric(p99(each[0])/p99(each[2]), "p99-ratio-bare-headers")
	b.ReportMetric(float64(len(each[0]))/took[0].Seconds(), "requests/s")
	b.ReportMetric(float64(w.Body.Len()), "B/page")
}

// sending is a plain handler.
func sending(headers http.Header, body []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range headers {
			w.Header().Set(name, values[0])
		}
		_, _ = w.Write(body)
	})
}

// serving starts a public listener, and returns its address.
func serving(b *testing.B, h http.Handler) string {
	b.Helper()
	server, err := app.NewHTTPServer(app.HTTPOptions{Purpose: "page", Address: "127.0.0.1:0", Public: true, Handler: h, Logger: quiet()})
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Run(ctx)
	}()
	b.Cleanup(func() {
		cancel()
		<-done
	})
	return server.Addr()
}

// requests sends requests over some connections at once, and returns how long each took.
func requests(b *testing.B, address string, conns, count int) []time.Duration {
	b.Helper()
	var mu sync.Mutex
	var all []time.Duration
	var group sync.WaitGroup
	for range conns {
		group.Go(func() {
			c, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", address)
			if err != nil {
				b.Error(err)
				return
			}
			defer c.Close()
			in := bufio.NewReader(c)
			took := make([]time.Duration, 0, count)
			for range count {
				begin := time.Now()
				if err := get(c, in); err != nil {
					b.Error(err)
					return
				}
				took = append(took, time.Since(begin))
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, took...)
		})
	}
	group.Wait()
	return all
}

// get sends a request as a browser does, and reads the answer.
func get(c net.Conn, in *bufio.Reader) error {
	const request = "GET / HTTP/1.1\r\nHost: status.example.com\r\nAccept: text/html\r\nAccept-Encoding: gzip\r\nAccept-Language: en-US,en;q=0.9\r\n\r\n"
	if _, err := io.WriteString(c, request); err != nil {
		return err
	}
	// Parsing as clients do would take as long as the servers, which are measured here.
	length := 0
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if text, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(text))); err != nil {
				return err
			}
		}
		if len(line) == len("\r\n") {
			break
		}
	}
	_, err := in.Discard(length)
	return err
}
