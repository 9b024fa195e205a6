// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
)

const (
	waiting = 30 * time.Second      // with what is to happen; it says nothing of speed
	pause   = 20 * time.Millisecond // between two looks
)

// shows waits until what is exposed contains all of the lines' parts.
func shows(t *testing.T, e *Exporter, parts ...string) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, text := ask(t, e.Metrics(), http.MethodGet, "/metrics", "")
		return len(series(text, parts...)) > 0
	}, waiting, pause, "%v", parts)
}

// TestServiceFiles has a file come, change, be wrong, go and come back while the
// exporter runs.
func TestServiceFiles(t *testing.T) {
	t.Parallel()
	e := newExporter(t, "service_files: [services/*.yml]\nservices: [{id: web, nodes: [{id: api, mode: push}]}]")
	folder := filepath.Join(filepath.Dir(e.o.ConfigFile), "services")
	require.NoError(t, os.Mkdir(folder, 0o755))
	run(t, e)
	file := func(text string) { write(t, filepath.Join(folder, "more.yml"), text) }
	const info = "pharos_node_info"

	file("services: [{id: more, nodes: [{id: first, mode: push}]}]")
	shows(t, e, info, `node="first"`, `service_position="1"`)
	file("services: [{id: more, nodes: [{id: first, mode: push}, {id: second, mode: push}]}]")
	shows(t, e, info, `node="second"`)
	file("services: [{id: web, nodes: [{id: first, mode: push}]}]")
	shows(t, e, "pharos_exporter_config_last_reload_successful 0")
	shows(t, e, info, `node="second"`)
	file("services: [{id: more, nodes: [{id: third, mode: push}]}]")
	shows(t, e, info, `node="third"`)
	shows(t, e, "pharos_exporter_config_last_reload_successful 1")

	require.NoError(t, os.RemoveAll(folder))
	shows(t, e, "pharos_exporter_config_last_reload_successful 0")
	shows(t, e, info, `node="third"`)
	require.EqualError(t, e.Reload(), e.o.ConfigFile+":1: service_files[0]: no file matches "+folder+
		"/*.yml any more (before: 1), so all stays as it was; bring the files back (an empty one will do), or remove the pattern")
	require.NoError(t, os.Mkdir(folder, 0o755))
	file("")
	require.Eventually(t, func() bool {
		_, text := ask(t, e.Metrics(), http.MethodGet, "/metrics", "")
		return len(series(text, info)) == 1
	}, waiting, pause)
}

// An inventory tells of targets over HTTP.
type inventory struct {
	mu      sync.Mutex
	groups  []group
	code    int
	answers int
}

type group struct {
	Targets []string          `json:"targets"`
	Labels  map[string]string `json:"labels"`
}

func newInventory(t *testing.T) (i *inventory, config string) {
	t.Helper()
	i = &inventory{code: http.StatusOK}
	server := httptest.NewServer(i)
	t.Cleanup(server.Close)
	return i, fmt.Sprintf("http_sd_configs: [{url: %q, refresh_interval: 1s}]\n", server.URL)
}

func (i *inventory) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.answers++
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(i.code)
	_ = json.NewEncoder(w).Encode(i.groups) // the client is gone if this fails
}

// change changes the inventory, and returns once it has been asked after that.
func (i *inventory) change(t *testing.T, how func()) {
	t.Helper()
	i.mu.Lock()
	how()
	before := i.answers
	i.mu.Unlock()
	require.Eventually(t, func() bool {
		i.mu.Lock()
		defer i.mu.Unlock()
		return i.answers > before+1 // the one before that has been taken
	}, waiting, pause)
}

