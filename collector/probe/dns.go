// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/pharos-status/pharos/internal/status"
)

// Bounds on what a server may send.
const (
	maxDatagram = 4096 // bytes; without EDNS a server sends no more than 512
	maxStrays   = 64   // datagrams that answer no question of ours
)

// DNSOptions say which server to ask for what, and what to expect.
type DNSOptions struct {
	Server string // host or host:port; the port is else 53, and 853 with OverTLS
	Name   string // to ask for; the final dot may be missing

	Type        string // such as AAAA; empty: A
	Class       string // empty: IN
	NoRecursion bool   // don't ask the server to ask others

	// Transport is udp, tcp or empty: udp, and tcp again if the answer was
	// truncated. With udp a truncated answer is taken as it is.
	Transport string
	OverTLS   bool        // DNS over TLS; Transport is then tcp or empty
	TLS       *tls.Config // nil: the machine's certificate authorities; not changed
	Dial      DialOptions

	Rcodes  []string // the healthy ones, such as NXDOMAIN; empty: NOERROR
	EmptyOK bool     // a NOERROR without a record in its answer is healthy

	Answer, Authority, Additional RecordRules
}

// DNSFacts are what was seen of an answer.
type DNSFacts struct {
	Connect time.Duration // until the connection stood, TLS included, the lookup of Server not
	Request time.Duration // from there to the answer; 0 if none came

	Answered  bool   // the server answered, whatever it said
	Rcode     string // such as NOERROR
	Truncated bool   // the answer that was judged did not fit
	Transport string // over which it came: udp, tcp or tls

	// How many records there are in each section.
	Answer, Authority, Additional int

	SOA    bool   // SOA was asked for, and the answer has one
	Serial uint32 // of the zone, if SOA
}

// What the log of a probe says of DNS.
const (
	eventAsked     = "asked"
	eventAnswered  = "answered"
	eventTruncated = "truncated, so asked again over TCP"
)

type dnsProbe struct {
	DNSOptions
	server      string
	kind, class uint16
	rcodes      []int
}

// DNS returns a Prober that asks one question. What the server answers is dead
// for reason dns if its code is not healthy or if it has nothing, and for reason
// body if its records break the rules.
func DNS(o DNSOptions) (Prober, error) {
	p := &dnsProbe{DNSOptions: o}
	var err error
	if _, ok := dns.IsDomainName(o.Name); !ok {
		return nil, fmt.Errorf("%q is no domain name", o.Name)
	}
	if p.kind, err = named(dns.StringToType, "type of query", cmp.Or(o.Type, "A")); err != nil {
		return nil, err
	}
	if p.class, err = named(dns.StringToClass, "class of query", cmp.Or(o.Class, "IN")); err != nil {
		return nil, err
	}
	for _, name := range o.Rcodes {
		rcode, err := named(dns.StringToRcode, "response code", name)
		if err != nil {
			return nil, err
		}
		p.rcodes = append(p.rcodes, rcode)
	}
	if len(p.rcodes) == 0 {
		p.rcodes = []int{dns.RcodeSuccess}
	}
	if !slices.Contains([]string{"", "udp", "tcp"}, o.Transport) || (o.OverTLS && o.Transport == "udp") {
		return nil, fmt.Errorf("DNS can't go over %q: it goes over udp or tcp, with TLS over tcp", o.Transport)
	}
	host, port := splitPort(o.Server, "53")
	if o.OverTLS {
		host, port = splitPort(o.Server, "853")
		p.TLS = withServerName(o.TLS, host)
	}
	p.server = net.JoinHostPort(host, port)
	return Func(p.probe), nil
}

// named looks up a name that DNS has for a number.
func named[N any](numbers map[string]N, what, name string) (N, error) {
	number, ok := numbers[strings.ToUpper(name)]
	if !ok {
		return number, fmt.Errorf("there is no %s %q", what, name)
	}
	return number, nil
}

// splitPort splits host:port, or a host that has none.
func splitPort(addr, fallback string) (host, port string) {
	if host, port, err := net.SplitHostPort(addr); err == nil {
		return host, port
	}
	return strings.TrimSuffix(strings.TrimPrefix(addr, "["), "]"), fallback
}

func (p *dnsProbe) probe(ctx context.Context, t *Trace) error {
	t.DNS = &DNSFacts{}
	network := cmp.Or(p.Transport, "udp")
	if p.OverTLS {
		network = "tcp"
	}
	answer, err := p.ask(ctx, t, network)
	if answer != nil && answer.Truncated && network == "udp" && p.Transport == "" {
		t.Event(eventTruncated, "")
		answer, err = p.ask(ctx, t, "tcp")
	}
	if err != nil {
		return err
	}
	p.note(t.DNS, answer)
	t.Event(eventAnswered, t.DNS.Rcode+", records: "+strconv.Itoa(t.DNS.Answer))
	return p.judge(ctx, answer)
}

