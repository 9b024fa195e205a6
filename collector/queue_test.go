// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestQueues reads a queue from the file to the metrics. What is in it makes a
// healthy replica sick, then dead, also one that has reported before the queue
// was read.
func TestQueues(t *testing.T) {
	t.Parallel()
	var ready atomic.Int64
	ready.Store(10)
	broker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, password, _ := r.BasicAuth()
		if name != "pharos" || password != "s3cret" || r.URL.EscapedPath() != "/api/queues/%2F/jobs" {
			t.Errorf("%s asks for %s", name, r.URL)
			return
		}
		_, _ = fmt.Fprintf(w, `{"messages_ready": %d, "messages_unacknowledged": 2}`, ready.Load())
	}))
	t.Cleanup(broker.Close)
	config := fmt.Sprintf(`
reporter: {tokens: [{token: s3cret}]}
rabbitmq: {api_url: %q, username: pharos, password: s3cret, interval: 100ms, loaded_retry_delay: 10ms, ready_healthy_below: 20, ready_dead_above: 100}
services: [{id: web, nodes: [{id: app, mode: push, rabbitmq_queue: {name: jobs}}]}]
`, broker.URL)
	e := newExporter(t, config)
	run(t, e)
	require.Equal(t, http.StatusOK, reporter{t, e}.post("s3cret", "app", "1"))
	shows(t, e, `pharos_node_queue_messages{node="app",queue="jobs",service="web",state="ready"} 10`)
	shows(t, e, "pharos_replica_status", `status="healthy"} 1`)
	ready.Store(50)
	shows(t, e, "pharos_replica_status", `status="sick"} 1`)
	shows(t, e, `pharos_replica_failure_reason{node="app",reason="queue",replica="1",service="web"} 1`)
	ready.Store(101)
	shows(t, e, "pharos_replica_status", `status="dead"} 1`)
	_, page := ask(t, e.Handler(), http.MethodGet, "/", "")
	require.Contains(t, page, "101 messages are ready in queue jobs, dead above 100")
	ready.Store(0)
	shows(t, e, "pharos_replica_status", `status="healthy"} 1`)
	shows(t, e, `pharos_node_queue_messages{node="app",queue="jobs",service="web",state="unacknowledged"} 2`)

	client := e.rabbitmq.client
	require.NoError(t, e.Reload())
	require.Same(t, client, e.rabbitmq.client, "what stays goes on undisturbed")
	write(t, e.o.ConfigFile, strings.Replace(config, "username: pharos", "proxy_url: http://127.0.0.1:1, username: pharos", 1))
	require.NoError(t, e.Reload())
	require.NotSame(t, client, e.rabbitmq.client)
}
