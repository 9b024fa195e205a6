// SPDX-License-Identifier: Apache-2.0

package xmpp

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
	"github.com/xdg-go/scram"
)

func TestOrdered(t *testing.T) {
	t.Parallel()
	all := func() []target {
		return []target{
			{address: "last", priority: 20, weight: 65535},
			{address: "a", priority: 10, weight: 1},
			{address: "b", priority: 10, weight: 3, direct: true},
			{address: "none", priority: 10},
		}
	}
	first := map[string]int{}
	for drawn := range 5 { // all that can be drawn for the first one
		got := ordered(all(), func(n int) int {
			if n == 5 {
				return drawn
			}
			return n - 1
		})
		require.Len(t, got, 4)
		require.Equal(t, "last", got[3].address)
		first[got[0].address]++
	}
	require.Equal(t, map[string]int{"none": 1, "a": 1, "b": 3}, first)
	require.Empty(t, ordered(nil, func(int) int { return 0 }))
}

// resolver serves DNS on loopback. The names of hosts all lead to 127.0.0.1.
func resolver(t *testing.T, records ...string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	started := make(chan struct{})
	server := &dns.Server{PacketConn: conn, NotifyStartedFunc: func() { close(started) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		answer := new(dns.Msg).SetReply(q)
		question := q.Question[0]
		for _, text := range records {
			if r, err := dns.NewRR(text); err != nil {
				t.Error(err)
			} else if r.Header().Name == question.Name && r.Header().Rrtype == question.Qtype {
				answer.Answer = append(answer.Answer, r)
			}
		}
		if len(answer.Answer) == 0 && !strings.Contains(question.Name, "_") && question.Qtype == dns.TypeA {
			answer.Answer = append(answer.Answer, &dns.A{Hdr: dns.RR_Header{Name: question.Name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.IPv4(127, 0, 0, 1)})
		} else if len(answer.Answer) == 0 {
			answer.Rcode = dns.RcodeNameError
		}
		_ = w.WriteMsg(answer)
	})}
	ended := make(chan error, 1)
	go func() { ended <- server.ActivateAndServe() }()
	<-started
	t.Cleanup(func() {
		require.NoError(t, server.Shutdown())
		require.NoError(t, <-ended)
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func TestTargets(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		records []string
		want    []target
		err     string
	}{
		"none": {nil, []target{{address: "example.test:5222"}}, ""},
		"both": {
			[]string{
				"_xmpp-client._tcp.example.test. SRV 20 1 5222 b.example.test.",
				"_xmpps-client._tcp.example.test. SRV 10 1 443 a.example.test.",
				"_xmpps-client._tcp.example.test. SRV 30 0 5223 c.example.test.",
			},
			[]target{{"a.example.test:443", true, 10, 1}, {"b.example.test:5222", false, 20, 1}, {"c.example.test:5223", true, 30, 0}},
			"",
		},
		"no direct TLS": {
			[]string{"_xmpps-client._tcp.example.test. SRV 0 0 0 .", "_xmpp-client._tcp.example.test. SRV 5 0 5222 a.example.test."},
			[]target{{"a.example.test:5222", false, 5, 0}},
			"",
		},
		"no direct TLS, and nothing else": {
			[]string{"_xmpps-client._tcp.example.test. SRV 0 0 0 ."},
			[]target{{address: "example.test:5222"}},
			"",
		},
		"direct TLS only": {
			[]string{"_xmpp-client._tcp.example.test. SRV 0 0 0 .", "_xmpps-client._tcp.example.test. SRV 5 0 5223 a.example.test."},
			[]target{{"a.example.test:5223", true, 5, 0}},
			"",
		},
		"not at all": {[]string{"_xmpp-client._tcp.example.test. SRV 0 0 0 ."}, nil, "example.test says by DNS that it has no XMPP server"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &Client{o: Options{JID: mustJID(t, "pharos@example.test"), Resolver: resolver(t, test.records...)}}
			got, err := c.targets(within(t, 10*time.Second))
			if test.err != "" {
				require.EqualError(t, err, test.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}

// TestFailover finds the server by DNS, and goes on to the next one where nobody
// listens, where nobody answers, and where somebody else answers.
func TestFailover(t *testing.T) {
	t.Parallel()
	good := newFake(t, func(v *visit) {
		v.secure()
		v.login(mechanismList("SCRAM-SHA-256"), scram.ChannelBinding{})
		v.bind()
		v.hear()
	})
	foreign := newFake(t, func(v *visit) { v.secure() })
	silent := newFake(t, func(v *visit) { _, _ = io.Copy(io.Discard, v) })
	record := func(service string, priority int, address string) string {
		_, port, _ := net.SplitHostPort(address)
		return fmt.Sprintf("_%s._tcp.example.test. SRV %d 0 %s host.example.test.", service, priority, port)
	}
	c := good.client(t, func(o *Options) {
		o.Server = ""
		o.Resolver = resolver(t,
			record("xmpp-client", 1, "127.0.0.1:1"), record("xmpps-client", 2, foreign.address),
			record("xmpps-client", 3, silent.address), record("xmpps-client", 4, good.address))
	})
	s, err := c.connect(within(t, 4*time.Second))
	require.NoError(t, err)
	s.close()
	require.Equal(t, 1, foreign.accepted())
	require.Equal(t, 1, silent.accepted())
}

// TestALPN tells a server that speaks several protocols which one is wanted, where
// TLS comes first.
func TestALPN(t *testing.T) {
	t.Parallel()
	for direct, want := range map[bool]string{true: "xmpp-client", false: ""} {
		got := make(chan string, 1)
		f := newFake(t, func(v *visit) {
			if !direct {
				v.begin("<starttls xmlns='" + nsTLS + "'/>")
				v.hear()
				v.say("<proceed xmlns='%s'/>", nsTLS)
			}
			got <- v.secure().NegotiatedProtocol
		})
		require.Error(t, chat(t, f.client(t, func(o *Options) { o.DirectTLS = direct })))
		require.Equal(t, want, <-got)
	}
}
