// SPDX-License-Identifier: Apache-2.0

// Package module reads modules: named ways to probe a target, in the format of
// blackbox_exporter's configuration file. Every key and default is the same;
// what it refuses is refused here, with file and line, and what it loads though it
// can't work is a problem of that module alone. The package knows no network:
// package blackbox makes probers of modules.
package module

import (
	"net/netip"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/internal/configfile"
)

// A Kind names the protocol that a module speaks.
type Kind string

// The kinds of modules. All but SSH are blackbox_exporter's.
const (
	KindHTTP      Kind = "http"
	KindTCP       Kind = "tcp"
	KindDNS       Kind = "dns"
	KindICMP      Kind = "icmp"
	KindGRPC      Kind = "grpc"
	KindUnix      Kind = "unix"
	KindWebsocket Kind = "websocket"
	KindSSH       Kind = "ssh"
)

// Kinds returns all of them.
func Kinds() []Kind {
	return []Kind{KindHTTP, KindTCP, KindDNS, KindICMP, KindGRPC, KindUnix, KindWebsocket, KindSSH}
}

// A Module says how to probe. Only the part that Prober names is used. It can be
// decoded as a part of any configuration file; its Validate method has to be
// called then. It is not changed afterwards and safe for concurrent use.
type Module struct {
	Prober    Kind      `yaml:"prober"`
	Timeout   Duration  `yaml:"timeout,omitempty"` // 0: as long as the caller lets it
	HTTP      HTTP      `yaml:"http,omitempty"`
	TCP       TCP       `yaml:"tcp,omitempty"`
	DNS       DNS       `yaml:"dns,omitempty"`
	ICMP      ICMP      `yaml:"icmp,omitempty"`
	GRPC      GRPC      `yaml:"grpc,omitempty"`
	Unix      Unix      `yaml:"unix,omitempty"`
	Websocket Websocket `yaml:"websocket,omitempty"`
	SSH       SSH       `yaml:"ssh,omitempty"`

	problem error
}

// Problem says why no probe of the module can succeed, whatever its target, with
// file and line; nil if one can. blackbox_exporter loads such a module, whose
// probes fail then, so it is no reason to refuse the others.
func (m *Module) Problem() error { return m.problem }

// An IP says over which version of IP a target is asked, and from where.
type IP struct {
	Preferred string `yaml:"preferred_ip_protocol,omitempty"` // ip6 or empty: ip6; anything else: ip4
	Fallback  bool   `yaml:"ip_protocol_fallback"`            // whether the other one will do; default true
}

// A Source is the address of this machine that a probe is sent from.
type Source struct {
	Address string `yaml:"source_ip_address,omitempty"` // empty: the system chooses
}

// Addr returns the address, the zero Addr if none is set.
func (s Source) Addr() netip.Addr {
	addr, _ := netip.ParseAddr(s.Address) // it is a problem of the module if there is none
	return addr
}

// SSH says how to probe an SSH server. It is no part of blackbox_exporter's format.
type SSH struct {
	IP     `yaml:",inline"`
	Source `yaml:",inline"`
	// HostKeys are the fingerprints of which the server's host key must have one,
	// SHA256:… as ssh-keygen -l prints them; empty: any key will do.
	HostKeys []string `yaml:"host_keys,omitempty"`
}

// defaults returns a module as it is where the file says nothing.
func defaults() Module {
	ip := IP{Fallback: true}
	return Module{
		HTTP:      HTTP{IP: ip, Client: promconfig.DefaultHTTPClientConfig},
		TCP:       TCP{IP: ip},
		DNS:       DNS{IP: ip, Recursion: true},
		ICMP:      ICMP{IP: ip, TTL: defaultTTL},
		GRPC:      GRPC{IP: ip},
		Websocket: Websocket{IP: ip, Client: promconfig.DefaultHTTPClientConfig},
		SSH:       SSH{IP: ip},
	}
}

// UnmarshalYAML puts the defaults in before it decodes.
func (m *Module) UnmarshalYAML(unmarshal func(any) error) error {
	*m = defaults()
	type plain Module
	return unmarshal((*plain)(m))
}

// MarshalYAML returns the part of the module that is used, with its defaults and
// without secrets: the values of headers unless they are harmless, bodies, what is
// sent, passwords, tokens and keys.
func (m *Module) MarshalYAML() (any, error) {
	out := struct {
		Prober    Kind       `yaml:"prober"`
		Timeout   Duration   `yaml:"timeout,omitempty"`
		HTTP      *HTTP      `yaml:"http,omitempty"`
		TCP       *TCP       `yaml:"tcp,omitempty"`
		DNS       *DNS       `yaml:"dns,omitempty"`
		ICMP      *ICMP      `yaml:"icmp,omitempty"`
		GRPC      *GRPC      `yaml:"grpc,omitempty"`
		Unix      *Unix      `yaml:"unix,omitempty"`
		Websocket *Websocket `yaml:"websocket,omitempty"`
		SSH       *SSH       `yaml:"ssh,omitempty"`
	}{Prober: m.Prober, Timeout: m.Timeout}
	switch m.Prober {
	case KindHTTP:
		http := m.HTTP
		http.Client = shown(http.Client)
		out.HTTP = &http
	case KindTCP:
		out.TCP = &m.TCP
	case KindDNS:
		out.DNS = &m.DNS
	case KindICMP:
		out.ICMP = &m.ICMP
	case KindGRPC:
		out.GRPC = &m.GRPC
	case KindUnix:
		out.Unix = &m.Unix
	case KindWebsocket:
		websocket := m.Websocket
		websocket.Client = shown(websocket.Client)
		out.Websocket = &websocket
	case KindSSH:
		out.SSH = &m.SSH
	}
	return out, nil
}

// TLS says how the module does TLS; nil if its prober never does.
func (m *Module) TLS() *promconfig.TLSConfig {
	switch m.Prober {
	case KindHTTP:
		return &m.HTTP.Client.TLSConfig
	case KindTCP:
		return &m.TCP.TLSConfig
	case KindDNS:
		return &m.DNS.TLSConfig
	case KindGRPC:
		return &m.GRPC.TLSConfig
	case KindUnix:
		return &m.Unix.TLSConfig
	case KindWebsocket:
		return &m.Websocket.Client.TLSConfig
	case KindICMP, KindSSH:
	}
	return nil
}

// String returns the module as YAML, without secrets.
func (m *Module) String() string {
	out, err := configfile.Marshal(m)
	if err != nil {
		return "# " + err.Error() + "\n"
	}
	return string(out)
}
