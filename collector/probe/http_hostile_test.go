// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// requested reads a request and then has its way with the connection.
func requested(attack func(conn net.Conn)) func(net.Conn) {
	return func(conn net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
			return
		}
		attack(conn)
	}
}

// forever writes text again and again.
func forever(text string) func(net.Conn) {
	again := []byte(text)
	return func(conn net.Conn) {
		for {
			if _, err := conn.Write(again); err != nil {
				return
			}
		}
	}
}

// trickle writes text a byte at a time, too slowly for anyone.
func trickle(text string) func(net.Conn) {
	return func(conn net.Conn) {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i = (i + 1) % len(text) {
			if _, err := conn.Write([]byte{text[i]}); err != nil {
				return
			}
			<-tick.C
		}
	}
}

// chain writes a head and then goes on.
func chain(head string, then func(net.Conn)) func(net.Conn) {
	return func(conn net.Conn) {
		if _, err := io.WriteString(conn, head); err == nil {
			then(conn)
		}
	}
}

// bomb writes far more than it seems to: gzip may be written in pieces.
func bomb(t *testing.T) func(conn net.Conn) {
	t.Helper()
	var piece bytes.Buffer
	packed := gzip.NewWriter(&piece)
	_, err := packed.Write(make([]byte, 16<<20))
	require.NoError(t, err)
	require.NoError(t, packed.Close())
	return chain("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", forever(piece.String()))
}

// TestHTTPHostile keeps that no target holds a probe up longer than its time
// limit, or takes more memory than its bounds, whatever it sends.
func TestHTTPHostile(t *testing.T) {
	t.Parallel()
	const head = "HTTP/1.1 200 OK\r\n"
	match := []*regexp.Regexp{re("needle")}
	const short, unhurried = 300 * time.Millisecond, time.Minute // the race detector unpacks slowly
	tests := map[string]struct {
		attack func(net.Conn)
		o      probe.HTTPOptions
		limit  time.Duration
		reason status.Reason
		detail string
	}{
		"endless header":           {chain(head, forever("X: y\r\n")), probe.HTTPOptions{}, patience, status.Protocol, "header"},
		"header of 10 MB":          {chain(head+"X: ", forever(strings.Repeat("x", 10<<20))), probe.HTTPOptions{}, patience, status.Protocol, "header"},
		"endless status line":      {forever("HTTP/1.1 200 "), probe.HTTPOptions{}, patience, status.Protocol, "header"},
		"endless interim answers":  {forever("HTTP/1.1 100 Continue\r\n\r\n"), probe.HTTPOptions{}, patience, status.Protocol, ""},
		"slow header":              {chain(head, trickle("X: y\r\n")), probe.HTTPOptions{}, short, status.Timeout, "no answer in time"},
		"slow body":                {chain(head+"\r\n", trickle("x")), probe.HTTPOptions{ReadBody: true}, short, status.Timeout, "no answer in time"},
		"nothing after the header": {chain(head+"\r\n", silence), probe.HTTPOptions{BodyMust: match}, short, status.Timeout, "no answer in time"},
		"endless body":             {chain(head+"\r\n", forever(strings.Repeat("hay", 1<<16))), probe.HTTPOptions{BodyMust: match}, patience, status.Body, "the body is longer than 8388608 bytes"},
		"endless JSON":             {chain(head+"\r\n[", forever(strings.Repeat("0,", 1<<16))), probe.HTTPOptions{JSONNot: cel(t, "body.x")}, patience, status.Body, "the body is longer than 2097152 bytes"},
		"endless body, read":       {chain(head+"\r\n", forever(strings.Repeat("hay", 1<<16))), probe.HTTPOptions{ReadBody: true}, short, status.Timeout, "no answer in time"},
		"endless chunks":           {chain(head+"Transfer-Encoding: chunked\r\n\r\n", forever("1\r\nx\r\n")), probe.HTTPOptions{ReadBody: true, BodyLimit: 1 << 10}, patience, status.Body, "longer than 1024 bytes"},
		"chunk of no size":         {chain(head+"Transfer-Encoding: chunked\r\n\r\n", forever("f")), probe.HTTPOptions{ReadBody: true}, patience, status.Protocol, ""},
		"bomb":                     {bomb(t), probe.HTTPOptions{ReadBody: true, Compression: "gzip"}, unhurried, status.Body, "the body is longer than 67108864 bytes"},
		"bomb, looked at":          {bomb(t), probe.HTTPOptions{BodyNot: match, Compression: "gzip"}, unhurried, status.Body, "the body is longer than 8388608 bytes"},
		"garbage":                  {forever("\x00\xff"), probe.HTTPOptions{}, patience, status.Protocol, ""},
		"length of too many":       {chain(head+"Content-Length: 99999999999999999999\r\n\r\n", silence), probe.HTTPOptions{}, patience, status.Protocol, "Content-Length"},
		"length of two minds":      {chain(head+"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", silence), probe.HTTPOptions{}, patience, status.Protocol, "Content-Length"},
		"breaks off":               {chain(head+"Content-Length: 10\r\n\r\nx", func(net.Conn) {}), probe.HTTPOptions{ReadBody: true}, patience, status.Connect, "the connection broke"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.o.Method = http.MethodGet
			both(t, test.o, func(t *testing.T, o probe.HTTPOptions) {
				t.Helper()
				o.URL = parse(t, "http://"+serve(t, requested(test.attack)))
				ctx, cancel := context.WithTimeout(t.Context(), test.limit)
				defer cancel()
				r := probe.HTTP(o).Probe(ctx)
				requireFailure(t, probe.Limits{}.Judge(r), status.Dead, test.reason, test.detail)
				require.Less(t, r.Took, max(test.limit, patience/2)+patience/2)
			})
		})
	}
}