func TestTargetsOfAnInventory(t *testing.T) {
	t.Parallel()
	inv, config := newInventory(t)
	port := serveTCP(t, func(net.Conn) {})
	inv.groups = []group{
		{[]string{"tcp://" + port}, map[string]string{"__service": "found", "__node": "ports", "__service_label": "Found", "__interval": "100ms", "__timeout": "10s"}},
		{[]string{port}, map[string]string{"__service": "found", "__node": "module", "__service_label": "Found", "__module": "tcp_connect", "__interval": "100ms"}},
		{[]string{"x"}, map[string]string{"__service": "web", "__node": "pushed", "__mode": "push"}},
		{[]string{"ftp://nowhere", "tcp://nowhere"}, map[string]string{"__service": "found", "__node": "ports"}},
	}
	e := newExporter(t, config+"reporter: {tokens: [{token: s3cret}]}\nservices: [{id: web, nodes: [{id: api, mode: push}]}]")
	run(t, e)
	shows(t, e, "pharos_replica_status", `node="ports"`, `status="healthy"} 1`)
	shows(t, e, "pharos_replica_status", `node="module",replica="`+port+`"`, `status="healthy"} 1`)
	shows(t, e, "pharos_node_info", `node="ports"`, `service_label="Found"`, `service_position="1"`)
	shows(t, e, "pharos_exporter_discovery_rejected_targets 2")
	require.Equal(t, http.StatusOK, reporter{t, e}.post("s3cret", "pushed", "1"))

	inv.change(t, func() { inv.code = http.StatusInternalServerError })
	shows(t, e, `pharos_exporter_discovery_requests_total{result="failure"`)
	shows(t, e, "pharos_replica_status", `node="ports"`, `status="healthy"} 1`)
	inv.change(t, func() { inv.code, inv.groups = http.StatusOK, inv.groups[2:3] })
	shows(t, e, "pharos_exporter_discovery_rejected_targets 0")
	_, text := ask(t, e.Metrics(), http.MethodGet, "/metrics", "")
	require.Empty(t, series(text, `service="found"`))
	require.Len(t, series(text, "pharos_replica_status", `node="pushed",replica="1"`, `status="healthy"} 1`), 1)
}

// TestOneMoreTarget adds one target to ten thousand. Every other job goes on as it
// is (the scheduler knows it by its address), and keeps its history.
func TestOneMoreTarget(t *testing.T) {
	t.Parallel()
	const targets = 10_000
	inv, config := newInventory(t)
	for i := range targets {
		inv.groups = append(inv.groups, group{
			[]string{fmt.Sprintf("tcp://192.0.2.%d:%d", i%250+1, 1000+i/250)},
			map[string]string{"__service": fmt.Sprintf("s%d", i%100), "__node": fmt.Sprintf("n%d", i%1000)},
		})
	}
	e := newExporter(t, config)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- e.found.Run(ctx) }() // and nothing else: no probe changes the history
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	jobs := func() map[status.ID]plannedJob { return e.current().jobs }
	require.Eventually(t, func() bool { return len(jobs()) == targets }, waiting, pause)
	before := jobs()
	for id := range before {
		e.outcome(id, nil, time.Second)
	}
	history := map[status.ID]state.Replica{}
	for _, r := range e.store.Snapshot(time.Now()) {
		history[r.ID] = r
	}
	require.Len(t, history, targets)

	inv.change(t, func() {
		inv.groups = append([]group{{[]string{"tcp://192.0.2.1:1"}, inv.groups[0].Labels}}, inv.groups...)
	})
	require.Eventually(t, func() bool { return len(jobs()) == targets+1 }, waiting, pause)
	after := jobs()
	for id, j := range before {
		require.Same(t, j.Job, after[id].Job, id)
	}
	for _, r := range e.store.Snapshot(time.Now()) {
		old, had := history[r.ID]
		if had {
			require.Equal(t, old, r)
		} else {
			require.Equal(t, status.Unknown, r.Status)
		}
	}
	_, text := ask(t, e.Metrics(), http.MethodGet, "/metrics", "")
	require.Len(t, series(text, "pharos_replica_latency_seconds_count", "} 1"), targets)
}

// TestDiscoveredNodesOutliveARestart starts an exporter again whose inventory has
// gone away meanwhile.
func TestDiscoveredNodesOutliveARestart(t *testing.T) {
	t.Parallel()
	inv, config := newInventory(t)
	inv.groups = []group{{[]string{"x"}, map[string]string{"__service": "web", "__node": "app", "__mode": "push"}}}
	o := options(t, config+"reporter: {tokens: [{token: s3cret}]}")
	begin := func() (e *Exporter, end func()) {
		e, err := New(o)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- e.Run(ctx) }()
		return e, func() { cancel(); require.NoError(t, <-done) }
	}
	e, end := begin()
	shows(t, e, "pharos_node_info", `node="app"`)
	require.Equal(t, http.StatusOK, reporter{t, e}.post("s3cret", "app", "1"))
	end()

	inv.mu.Lock()
	inv.code = http.StatusBadGateway
	inv.mu.Unlock()
	e, end = begin()
	defer end()
	_, text := ask(t, e.Metrics(), http.MethodGet, "/metrics", "")
	require.Len(t, series(text, "pharos_replica_status", `replica="1"`, `status="healthy"} 1`), 1)
	require.Equal(t, http.StatusOK, reporter{t, e}.post("s3cret", "app", "2"))
	inv.change(t, func() {})
	require.Equal(t, http.StatusOK, reporter{t, e}.post("s3cret", "app", "2"))
}
