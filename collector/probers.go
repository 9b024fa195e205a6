// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"crypto/tls"
	"fmt"
	"strings"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/collector/blackbox"
	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/collector/probe"
)

// A proberMaker makes probers of one configuration. What many of them need
// alike is made once.
type proberMaker struct {
	blackbox.Options
	modules map[*module.Module]*blackbox.Compiled
	tls     map[promconfig.TLSConfig]*tls.Config

	failures map[string]int // how many probers had to be deferred, by the error
}

func newProberMaker(o blackbox.Options) *proberMaker {
	return &proberMaker{
		Options: o,
		modules: map[*module.Module]*blackbox.Compiled{},
		tls:     map[promconfig.TLSConfig]*tls.Config{},

		failures: map[string]int{},
	}
}

// prober makes the prober of a replica; a deferred one if a file can't be used now.
func (m *proberMaker) prober(n *config.Node, r *config.Replica) probe.Prober {
	prober, err := m.try(n, r)
	if err != nil {
		m.failures[err.Error()]++
		// A maker of its own, which remembers nothing of the files that were there.
		return &deferredProber{try: func() (probe.Prober, error) { return newProberMaker(m.Options).try(n, r) }}
	}
	return prober
}

// try makes the prober of a replica. Its error is that of a file that the
// configuration names and that can't be used.
func (m *proberMaker) try(n *config.Node, r *config.Replica) (probe.Prober, error) {
	switch {
	case n.Mode == config.ModeScript:
		return probe.Script(probe.ScriptOptions{
			Argv: r.Command, Shell: r.Shell, NagiosUnknown: r.Script.NagiosUnknown,
			Environment: r.Script.Environment, Steps: r.Script.Steps,
		}), nil
	case n.Module != nil:
		return m.ofModule(n.Module, r.Target)
	}
	tlsConfig, err := m.tlsConfig(r.TLS)
	if err != nil {
		return nil, err
	}
	switch u := r.URL; u.Scheme {
	case "tcp":
		return probe.TCP(probe.TCPOptions{Addr: u.Host}), nil
	case "ssh":
		keys, err := hostKeys(r.SSH.HostKeys)
		return probe.SSH(probe.SSHOptions{Addr: u.Host, HostKeys: keys}), err
	case "icmp":
		return m.Pinger.ICMP(probe.ICMPOptions{Host: u.Hostname()}), nil
	case "unix":
		return probe.Unix(probe.UnixOptions{Path: u.Path}), nil
	case "dns":
		return m.dns(r, tlsConfig)
	case "grpc", "grpcs":
		return probe.GRPC(probe.GRPCOptions{
			Addr: u.Host, Service: strings.TrimPrefix(u.Path, "/"), UserAgent: m.UserAgent,
			UseTLS: u.Scheme == "grpcs", TLS: tlsConfig,
		}), nil
	case "ws", "wss":
		return probe.WebSocket(probe.WebSocketOptions{
			URL: u, Headers: n.HTTP.Headers, UserAgent: m.UserAgent, TLS: tlsConfig,
		}), nil
	}
	return m.http(n, r, tlsConfig), nil
}

func (m *proberMaker) http(n *config.Node, r *config.Replica, tlsConfig *tls.Config) probe.Prober {
	return probe.HTTP(probe.HTTPOptions{
		URL:         r.URL,
		Method:      n.HTTP.Method,
		Headers:     n.HTTP.Headers,
		Body:        n.HTTP.Body,
		BodyMatch:   n.HTTP.BodyMatch,
		UserAgent:   m.UserAgent,
		StatusFrom:  r.Poll.StatusFrom,
		StatusBelow: r.Poll.StatusBelow,
		TLS:         tlsConfig,
	})
}

// dns makes a prober of dns://server:port/name?type=A&class=IN&transport=udp.
func (m *proberMaker) dns(r *config.Replica, tlsConfig *tls.Config) (probe.Prober, error) {
	query := r.URL.Query()
	o := probe.DNSOptions{
		Server: r.URL.Host, Name: strings.TrimPrefix(r.URL.Path, "/"),
		Type: query.Get("type"), Class: query.Get("class"), Transport: query.Get("transport"), TLS: tlsConfig,
	}
	if o.Transport == "tls" {
		o.Transport, o.OverTLS = "", true
	}
	return probe.DNS(o)
}

// ofModule makes a prober of a module, each of which is compiled once.
func (m *proberMaker) ofModule(mod *module.Module, target string) (probe.Prober, error) {
	compiled, ok := m.modules[mod]
	if !ok {
		var err error
		if compiled, err = blackbox.Compile(mod, m.Options); err != nil {
			return nil, err
		}
		m.modules[mod] = compiled
	}
	return compiled.Prober(target)
}

// tlsConfig reads the files of a configuration, each of which is read once. It
// is nil if nothing is set.
func (m *proberMaker) tlsConfig(t *config.TLS) (*tls.Config, error) {
	if t == nil || t.Config == (promconfig.TLSConfig{}) {
		return nil, nil //nolint:nilnil // no configuration is one
	}
	if made, ok := m.tls[t.Config]; ok {
		return made, nil
	}
	made, err := promconfig.NewTLSConfig(&t.Config)
	if err != nil {
		return nil, fmt.Errorf("prepare TLS: %w", err)
	}
	m.tls[t.Config] = made
	return made, nil
}

func hostKeys(texts []string) ([]probe.HostKey, error) {
	keys := make([]probe.HostKey, 0, len(texts))
	for _, text := range texts {
		key, err := probe.ParseHostKey(text)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}