// TestHTTPHostileMemory keeps that what a target sends is not kept.
func TestHTTPHostileMemory(t *testing.T) { //nolint:paralleltest // it measures the memory of the process
	const probes = 20
	endless := "http://" + serveMany(t, requested(chain("HTTP/1.1 200 OK\r\nX: ", forever(strings.Repeat("x", 1<<20)))))
	p := probe.HTTP(probe.HTTPOptions{URL: parse(t, endless)})
	var before, later runtime.MemStats
	runtime.ReadMemStats(&before)
	for range probes {
		requireFailure(t, verdict(t, p, patience), status.Dead, status.Protocol, "longer than")
	}
	runtime.ReadMemStats(&later)
	// The header is read in growing pieces: some copies of it, and no more.
	require.Less(t, later.TotalAlloc-before.TotalAlloc, uint64(probes*10*probe.MaxHeader))
}

// serveMany is like [serve], and answers any number of connections at a time.
func serveMany(t *testing.T, handle func(net.Conn)) (addr string) {
	t.Helper()
	return serve(t, func(conn net.Conn) {
		raw, _ := conn.(*net.TCPConn)
		file, err := raw.File() // serve closes its own
		if err != nil {
			return
		}
		go func() {
			defer file.Close()
			own, err := net.FileConn(file)
			if err != nil {
				return
			}
			defer own.Close()
			handle(own)
		}()
	})
}

// TestHTTPProbersAreSmall keeps that ten thousand of them fit.
func TestHTTPProbersAreSmall(t *testing.T) { //nolint:paralleltest // it measures the memory of the process
	const many = 10_000
	target := parse(t, "https://service.example.com/v1/_system/health?verbose=1")
	headers := http.Header{"Accept": {"application/json"}}
	all := make([]probe.Prober, 0, many)
	before := heap()
	for range many {
		all = append(all, probe.HTTP(probe.HTTPOptions{URL: target, UserAgent: "pharos (+https://status.example.com)", Headers: headers}))
	}
	each := (heap() - before) / many
	t.Log("bytes for each:", each)
	require.Less(t, each, uint64(1200))
	runtime.KeepAlive(all)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func FuzzHTTPAnswer(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nLast-Modified: Sun, 01 Nov 2026 12:00:00 GMT\r\n\r\nping"), "")
	f.Add([]byte("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npong\r\n0\r\n\r\n"), "identity")
	f.Add([]byte("HTTP/1.1 200 OK\r\n\r\n\x1f\x8b\x08\x00\x00"), "gzip")
	f.Add([]byte("HTTP/1.1 200 OK\r\n\r\n\x78\x9c\x03"), "deflate")
	f.Add([]byte("HTTP/1.1 200 OK\r\n\r\n\x0b\x02\x80"), "br")
	document, err := probe.NewCEL("body.x == 1")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, answer []byte, compression string) {
		facts, err := probe.ReadAnswer(said(answer), probe.HTTPOptions{
			Method: http.MethodGet, StatusFrom: 200, StatusBelow: 400, ReadBody: true, BodyLimit: 1 << 16, Compression: compression,
			BodyMatch: re("p.*g"), HeaderMust: []probe.HeaderMatch{{Header: "X", Match: re("y"), AllowMissing: true}}, JSONMust: document,
		})
		if err != nil {
			var failure *probe.Failure
			require.ErrorAs(t, err, &failure)
			require.NotEmpty(t, failure.Reason)
		}
		if facts != nil {
			require.LessOrEqual(t, facts.BodyBytes, int64(1<<16))
		}
	})
}

// said returns a connection over which a target says text, and hangs up.
func said(text []byte) net.Conn { return &saying{rest: text} }

type saying struct {
	net.Conn
	rest []byte
}

// Read implements [net.Conn].
func (s *saying) Read(b []byte) (int, error) {
	if len(s.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// Write implements [net.Conn].
func (s *saying) Write(b []byte) (int, error) { return len(b), nil }

// Close implements [net.Conn].
func (s *saying) Close() error { return nil }
