// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"crypto/tls"
	"net"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

func records(t testing.TB, lines ...string) (out []dns.RR) {
	t.Helper()
	for _, line := range lines {
		rr, err := dns.NewRR(line)
		require.NoError(t, err)
		out = append(out, rr)
	}
	return out
}

// zone answers as the server of example.com does.
func zone(t testing.TB) dns.HandlerFunc {
	t.Helper()
	a := records(t, "example.com. 3600 IN A 127.0.0.1", "example.com. 3600 IN A 127.0.0.2")
	soa := records(t, "example.com. 3600 IN SOA ns.example.com. noc.example.com. 1000 7200 3600 1209600 3600")
	chaos := records(t, `example.com. 3600 CH TXT "goCHAOS"`)
	ns := records(t, "example.com. 7200 IN NS ns1.isp.net.", "example.com. 7200 IN NS ns2.isp.net.")
	extra := records(t, "ns1.isp.net. 7200 IN A 127.0.0.1", "ns1.isp.net. 7200 IN AAAA ::1", "ns2.isp.net. 7200 IN A 127.0.0.2")
	return func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		switch question := q.Question[0]; {
		case !q.RecursionDesired:
			m.Rcode = dns.RcodeRefused
		case question.Name != "example.com.":
			m.Rcode = dns.RcodeNameError
		case question.Qclass == dns.ClassCHAOS:
			m.Answer = chaos
		case question.Qtype == dns.TypeSOA:
			m.Answer, m.Ns, m.Extra = soa, ns, extra
		case question.Qtype == dns.TypeA, question.Qtype == dns.TypeANY:
			m.Answer, m.Ns, m.Extra = a, ns, extra
		}
		_ = w.WriteMsg(m)
	}
}

// serveDNS answers over UDP and TCP on one port.
func serveDNS(t testing.TB, udp, tcp dns.Handler) (addr string) {
	t.Helper()
	for range 100 { // a port that is free for one need not be for the other
		packets, err := net.ListenPacket("udp", "127.0.0.1:0")
		require.NoError(t, err)
		stream, err := net.Listen("tcp", packets.LocalAddr().String())
		if err != nil {
			_ = packets.Close()
			continue
		}
		activate(t, &dns.Server{PacketConn: packets, Handler: udp})
		activate(t, &dns.Server{Listener: stream, Handler: tcp})
		return packets.LocalAddr().String()
	}
	t.Fatal("no port is free for UDP and TCP")
	return ""
}

func activate(t testing.TB, s *dns.Server) {
	t.Helper()
	started, done := make(chan struct{}), make(chan struct{})
	s.NotifyStartedFunc = func() { close(started) }
	go func() {
		defer close(done)
		_ = s.ActivateAndServe()
	}()
	<-started
	t.Cleanup(func() {
		_ = s.Shutdown()
		<-done
	})
}

func newDNS(t testing.TB, o probe.DNSOptions) probe.Prober {
	t.Helper()
	p, err := probe.DNS(o)
	require.NoError(t, err)
	return p
}