// ask asks over a connection of its own. The answer may be there beside an error:
// then it is what could be read of it.
func (p *dnsProbe) ask(ctx context.Context, t *Trace, network string) (*dns.Msg, error) {
	start, looked := time.Now(), t.Lookup
	conn, err := p.Dial.dial(ctx, t, network, p.server)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	if network == "udp" {
		defer endWith(ctx, conn)()
	}
	t.DNS.Transport = network
	if p.OverTLS {
		secured, err := handshake(ctx, t, conn, p.TLS)
		if err != nil {
			return nil, err
		}
		conn, t.DNS.Transport = secured, "tls"
	}
	t.DNS.Connect = time.Since(start) - (t.Lookup - looked)
	t.Event(eventAsked, p.Name)
	start = time.Now()
	answer, err := p.exchange(conn, network == "udp")
	if err == nil {
		t.DNS.Request = time.Since(start)
	}
	return answer, err
}

func (p *dnsProbe) exchange(conn net.Conn, packets bool) (*dns.Msg, error) {
	query := &dns.Msg{
		MsgHdr:   dns.MsgHdr{Id: dns.Id(), RecursionDesired: !p.NoRecursion},
		Question: []dns.Question{{Name: dns.Fqdn(p.Name), Qtype: p.kind, Qclass: p.class}},
	}
	wire := &dns.Conn{Conn: conn, UDPSize: maxDatagram}
	if err := wire.WriteMsg(query); err != nil {
		return nil, exchangeError("send the query", err)
	}
	for range maxStrays {
		text, err := wire.ReadMsgHeader(nil)
		if err != nil {
			return nil, exchangeError("read the answer", err)
		}
		if binary.BigEndian.Uint16(text) == query.Id {
			return parseDNS(text)
		}
		if !packets {
			return nil, Failf(status.Protocol, "the answer has another id than the query")
		}
	}
	return nil, Failf(status.Protocol, "%d datagrams came, and none of them answers the query", maxStrays)
}

// parseDNS parses an answer. It returns what there is of one that it can't read.
func parseDNS(text []byte) (*dns.Msg, error) {
	answer := &dns.Msg{}
	if err := answer.Unpack(text); err != nil {
		return answer, Failf(status.Protocol, "read the answer of %d bytes: %w", len(text), err)
	}
	if !answer.Response {
		return answer, Failf(status.Protocol, "the server answered by a query")
	}
	return answer, nil
}

// note keeps what there is to know of an answer.
func (p *dnsProbe) note(facts *DNSFacts, answer *dns.Msg) {
	facts.Answered, facts.Truncated = true, answer.Truncated
	facts.Rcode = rcodeName(answer.Rcode)
	facts.Answer, facts.Authority, facts.Additional = len(answer.Answer), len(answer.Ns), len(answer.Extra)
	if p.kind != dns.TypeSOA {
		return
	}
	for _, record := range answer.Answer {
		if soa, ok := record.(*dns.SOA); ok {
			facts.SOA, facts.Serial = true, soa.Serial
		}
	}
}

func (p *dnsProbe) judge(ctx context.Context, answer *dns.Msg) error {
	if !slices.Contains(p.rcodes, answer.Rcode) {
		return Failf(status.DNS, "%s for %s, want %s", rcodeName(answer.Rcode), p.Name, p.wantedRcodes())
	}
	if !p.EmptyOK && answer.Rcode == dns.RcodeSuccess && len(answer.Answer) == 0 {
		return Failf(status.DNS, "no record of type %s for %s", dns.TypeToString[p.kind], p.Name)
	}
	for _, section := range []struct {
		name    string
		records []dns.RR
		rules   *RecordRules
	}{
		{"answer", answer.Answer, &p.Answer},
		{"authority", answer.Ns, &p.Authority},
		{"additional", answer.Extra, &p.Additional},
	} {
		if err := section.rules.check(ctx, section.name, section.records); err != nil {
			return err
		}
	}
	return nil
}

func (p *dnsProbe) wantedRcodes() string {
	var names []string
	for _, rcode := range p.rcodes {
		names = append(names, rcodeName(rcode))
	}
	return strings.Join(names, " or ")
}

func rcodeName(rcode int) string {
	return cmp.Or(dns.RcodeToString[rcode], "RCODE"+strconv.Itoa(rcode))
}
