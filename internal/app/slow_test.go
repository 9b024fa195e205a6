// SPDX-License-Identifier: Apache-2.0

package app

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// slowly serves one connection to the public, and returns it with what becomes of a
// request: whether its body could be read, or the answer be sent.
func slowly(t *testing.T) (conn net.Conn, came chan error) {
	t.Helper()
	came = make(chan error, 1)
	o := HTTPOptions{Public: true, Logger: slog.New(slog.DiscardHandler), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		if err == nil {
			_, err = w.Write(make([]byte, 1<<20))
		}
		came <- err
	})}
	listener, server := NewMemoryListener(), o.server()
	go func() { _ = server.Serve(listener) }() // ends with Close
	t.Cleanup(func() { _ = server.Close() })
	conn, err := listener.Dial(t.Context())
	require.NoError(t, err)
	return conn, came
}

// trickle writes a text, a byte each 3 seconds, until it can't.
func trickle(conn net.Conn, text string) {
	for i := range len(text) {
		if _, err := conn.Write([]byte{text[i]}); err != nil {
			return
		}
		time.Sleep(3 * time.Second)
	}
}

// TestWhoWritesSlowlyIsCutOff: neither a request nor its body may take for ever.
func TestWhoWritesSlowlyIsCutOff(t *testing.T) {
	t.Parallel()
	t.Run("header", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			conn, _ := slowly(t)
			begin := time.Now()
			var writing sync.WaitGroup
			writing.Go(func() { trickle(conn, "GET / HTTP/1.1\r\nHost: status.example.com\r\n\r\n") })
			_, _ = io.Copy(io.Discard, conn) // until the server closes it
			require.Equal(t, readHeaderTimeout, time.Since(begin))
			writing.Wait()
		})
	})
	t.Run("body", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			conn, came := slowly(t)
			begin := time.Now()
			var client sync.WaitGroup
			client.Go(func() {
				_, _ = conn.Write([]byte("POST / HTTP/1.1\r\nHost: status.example.com\r\nContent-Length: 100\r\n\r\n"))
				trickle(conn, string(make([]byte, 100)))
			})
			client.Go(func() { _, _ = io.Copy(io.Discard, conn) })
			require.Error(t, <-came)
			require.Equal(t, readTimeout, time.Since(begin))
			_ = conn.Close()
			client.Wait()
		})
	})
}

// TestWhoReadsSlowlyIsCutOff: an answer that nobody takes keeps no goroutine.
func TestWhoReadsSlowlyIsCutOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn, came := slowly(t)
		begin := time.Now()
		_, err := conn.Write([]byte("GET / HTTP/1.1\r\nHost: status.example.com\r\n\r\n"))
		require.NoError(t, err)
		require.Error(t, <-came)
		require.Equal(t, writeTimeout, time.Since(begin))
		_ = conn.Close()
	})
}
