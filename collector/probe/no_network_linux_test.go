// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"context"
	"net"
	"net/netip"
	"os"
	"testing"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// useResolver has names looked up at addr. It is for tests that are alone in their
// process.
func useResolver(t *testing.T, addr string) {
	t.Helper()
	before := net.DefaultResolver
	t.Cleanup(func() { net.DefaultResolver = before })
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, addr)
	}}
}

// nameServer answers questions for addresses with those that it is given.
func nameServer(t *testing.T, addrs ...string) (addr string) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	server := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		for _, addr := range addrs {
			kind := "A"
			if netip.MustParseAddr(addr).Is6() {
				kind = "AAAA"
			}
			if kind != dns.TypeToString[q.Question[0].Qtype] {
				continue
			}
			rr, err := dns.NewRR(q.Question[0].Name + " 1 IN " + kind + " " + addr)
			if err == nil {
				m.Answer = append(m.Answer, rr)
			}
		}
		_ = w.WriteMsg(m)
	})}
	go func() { _ = server.ActivateAndServe() }()
	t.Cleanup(func() { _ = server.Shutdown() })
	return conn.LocalAddr().String()
}

// every returns a prober of each kind that connects to host.
func every(t *testing.T, host string) map[string]probe.Prober {
	t.Helper()
	at := host
	if ip, err := netip.ParseAddr(host); err == nil && ip.Is6() {
		at = "[" + host + "]"
	}
	u := parse(t, "http://"+at+":81/")
	pinger := probe.NewPinger()
	return map[string]probe.Prober{
		"tcp":        probe.TCP(probe.TCPOptions{Addr: at + ":81"}),
		"dialogue":   probe.TCP(probe.TCPOptions{Addr: at + ":81", Conversation: []probe.Exchange{{Send: "x"}}}),
		"http":       probe.HTTP(probe.HTTPOptions{URL: u}),
		"redirected": probe.HTTP(probe.HTTPOptions{URL: u, FollowRedirects: true}),
		"http3":      probe.HTTP(probe.HTTPOptions{URL: parse(t, "https://"+at+":81/"), HTTP3: true}),
		"grpc":       probe.GRPC(probe.GRPCOptions{Addr: at + ":81"}),
		"ssh":        probe.SSH(probe.SSHOptions{Addr: at + ":81"}),
		"icmp":       pinger.ICMP(probe.ICMPOptions{Host: host}),
	}
}

// TestNoRoute keeps that a machine that has lost its network calls nobody dead.
func TestNoRoute(t *testing.T) { //nolint:paralleltest // it runs alone in a process
	if !alone(t, "link set lo up") {
		return
	}
	for _, host := range []string{"192.0.2.1", "2001:db8::1"} {
		for name, p := range every(t, host) {
			t.Log(name, host)
			requireFailure(t, verdict(t, p, patience), status.Unknown, status.Connect, "this machine has no route to the target")
		}
	}
	useResolver(t, nameServer(t, "192.0.2.1", "2001:db8::1"))
	for name, p := range every(t, "both.example") {
		t.Log(name, "by name")
		requireFailure(t, verdict(t, p, patience), status.Unknown, status.Connect, "this machine has no route to the target")
	}
}

// TestNoResolver keeps that a name that can't be looked up is not called dead.
func TestNoResolver(t *testing.T) { //nolint:paralleltest // it runs alone in a process
	if !alone(t, "link set lo up") {
		return
	}
	for resolver, cause := range map[string]string{"192.0.2.53:53": "network is unreachable", refused: "connection refused"} {
		useResolver(t, resolver)
		for name, p := range every(t, "name.example") {
			t.Log(name, resolver)
			v := verdict(t, p, patience)
			requireFailure(t, v, status.Unknown, status.DNS, "this machine can't ask its resolver")
			require.Contains(t, v.Detail, cause)
		}
	}
}

// TestOneRoute keeps that a target is judged by the addresses that the machine has
// a way to.
func TestOneRoute(t *testing.T) { //nolint:paralleltest // it runs alone in a process
	if !alone(t, "link set lo up") {
		return
	}
	useResolver(t, nameServer(t, "2001:db8::1", "127.0.0.1"))
	for name, p := range every(t, "both.example") {
		t.Log(name)
		v := verdict(t, p, patience)
		if name == "icmp" {
			require.Equal(t, status.Healthy, v.Status, v.Detail)
			continue
		}
		require.Equal(t, status.Dead, v.Status, v.Detail)
	}
}

// TestUnreachable tells what this machine knows of a target from what its network
// says of it.
func TestUnreachable(t *testing.T) { //nolint:paralleltest // it runs alone in a process
	if !alone(t, `link set lo up
		link add pharos0 type veth peer name pharos1
		addr add 192.0.2.1/24 dev pharos0
		link set pharos0 up
		link set pharos1 up
		route add unreachable 198.51.100.0/24`) {
		return
	}
	require.NoError(t, os.WriteFile("/proc/sys/net/ipv4/neigh/pharos0/retrans_time_ms", []byte("50"), 0))
	for name, host := range map[string]string{"tcp": "192.0.2.7", "dialogue": "192.0.2.7", "http": "192.0.2.7"} {
		requireFailure(t, verdict(t, every(t, host)[name], patience), status.Dead, status.Connect, "no route to host")
	}
	for _, name := range []string{"tcp", "dialogue", "http", "redirected", "icmp"} {
		requireFailure(t, verdict(t, every(t, "198.51.100.1")[name], patience), status.Unknown, status.Connect, "this machine has no route")
	}
}