func TestDNS(t *testing.T) {
	t.Parallel()
	addr := serveDNS(t, zone(t), zone(t))
	tests := map[string]struct {
		options probe.DNSOptions
		reason  status.Reason
		detail  string
		facts   probe.DNSFacts
	}{
		"as it comes": {probe.DNSOptions{Name: "example.com"}, status.None, "", probe.DNSFacts{Rcode: "NOERROR", Answer: 2, Authority: 2, Additional: 3}},
		"SOA":         {probe.DNSOptions{Name: "example.com", Type: "SOA"}, status.None, "", probe.DNSFacts{Rcode: "NOERROR", Answer: 1, Authority: 2, Additional: 3, SOA: true, Serial: 1000}},
		"class":       {probe.DNSOptions{Name: "example.com.", Type: "txt", Class: "CH"}, status.None, "", probe.DNSFacts{Rcode: "NOERROR", Answer: 1}},
		"no such name": {
			probe.DNSOptions{Name: "example.org"},
			status.DNS, "NXDOMAIN for example.org, want NOERROR",
			probe.DNSFacts{Rcode: "NXDOMAIN"},
		},
		"none wanted": {probe.DNSOptions{Name: "example.org", Rcodes: []string{"nxdomain", "SERVFAIL"}}, status.None, "", probe.DNSFacts{Rcode: "NXDOMAIN"}},
		"one though none wanted": {
			probe.DNSOptions{Name: "example.com", Rcodes: []string{"NXDOMAIN", "SERVFAIL"}},
			status.DNS, "want NXDOMAIN or SERVFAIL",
			probe.DNSFacts{Rcode: "NOERROR", Answer: 2, Authority: 2, Additional: 3},
		},
		"no recursion":  {probe.DNSOptions{Name: "example.com", NoRecursion: true}, status.DNS, "REFUSED", probe.DNSFacts{Rcode: "REFUSED"}},
		"nothing":       {probe.DNSOptions{Name: "example.com", Type: "MX"}, status.DNS, "no record of type MX", probe.DNSFacts{Rcode: "NOERROR"}},
		"nothing is OK": {probe.DNSOptions{Name: "example.com", Type: "MX", EmptyOK: true}, status.None, "", probe.DNSFacts{Rcode: "NOERROR"}},
		"rules": {
			probe.DNSOptions{Name: "example.com", Additional: probe.RecordRules{AlwaysOrEmpty: expressions("127[.]0[.]0")}},
			status.Body, "a record in the additional section does not match",
			probe.DNSFacts{Rcode: "NOERROR", Answer: 2, Authority: 2, Additional: 3},
		},
	}
	for name, test := range tests {
		for _, transport := range []string{"", "udp", "tcp"} {
			t.Run(name+" "+transport, func(t *testing.T) {
				t.Parallel()
				o := test.options
				o.Server, o.Transport = addr, transport
				r := result(t, newDNS(t, o), patience)
				v := probe.Limits{}.Judge(r)
				require.Equal(t, test.reason, v.Reason, v.Detail)
				require.Contains(t, v.Detail, test.detail)
				require.Positive(t, r.DNS.Request)
				require.Positive(t, r.DNS.Connect)
				got := *r.DNS
				got.Request, got.Connect = 0, 0
				want := test.facts
				want.Answered, want.Transport = true, "udp"
				if transport == "tcp" {
					want.Transport = "tcp"
				}
				require.Equal(t, want, got)
				require.Equal(t, "127.0.0.1", r.Addr.String())
			})
		}
	}
}

func TestDNSOverTLS(t *testing.T) {
	t.Parallel()
	server, client := tlsPair(t)
	l, err := tls.Listen("tcp", "127.0.0.1:0", server)
	require.NoError(t, err)
	activate(t, &dns.Server{Listener: l, Handler: zone(t)})
	o := probe.DNSOptions{Server: l.Addr().String(), Name: "example.com", OverTLS: true, TLS: client}
	r := result(t, newDNS(t, o), patience)
	require.NoError(t, r.Err)
	require.Equal(t, "tls", r.DNS.Transport)
	require.False(t, r.NotAfter.IsZero())

	o.TLS = nil
	requireFailure(t, verdict(t, newDNS(t, o), patience), status.Dead, status.TLS, "unknown authority")
	o.Server = serve(t, silence)
	requireFailure(t, verdict(t, newDNS(t, o), 50*time.Millisecond), status.Dead, status.Timeout, "TLS handshake")
}

func TestDNSTruncated(t *testing.T) {
	t.Parallel()
	cut := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.Truncated = true
		_ = w.WriteMsg(m)
	})
	addr := serveDNS(t, cut, zone(t))
	r := result(t, newDNS(t, probe.DNSOptions{Server: addr, Name: "example.com"}), patience)
	require.NoError(t, r.Err)
	require.Equal(t, "tcp", r.DNS.Transport)
	require.Equal(t, 2, r.DNS.Answer)
	require.False(t, r.DNS.Truncated)

	r = result(t, newDNS(t, probe.DNSOptions{Server: addr, Name: "example.com", Transport: "udp", EmptyOK: true}), patience)
	require.NoError(t, r.Err)
	require.True(t, r.DNS.Truncated)
}

func TestDNSOptionsRefused(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]probe.DNSOptions{
		`"a..b" is no domain name`:            {Name: "a..b"},
		`there is no type of query "X"`:       {Name: "a", Type: "X"},
		`there is no class of query "IP"`:     {Name: "a", Class: "IP"},
		`there is no response code "BAD"`:     {Name: "a", Rcodes: []string{"BAD"}},
		`it goes over udp or tcp`:             {Name: "a", Transport: "sctp"},
		`DNS can't go over "udp": it goes ov`: {Name: "a", Transport: "udp", OverTLS: true},
	} {
		_, err := probe.DNS(o)
		require.ErrorContains(t, err, want)
	}
}
