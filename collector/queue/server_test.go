// SPDX-License-Identifier: Apache-2.0

package queue_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/queue"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
)

// The programs of Debian's package. What it has in its PATH is a wrapper that
// insists on a user of its own.
const rabbitMQ = "/usr/lib/rabbitmq/bin/rabbitmq-server"

// patience bounds every wait for the server. It says nothing of speed.
const patience = 2 * time.Minute

// TestRealServer reads queues of a RabbitMQ as it is installed.
func TestRealServer(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes some 15 s to start")
	}
	api := startRabbitMQ(t)
	api.call(t, http.MethodPut, "/api/vhosts/%2Fapp", `{}`)
	api.call(t, http.MethodPut, "/api/permissions/%2Fapp/guest", `{"configure":".*","write":".*","read":".*"}`)
	api.call(t, http.MethodPut, "/api/queues/%2Fapp/client%2Fin", `{"durable":false}`)

	store, err := state.Open(state.Options{Path: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	limits := state.QueueLimits{Name: "client/in", Interval: 100 * time.Millisecond, ReadyHealthyBelow: 2, ReadyDeadAbove: 4}
	sockets, none := status.NodeID{Service: "web", Node: "sockets"}, status.NodeID{Service: "web", Node: "none"}
	missing := limits
	missing.Name = "none"
	store.Configure([]state.Node{
		{ID: sockets, Mode: state.Push, DeadAfter: time.Hour, CPUSickAbove: 1, RAMSickAbove: 1, Queue: &limits},
		{ID: none, Mode: state.Push, DeadAfter: time.Hour, CPUSickAbove: 1, RAMSickAbove: 1, Queue: &missing},
	})
	require.NoError(t, store.Report(sockets.Replica("a"), state.Report{Interval: time.Hour, Load: &state.Load{}}))

	failed := make(chan error, 1)
	reader := queue.New(queue.Options{Logger: slog.New(slog.DiscardHandler), Record: func(id status.NodeID, q state.Queue) {
		store.Queue(id, q)
		if id == none && q.Err != nil {
			select {
			case failed <- q.Err:
			default:
			}
		}
	}})
	reader.Update(queue.Settings{
		API:    queue.API{URL: api.url, Username: "guest", Password: "guest", VirtualHost: "/app", LoadedRetryDelay: 10 * time.Millisecond},
		Queues: []queue.Queue{{Node: sockets, Limits: limits}, {Node: none, Limits: missing}},
	})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = reader.Run(ctx) })
	defer wg.Wait()
	defer cancel()

	become := func(want status.Status, reason status.Reason) {
		t.Helper()
		require.Eventually(t, func() bool {
			r := store.Snapshot(time.Now())[0]
			return r.Status == want && r.Reason == reason
		}, patience, 50*time.Millisecond)
	}
	become(status.Healthy, status.None)
	api.publish(t, 2)
	become(status.Sick, status.Queue)
	api.publish(t, 3)
	become(status.Dead, status.Queue)
	require.Equal(t, 5, store.Queues(time.Now())[0].Ready)
	require.Len(t, store.Queues(time.Now()), 1)
	api.call(t, http.MethodDelete, "/api/queues/%2Fapp/client%2Fin/contents", "")
	become(status.Healthy, status.None)
	require.EqualError(t, <-failed, `RabbitMQ has no queue "none" in the virtual host "/app"; check both names, and that the URL is that of its management API`)
}

// An api is the management API of a server, asked as an administrator.
type api struct{ url string }

func (a api) do(ctx context.Context, method, path, body string) (int, string, error) {
	r, err := http.NewRequestWithContext(ctx, method, a.url+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	r.Close = true
	r.SetBasicAuth("guest", "guest")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text), err
}

func (a api) call(t *testing.T, method, path, body string) {
	t.Helper()
	code, text, err := a.do(t.Context(), method, path, body)
	require.NoError(t, err)
	require.Equal(t, 2, code/100, "%d %s", code, text)
}

func (a api) publish(t *testing.T, n int) {
	t.Helper()
	for range n {
		a.call(t, http.MethodPost, "/api/exchanges/%2Fapp/amq.default/publish",
			`{"properties":{},"routing_key":"client/in","payload":"hello","payload_encoding":"string"}`)
	}
}

// startRabbitMQ starts a server of its own, with all that it needs in a folder
// of the test, and its own port mapper, which it would else leave behind.
func startRabbitMQ(t *testing.T) api {
	t.Helper()
	program := testkit.Program(t, rabbitMQ)
	mapper := testkit.Program(t, "epmd")
	folder := t.TempDir()
	port := func() string {
		_, port, err := net.SplitHostPort(testkit.FreePort(t))
		require.NoError(t, err)
		return port
	}
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	management, epmd := port(), port()
	config := file("rabbitmq.conf", "collect_statistics_interval = 200\nmanagement.tcp.ip = 127.0.0.1\nmanagement.tcp.port = "+management+"\n")
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "LANG=C.UTF-8",
		"ERL_EPMD_PORT=" + epmd, "ERL_EPMD_ADDRESS=127.0.0.1",
		"RABBITMQ_NODENAME=pharos-" + management + "@localhost", "RABBITMQ_NODE_IP_ADDRESS=127.0.0.1",
		"RABBITMQ_NODE_PORT=" + port(), "RABBITMQ_DIST_PORT=" + port(),
		"RABBITMQ_MNESIA_BASE=" + folder, "RABBITMQ_LOG_BASE=" + folder, "RABBITMQ_GENERATED_CONFIG_DIR=" + folder,
		"RABBITMQ_PID_FILE=" + filepath.Join(folder, "pid"), "RABBITMQ_CONF_ENV_FILE=" + file("env.conf", ""),
		"RABBITMQ_CONFIG_FILE=" + config, "RABBITMQ_ENABLED_PLUGINS_FILE=" + file("plugins", "[rabbitmq_management].\n"),
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}",
	}
	startProgram(t, env, mapper, "-port", epmd, "-address", "127.0.0.1")
	ended, output := startProgram(t, env, program)

	a := api{url: "http://127.0.0.1:" + management}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for {
		if code, _, err := a.do(ctx, http.MethodGet, "/api/overview", ""); err == nil && code == http.StatusOK {
			return a
		}
		select {
		case <-again.C:
		case <-ended:
			t.Fatalf("the server has ended:\n%s", output())
		case <-ctx.Done():
			t.Fatalf("the server does not answer:\n%s", output())
		}
	}
}

// startProgram starts a program, which is ended by its process ID with the test.
func startProgram(t *testing.T, env []string, name string, args ...string) (ended <-chan struct{}, output func() string) {
	t.Helper()
	var mu sync.Mutex
	var out bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Env = env
	cmd.Stdout = writer(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return out.Write(p)
	})
	cmd.Stderr = cmd.Stdout
	cmd.WaitDelay = time.Second // for helpers of the server that hold its output
	require.NoError(t, cmd.Start())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-done:
		case <-time.After(patience / 4):
			_ = cmd.Process.Kill()
			<-done
		}
	})
	return done, func() string {
		mu.Lock()
		defer mu.Unlock()
		return fmt.Sprint(cmd, "\n", out.String())
	}
}

type writer func(p []byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }
