// SPDX-License-Identifier: Apache-2.0

// Package blackbox probes on demand as blackbox_exporter does: it makes probers
// of modules and targets, answers /probe with the same metrics, and keeps the
// logs of recent probes. What modules look like is left to package module, the
// probing to package probe, and the schedule to whoever asks.
package blackbox

import (
	"crypto/tls"
	"fmt"

	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/collector/probe"
)

// Options are what probers of modules share.
type Options struct {
	Pinger    *probe.Pinger // of the process; needed for modules that ping
	UserAgent string        // of HTTP, gRPC and WebSocket probes, unless the module has one
}

// A Compiled module has its expressions compiled, so that making a prober for one
// more target is cheap. Its probers see what becomes of its files: certificates and
// secrets may be replaced at any time. It is safe for concurrent use.
type Compiled struct {
	prober maker
}

// A maker makes a prober for a target. The host name, mostly empty, takes the
// place of the target's where the target has to be told how it is called.
type maker func(target, hostname string) (probe.Prober, error)

// Compile makes a module ready. Its error says why the module can't work.
func Compile(m *module.Module, o Options) (*Compiled, error) {
	if err := m.Problem(); err != nil {
		return nil, err
	}
	var prober maker
	var err error
	switch m.Prober {
	case module.KindHTTP:
		prober, err = compileHTTP(&m.HTTP, o)
	case module.KindTCP:
		prober, err = compileTCP(&m.TCP)
	case module.KindDNS:
		prober, err = compileDNS(&m.DNS)
	case module.KindICMP:
		prober, err = compileICMP(&m.ICMP, o)
	case module.KindGRPC:
		prober, err = compileGRPC(&m.GRPC, o)
	case module.KindUnix:
		prober, err = compileUnix(&m.Unix)
	case module.KindWebsocket:
		prober, err = compileWebsocket(&m.Websocket, o)
	case module.KindSSH:
		prober, err = compileSSH(&m.SSH)
	default:
		err = fmt.Errorf("unknown prober %q", m.Prober)
	}
	if err != nil {
		return nil, err
	}
	return &Compiled{prober}, nil
}

// Prober returns a prober of the module for a target. Its error is that of a target
// which is none, or of a file that can't be used now. What a target looks like
// depends on the module:
//
//	http       a URL; without http:// or https:// it is one of http
//	tcp        host:port
//	dns        the server: host or host:port, 53 or else 853 over TLS
//	icmp       host
//	grpc       host or host:port, 80 or else 443 over TLS
//	unix       the path of a socket
//	websocket  a URL of ws or wss
//	ssh        host or host:port, 22
//
// The kind of the module, and ://, may stand before any of them.
func (c *Compiled) Prober(target string) (probe.Prober, error) { return c.prober(target, "") }

// Prober is Compile and [Compiled.Prober] in one, for a module with one target.
func Prober(m *module.Module, target string, o Options) (probe.Prober, error) {
	c, err := Compile(m, o)
	if err != nil {
		return nil, err
	}
	return c.Prober(target)
}

func dialOptions(ip module.IP, source module.Source) probe.DialOptions {
	family := probe.IPv6
	if ip.Preferred != "" && ip.Preferred != "ip6" {
		family = probe.IPv4
	}
	return probe.DialOptions{Family: family, Fallback: ip.Fallback, Source: source.Addr()}
}

// called returns a configuration that asks for the server name and expects it in the certificate.
func called(config *tls.Config, name string) *tls.Config {
	if name == "" || (config != nil && config.ServerName != "") {
		return config
	}
	if config == nil {
		return &tls.Config{ServerName: name, MinVersion: tls.VersionTLS12}
	}
	config = config.Clone()
	config.ServerName = name
	return config
}
