// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// hostile returns the addresses of servers that mean no good, by what they do.
func hostile(t *testing.T) map[string]string {
	t.Helper()
	end := make(chan struct{})
	addrs := map[string]string{}
	begin := func(name, first string, then []byte) {
		addrs[name] = serveTCP(t, func(conn net.Conn) {
			_, _ = bufio.NewReader(conn).ReadByte() // the request has begun
			_, err := io.WriteString(conn, first)
			for err == nil && then != nil {
				_, err = conn.Write(then)
			}
			<-end
		})
	}
	begin("silent", "", nil)
	begin("endless body", "HTTP/1.1 200 OK\r\n\r\n", bytes.Repeat([]byte("x"), 1<<16))
	begin("endless header", "HTTP/1.1 200 OK\r\nX: ", bytes.Repeat([]byte("x"), 1<<16))
	begin("binary", strings.Repeat("\x00\xff\xfe\r\n", 10), nil)
	t.Cleanup(func() { close(end) })
	return addrs
}

// TestHostileTargetsHoldUpNobody has targets that never answer, with all the time
// in the world, beside others that are probed meanwhile.
func TestHostileTargetsHoldUpNobody(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[string]int{}
	const good, rounds = 5, 10
	enough := make(chan struct{})
	target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen[r.URL.Path]++
		for i := range good {
			if seen[fmt.Sprintf("/%d", i)] < rounds {
				return
			}
		}
		select {
		case <-enough:
		default:
			close(enough)
		}
	}))
	t.Cleanup(target.Close)
	bad := hostile(t)
	var config strings.Builder
	fmt.Fprintf(&config, `
defaults: {poll: {interval: 100ms, timeout: 1h, sick_after: 0s, retries: 0}, script: {timeout: 1h}}
services:
  - id: s
    nodes:
      - {id: bad, mode: poll, http: {method: GET}, replicas: [%s]}
      - {id: worse, mode: script, scripts: ["sleep 1000 & sleep 1000"]}
      - id: good
        mode: poll
        replicas:
`, quoted("http://"+bad["silent"], "https://"+bad["silent"], "ssh://"+bad["silent"], "ws://"+bad["silent"], "grpc://"+bad["silent"]))
	for i := range good {
		fmt.Fprintf(&config, "          - %s/%d\n", target.URL, i)
	}
	e := newExporter(t, config.String())
	run(t, e)
	select {
	case <-enough:
	case <-time.After(30 * time.Second):
		t.Fatalf("the others were probed only so often: %v", seen)
	}
	_, text := ask(t, e.Metrics(), http.MethodGet, "/metrics", "")
	require.Len(t, series(text, "pharos_replica_status", `node="good"`, `status="healthy"} 1`), good)
	require.Empty(t, series(text, "pharos_replica_status", `node="bad"`, "} 1"), "nobody knows yet")
}

// TestHostileTargetsAreBounded has each of them end by its time limit, or before,
// with a reason.
func TestHostileTargetsAreBounded(t *testing.T) {
	t.Parallel()
	bad := hostile(t)
	e := newExporter(t, fmt.Sprintf(`
defaults: {poll: {timeout: 1s, sick_after: 0s, retries: 0}, script: {timeout: 1s}}
services:
  - id: s
    nodes:
      - {id: timeout, mode: poll, replicas: [%s]}
      - {id: body, mode: poll, replicas: [%q], http: {body_match: well}}
      - {id: protocol, mode: poll, replicas: [%s], http: {method: GET}}
      - {id: scripts, mode: script, scripts: ["sleep 1000 & sleep 1000 & wait", "yes", 'head -c 100000 /dev/zero; printf "\377\001 | a\377=1 b=2;;\376"; exit 1']}
`,
		quoted("http://"+bad["silent"], "https://"+bad["silent"], "ssh://"+bad["silent"], "ws://"+bad["silent"], "grpc://"+bad["silent"]),
		"http://"+bad["endless body"], quoted("http://"+bad["endless header"], "http://"+bad["binary"], "ws://"+bad["binary"], "grpc://"+bad["binary"])))
	began := time.Now()
	_, _, err := e.Once(t.Context())
	require.NoError(t, err)
	require.Less(t, time.Since(began), 10*time.Second)

	_, text := ask(t, e.Metrics(), http.MethodGet, "/metrics", "")
	for node, n := range map[string]int{"timeout": 5, "body": 1, "protocol": 4} {
		found := series(text, "pharos_replica_failure_reason", `node="`+node+`",reason="`+node+`"`)
		require.Len(t, found, n, "%v", series(text, "pharos_replica_failure_reason", `node="`+node+`"`))
	}
	require.Len(t, series(text, "pharos_replica_failure_reason", `node="scripts",reason="timeout"`), 2)
	require.Len(t, series(text, "pharos_replica_failure_reason", `node="scripts",reason="exit"`), 1)
	_, page := ask(t, e.Handler(), http.MethodGet, "/", "")
	require.True(t, utf8.ValidString(text) && utf8.ValidString(page))
	require.Less(t, len(page), 100_000)
}
