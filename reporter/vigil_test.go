// SPDX-License-Identifier: Apache-2.0

package reporter_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/reporter"
)

// vigilConfig is that of a Vigil with a node of each of the modes.
const vigilConfig = `
[server]
log_level = "warn"
inet = %q
workers = 1
manager_token = "manager"
reporter_token = "a+secret/token"

[assets]
path = %q

[branding]
page_title = "Test"
page_url = "http://localhost/"
company_name = "Test"
icon_color = "#1972F5"
icon_url = "http://localhost/icon.png"
logo_color = "#1972F5"
logo_url = "http://localhost/logo.svg"
website_url = "http://localhost/"
support_url = "mailto:support@localhost"
custom_html = ""

[metrics]
poll_interval = 120
poll_retry = 2
poll_http_status_healthy_above = 200
poll_http_status_healthy_below = 400
poll_delay_dead = 10
poll_delay_sick = 5
push_delay_dead = 20
push_system_cpu_sick_above = 0.90
push_system_ram_sick_above = 0.90
script_interval = 300
local_delay_dead = 40

[notify]
startup_notification = false
reminder_interval = 300

[probe]

[[probe.service]]
id = "web"
label = "Web"

[[probe.service.node]]
id = "sockets"
label = "Sockets"
mode = "push"

[[probe.service.node]]
id = "worker"
label = "Worker"
mode = "local"
`

// vigil starts the real one, and returns its URL.
func vigil(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("vigil")
	if err != nil {
		t.Skip("no program vigil: cargo install --locked vigil-server has one, tried with 1.29.0")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	dir := t.TempDir()
	for _, sub := range []string{"images", "fonts", "stylesheets", "javascripts"} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "public", sub), 0o755))
	}
	file := filepath.Join(dir, "config.cfg")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, vigilConfig, address, dir), 0o600))
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	command := exec.CommandContext(ctx, program, "--config", file)
	command.Stdout, command.Stderr = t.Output(), t.Output()
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		cancel()
		_ = command.Wait()
	})
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	}, 10*time.Second, 20*time.Millisecond)
	return "http://" + address
}

// replicas returns the status of the replicas of the nodes of a Vigil.
func replicas(t *testing.T, url string) map[string][]string {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(url + "/status/report")
	require.NoError(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	var page struct {
		Probes []struct {
			Nodes []struct {
				Name     string
				Replicas []string
			}
		}
	}
	require.NoError(t, json.Unmarshal(body, &page), string(body))
	found := map[string][]string{}
	for _, probe := range page.Probes {
		for _, node := range probe.Nodes {
			if len(node.Replicas) > 0 {
				found[node.Name] = node.Replicas
			}
		}
	}
	return found
}

// The library works with the server whose protocol it speaks.
func TestVigil(t *testing.T) {
	t.Parallel()
	url := vigil(t)
	options := reporter.Options{URL: url + "/", Token: "a+secret/token", Service: "web", Node: "sockets", Replica: "tcp://h 1+2"}
	push := options
	push.Load = func(context.Context) (reporter.Load, error) { return reporter.Load{CPU: 0.95, RAM: 0.5}, nil }
	push.Checks = map[string]reporter.Check{"a": good}
	local := options
	local.Mode, local.Node = reporter.Local, "worker"
	local.Checks = map[string]reporter.Check{"disk": fails("disk is full")}
	var all []*reporter.Reporter
	for _, o := range []reporter.Options{push, local} {
		r := start(t, o)
		require.Eventually(t, func() bool { return r.State().Endpoints[0].Reports == 1 }, 5*time.Second, 5*time.Millisecond, "%s", r)
		all = append(all, r)
	}
	becomes := func(want map[string][]string) {
		t.Helper()
		require.Eventually(t, func() bool { return cmp.Equal(want, replicas(t, url)) }, 30*time.Second, 100*time.Millisecond)
	}
	becomes(map[string][]string{"Sockets": {"sick"}, "Worker": {"dead"}})
	for _, r := range all {
		require.NoError(t, r.Stop(t.Context()))
	}
	becomes(map[string][]string{})

	client := reporter.Client{Endpoint: reporter.Endpoint{URL: url, Token: "a+secret/token"}}
	for code, change := range map[int]func(*reporter.Report){
		http.StatusNotFound:           func(r *reporter.Report) { r.Service = "none" },
		http.StatusPreconditionFailed: func(r *reporter.Report) { r.Node = "worker" },
		http.StatusBadRequest:         func(r *reporter.Report) { r.Load, r.Health = nil, reporter.Unknown },
	} {
		r := report()
		change(&r)
		var refused *reporter.StatusError
		require.ErrorAs(t, client.Report(t.Context(), r), &refused)
		require.Equal(t, code, refused.Code)
	}
	client.Endpoint.Token = "wrong"
	require.ErrorContains(t, client.Report(t.Context(), report()), "the server answered 40")
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}
