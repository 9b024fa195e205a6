// SPDX-License-Identifier: Apache-2.0

package blackbox

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/collector/probe"
)

func compileTCP(m *module.TCP) (maker, error) {
	settings := newTLSSettings(&m.TLSConfig)
	base := probe.TCPOptions{Dial: dialOptions(m.IP, m.Source), Conversation: exchanges(m.QueryResponse), UseTLS: m.TLS}
	return func(target, hostname string) (probe.Prober, error) {
		host, port, err := hostPort(strings.TrimPrefix(target, "tcp://"), "")
		if err != nil {
			return nil, err
		}
		return settings.prober(func(config *tls.Config) (probe.Prober, error) {
			options := base
			options.Addr, options.TLS = net.JoinHostPort(host, port), called(config, hostname)
			return probe.TCP(options), nil
		})
	}, nil
}

func compileUnix(m *module.Unix) (maker, error) {
	settings := newTLSSettings(&m.TLSConfig)
	conversation := exchanges(m.QueryResponse)
	return func(target, hostname string) (probe.Prober, error) {
		path := strings.TrimPrefix(target, "unix://")
		if path == "" {
			return nil, errors.New("the target has no path; write that of a socket")
		}
		return settings.prober(func(config *tls.Config) (probe.Prober, error) {
			return probe.Unix(probe.UnixOptions{Path: path, Conversation: conversation, UseTLS: m.TLS, TLS: called(config, hostname)}), nil
		})
	}, nil
}

func exchanges(all []module.Exchange) []probe.Exchange {
	out := make([]probe.Exchange, len(all))
	for i, e := range all {
		out[i] = probe.Exchange{Expect: e.Expect.Regexp, ExpectBytes: []byte(e.ExpectBytes), Send: string(e.Send), StartTLS: e.StartTLS}
		for _, l := range e.Labels {
			out[i].Labels = append(out[i].Labels, probe.ExchangeLabel(l))
		}
	}
	return out
}

// maxPatience is longer than any probe may take.
const maxPatience = time.Hour

func compileICMP(m *module.ICMP, o Options) (maker, error) {
	if o.Pinger == nil {
		return nil, errors.New("this program does not ping")
	}
	base := probe.ICMPOptions{
		Dial: dialOptions(m.IP, m.Source), PayloadSize: m.PayloadSize, HopLimit: m.TTL, DontFragment: m.DontFragment,
		Patience: maxPatience, // as long as the probe may take, as blackbox_exporter has it
	}
	return func(target, _ string) (probe.Prober, error) {
		options := base
		options.Host = strings.TrimPrefix(target, "icmp://")
		if options.Host == "" || strings.Contains(options.Host, "/") {
			return nil, errors.New("the target is no host; write its name or address")
		}
		return o.Pinger.ICMP(options), nil
	}, nil
}

func compileGRPC(m *module.GRPC, o Options) (maker, error) {
	settings := newTLSSettings(&m.TLSConfig)
	defaultPort := "80"
	if m.TLS {
		defaultPort = "443"
	}
	base := probe.GRPCOptions{
		Service: m.Service, Metadata: m.Metadata, UserAgent: o.UserAgent,
		UseTLS: m.TLS, Dial: dialOptions(m.IP, module.Source{}),
	}
	return func(target, hostname string) (probe.Prober, error) {
		host, port, err := hostPort(authority(target), defaultPort)
		if err != nil {
			return nil, err
		}
		return settings.prober(func(config *tls.Config) (probe.Prober, error) {
			options := base
			options.Addr, options.TLS = net.JoinHostPort(host, port), called(config, hostname)
			return probe.GRPC(options), nil
		})
	}, nil
}

func compileSSH(m *module.SSH) (maker, error) {
	base := probe.SSHOptions{Dial: dialOptions(m.IP, m.Source)}
	for _, text := range m.HostKeys {
		key, err := probe.ParseHostKey(text)
		if err != nil {
			return nil, err
		}
		base.HostKeys = append(base.HostKeys, key)
	}
	return func(target, _ string) (probe.Prober, error) {
		host, port, err := hostPort(strings.TrimPrefix(target, "ssh://"), "22")
		if err != nil {
			return nil, err
		}
		options := base
		options.Addr = net.JoinHostPort(host, port)
		return probe.SSH(options), nil
	}, nil
}

func compileDNS(m *module.DNS) (maker, error) {
	settings := newTLSSettings(&m.TLSConfig)
	name, err := asciiName(cmp.Or(m.QueryName, "."))
	if err != nil {
		return nil, err
	}
	base := probe.DNSOptions{
		Name: name, Type: cmp.Or(m.QueryType, "ANY"), Class: cmp.Or(m.QueryClass, "IN"), NoRecursion: !m.Recursion,
		Transport: m.Transport, OverTLS: m.OverTLS, Dial: dialOptions(m.IP, m.Source),
		Rcodes: m.ValidRcodes, EmptyOK: true,
		Answer: records(m.ValidateAnswer), Authority: records(m.ValidateAuthority), Additional: records(m.ValidateAdditional),
	}
	defaultPort := "53"
	if m.OverTLS {
		base.Transport, defaultPort = "tcp", "853"
	} else if base.Transport == "" {
		base.Transport = "udp" // a truncated answer is one
	}
	return func(target, hostname string) (probe.Prober, error) {
		host, port, err := hostPort(strings.TrimPrefix(target, "dns://"), defaultPort)
		if err != nil {
			return nil, err
		}
		return settings.prober(func(config *tls.Config) (probe.Prober, error) {
			options := base
			options.Server, options.TLS = net.JoinHostPort(host, port), called(config, hostname)
			return probe.DNS(options)
		})
	}, nil
}

// asciiName returns a domain name as name servers know it. One of ASCII is left
// as it is, with the underscores that no host name has.
func asciiName(name string) (string, error) {
	if !strings.ContainsFunc(name, func(r rune) bool { return r > 127 }) {
		return name, nil
	}
	ascii, err := idna.Lookup.ToASCII(name)
	if err != nil {
		return "", fmt.Errorf("convert query_name %q: %w", name, err)
	}
	return ascii, nil
}

// records says the conditions the other way round. What blackbox_exporter calls
// fail_if_all_match_regexp fails, in all of its versions, unless all match.
func records(r module.Records) probe.RecordRules {
	return probe.RecordRules{
		Never: regexps(r.Matches), Always: regexps(r.NotMatches),
		AlwaysOrEmpty: regexps(r.AllMatch), Once: regexps(r.NoneMatches),
	}
}
