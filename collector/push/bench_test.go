// SPDX-License-Identifier: Apache-2.0

package push_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/push"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/status"
)

// BenchmarkReports measures how many reports of 1,000 replicas are taken in a
// second over connections that are kept alive, against a bare net/http handler
// that decodes the same JSON and drops it. The store is a real one on a real disk.
// The two take turns, and what is shown are the medians: reports/s, bare/s, and
// the ratio of the two.
func BenchmarkReports(b *testing.B) {
	const rounds, replicas, connections = 7, 1000, 16
	store, err := state.Open(state.Options{Path: b.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	require.NoError(b, err)
	done := make(chan error)
	go func() { done <- store.Run(b.Context()) }()
	b.Cleanup(func() { require.NoError(b, <-done) })
	node := status.NodeID{Service: "web", Node: "sockets"}
	store.Configure([]state.Node{{ID: node, Mode: state.Push, DeadAfter: time.Minute, CPUSickAbove: 0.9, RAMSickAbove: 0.9}})
	var ok atomic.Int64
	ours := newRush(b, replicas, connections, mounted(push.Handler(push.Options{
		Store: store, Logger: slog.New(slog.DiscardHandler),
		Tokens: func() []push.Token {
			return []push.Token{{Secret: configfile.Secret("s3cret"), Services: []string{"*"}}}
		},
		Reports: func(code int) {
			if code == http.StatusOK {
				ok.Add(1)
			}
		},
	})))
	bare := newRush(b, replicas, connections, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var report struct {
			Replica  string  `json:"replica"`
			Interval float64 `json:"interval"`
			Load     struct {
				CPU float64 `json:"cpu"`
				RAM float64 `json:"ram"`
			} `json:"load"`
		}
		if err := json.NewDecoder(r.Body).Decode(&report); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusOK)
	}))
	require.NoError(b, ours.run(1)) // every replica is known from here on
	require.Len(b, store.Snapshot(time.Now()), replicas)
	for b.Loop() {
		var ofOurs, ofBare []float64
		for range rounds {
			ofBare = append(ofBare, bare.perSecond(b))
			ofOurs = append(ofOurs, ours.perSecond(b))
		}
		slices.Sort(ofOurs)
		slices.Sort(ofBare)
		b.ReportMetric(ofOurs[rounds/2], "reports/s")
		b.ReportMetric(ofBare[rounds/2], "bare/s")
		b.ReportMetric(ofOurs[rounds/2]/ofBare[rounds/2], "ratio")
	}
	require.Positive(b, ok.Load())
}

// A rush is a server, and many clients that do nothing but report to it.
type rush struct {
	clients  []*bufio.ReadWriter
	requests [][][]byte // of each client
}

func newRush(b *testing.B, replicas, connections int, h http.Handler) *rush {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	done := make(chan error)
	go func() { done <- server.Serve(listener) }()
	b.Cleanup(func() {
		require.NoError(b, server.Close())
		require.ErrorIs(b, <-done, http.ErrServerClosed)
	})
	r := &rush{requests: make([][][]byte, connections)}
	for range connections {
		conn, err := net.Dial("tcp", listener.Addr().String())
		require.NoError(b, err)
		b.Cleanup(func() { conn.Close() })
		r.clients = append(r.clients, bufio.NewReadWriter(bufio.NewReader(conn), bufio.NewWriter(conn)))
	}
	for i := range replicas {
		body := fmt.Sprintf(`{"replica":"192.168.%d.%d","interval":30,"load":{"cpu":0.%02d,"ram":0.5}}`, i/256, i%256, i%80)
		request := "POST /reporter/web/sockets/ HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAuthorization: Basic OnMzY3JldA==\r\n" +
			"Content-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
		r.requests[i%connections] = append(r.requests[i%connections], []byte(request))
	}
	return r
}

// run reports of all replicas, so many times.
func (r *rush) run(times int) error {
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	for i, c := range r.clients {
		wg.Go(func() {
			for range times {
				for _, request := range r.requests[i] {
					if err := report200(c, request); err != nil {
						failed.Store(&err)
						return
					}
				}
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// report200 sends a request and reads the head of an answer without a body. It
// costs little, so that what is measured is the server.
func report200(c *bufio.ReadWriter, request []byte) error {
	if _, err := c.Write(request); err != nil {
		return err
	}
	if err := c.Flush(); err != nil {
		return err
	}
	for first := true; ; first = false {
		line, err := c.ReadSlice('\n')
		switch {
		case err != nil:
			return err
		case first && !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")):
			return fmt.Errorf("answer %q: %w", line, io.ErrUnexpectedEOF)
		case len(line) == 2:
			return nil
		}
	}
}

func (r *rush) perSecond(b *testing.B) float64 {
	b.Helper()
	const times = 20
	start := time.Now()
	require.NoError(b, r.run(times))
	n := 0
	for _, requests := range r.requests {
		n += len(requests) * times
	}
	return float64(n) / time.Since(start).Seconds()
}
