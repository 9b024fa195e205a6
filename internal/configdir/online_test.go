// SPDX-License-Identifier: Apache-2.0

package configdir_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/configdir"
)

// network is one in which some names fail; it remembers what it was asked.
type network struct {
	mu     sync.Mutex
	asked  map[string]int
	broken func(name string) error
}

func (n *network) ask(ctx context.Context, name string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.asked == nil {
		n.asked = map[string]int{}
	}
	n.asked[name]++
	return n.broken(name)
}

func onlineOf(ctx context.Context, dir string, n *network) (all []string) {
	for _, w := range configdir.Online(ctx, dir, configdir.Asker{Lookup: n.ask, Dial: n.ask}) {
		all = append(all, strings.ReplaceAll(w.Error(), dir+"/", ""))
	}
	return all
}

func TestHostsAndServers(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"exporter.yml": `relay: {url: "https://master.example.com/", token: hunter2}
modules: {other: {prober: tcp}}
services:
  - id: web
    nodes:
      - {id: site, mode: poll, replicas: ["https://good.example.com/", "http://bad.example.com/a", "tcp://bad.example.com:80", "icmp://192.0.2.1", "tcp://[::1]:80"]}
      - {id: other, mode: poll, module: other, replicas: ["bad.example.com:99", "good.example.com:80"]}
      - {id: script, mode: script, scripts: ["exit 0"]}
`,
		"statuspage.yml": "prometheus: {url: 'http://127.0.0.1:9090'}\nbranding: {website_url: 'https://link.example.com'}\nsubscribers: {email: {smarthost: 'mail.example.com:587', from: 'a@example.com'}}\n",
		"bridge.yml":     "channels: [{name: a, gotify: {url: 'http://gotify.example.com', tokens: [{name: a, token: a}]}}, {name: b, vigil: {url: 'http://v.example.com/${HOME}'}}]\n",
		"alertmanager.yml": "global: {smtp_smarthost: 'mail.example.com:587', smtp_from: a@example.com}\nroute: {receiver: a}\nreceivers:\n- name: a\n  email_configs: [{to: a@example.com}]\n" +
			"  webhook_configs: [{url: 'http://127.0.0.1:9642/bridge/v1/a'}, {url: 'http://{{ .Receiver }}.example.com'}, {url: 'https://hook.example.com/secret'}]\n",
		"prometheus.yml": "remote_write: [{url: 'http://mimir.example.com:9009/api/v1/push'}]\n",
		"alerting.yml":   "grafana_url: http://grafana.example.com\n",
	})
	require.NoError(t, configdir.Errors(configdir.All(dir)))
	refused := &net.OpError{Op: "dial", Err: errors.New("connect: connection refused")}
	n := &network{broken: func(name string) error {
		switch {
		case name == "bad.example.com":
			return fmt.Errorf("look it up: %w", &net.DNSError{Err: "no such host", Name: name})
		case strings.HasPrefix(name, "mail."), strings.HasPrefix(name, "hook."):
			return refused
		}
		return nil
	}}
	require.Equal(t, []string{
		"exporter.yml: web/site and 2 more: no address of bad.example.com is found: no such host",
		"alertmanager.yml:6: receivers[0].webhook_configs[2].url: no server answers at hook.example.com:443: connect: connection refused",
		"statuspage.yml:3: subscribers.email.smarthost and 1 more: no server answers at mail.example.com:587: connect: connection refused",
	}, onlineOf(t.Context(), dir, n))
	require.Equal(t, map[string]int{
		"good.example.com": 1, "bad.example.com": 1, "master.example.com:443": 1, "127.0.0.1:9090": 1, "mail.example.com:587": 1,
		"gotify.example.com:80": 1, "hook.example.com:443": 1, "mimir.example.com:9009": 1,
	}, n.asked)
}

// fleet is an exporter.yml with so many hosts, each with two replicas.
func fleet(hosts int) string {
	var b strings.Builder
	b.WriteString("services:\n- id: web\n  nodes:\n  - id: site\n    mode: poll\n    replicas:\n")
	for i := range hosts {
		fmt.Fprintf(&b, "    - http://h%04d.example.com/a\n    - http://h%04d.example.com/b\n", i, i)
	}
	return b.String()
}

func TestManyHostsAreToldBriefly(t *testing.T) {
	t.Parallel()
	n := &network{broken: func(string) error { return errors.New("no such host") }}
	all := onlineOf(t.Context(), folder(t, map[string]string{"exporter.yml": fleet(500)}), n)
	require.Len(t, all, 21)
	require.Equal(t, "exporter.yml: web/site and 1 more: no address of h0000.example.com is found: no such host", all[0])
	require.Equal(t, "480 more are like that, of 500", all[20])
	require.Len(t, n.asked, 500)
}

func TestASilentNetworkIsNotAskedForEver(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"exporter.yml": fleet(1000)})
	synctest.Test(t, func(t *testing.T) {
		silent := func(ctx context.Context, _ string) error {
			<-ctx.Done()
			return fmt.Errorf("look it up: %w", ctx.Err())
		}
		ctx, cancel := context.WithTimeout(t.Context(), 58*time.Second)
		defer cancel()
		began := time.Now()
		all := configdir.Online(ctx, dir, configdir.Asker{Lookup: silent})
		require.Equal(t, 58*time.Second, time.Since(began))
		require.Len(t, all, 22)
		require.EqualError(t, all[20], "332 more are like that, of 1000")
		require.EqualError(t, all[21], "there was no time to ask for 648 of 1000, such as h0352.example.com")
	})
}

func TestTheRealNetwork(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	dir := folder(t, map[string]string{
		"exporter.yml":   "services: [{id: a, nodes: [{id: b, mode: poll, replicas: ['http://localhost/']}]}]\n",
		"statuspage.yml": "prometheus: {url: 'http://" + l.Addr().String() + "'}\nalertmanager: {url: 'http://127.0.0.1:1'}\n",
	})
	all := configdir.Online(t.Context(), dir, configdir.Asker{})
	require.Len(t, all, 1)
	require.EqualError(t, all[0], dir+"/statuspage.yml:2: alertmanager.url: no server answers at 127.0.0.1:1: connect: connection refused")
}
