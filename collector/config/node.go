// SPDX-License-Identifier: Apache-2.0

package config

import "github.com/pharos-status/pharos/internal/configfile"

func (l *loader) node(p configfile.Path, d nodeDocument, above resolved) Node {
	own := l.settings(p, d.settings, above)
	n := Node{
		ID: d.ID, Label: l.label(p, d.Label, d.ID), Mode: d.Mode,
		Poll: own.poll, Script: own.script, Push: own.push, Local: own.local,
		TLS: own.tls, SSH: own.ssh, ModuleName: d.Module,
		Reveal: d.Reveal, Link: l.link(p.At("link"), d.Link),
	}
	if !l.mode(p, d) {
		return n
	}
	switch n.Mode {
	case ModePoll:
		l.howToAsk(p, d, &n)
		n.Replicas = l.targets(p.At("replicas"), d.Replicas, n)
	case ModeScript:
		n.Replicas = l.scripts(p.At("scripts"), d.Scripts, own.script)
	case ModePush:
		n.Queue = l.queue(p.At("rabbitmq_queue"), d.Queue)
	case ModeLocal:
	}
	n.MinHealthy = l.minHealthy(p.At("min_healthy"), d.MinHealthy, n)
	return n
}

// howToAsk completes n by what says how its replicas are asked: the module, or
// what belongs to the protocols.
func (l *loader) howToAsk(p configfile.Path, d nodeDocument, n *Node) {
	if d.HTTP != nil && d.HTTP.TLS != nil {
		at := p.At("http", "tls")
		if d.TLS != nil {
			l.fail(at, "tls stands on the node as well, and means the same; keep one")
		}
		d.TLS = d.HTTP.TLS
		n.TLS = l.tls(at, d.TLS, n.TLS)
	}
	if n.ModuleName == "" {
		n.HTTP = l.http(p.At("http"), d.HTTP)
		return
	}
	n.Module = l.moduleOf(p.At("module"), n.ModuleName)
	l.leftToModule(p, d.Poll, d.TLS, d.SSH)
	if d.HTTP != nil {
		l.fail(p.At("http"), "the module says how to ask; remove one of the two")
	}
	n.SSH = SSH{}
	if n.TLS != nil {
		n.TLS = &TLS{SickBefore: n.TLS.SickBefore}
	}
}

// mode checks that the mode is one, and that nothing belongs to another.
func (l *loader) mode(p configfile.Path, d nodeDocument) bool {
	switch d.Mode {
	case ModePoll, ModeScript, ModePush, ModeLocal:
	case "":
		l.fail(p.At("mode"), "the node has no mode; choose poll, script, push or local")
		return false
	default:
		l.fail(p.At("mode"), "unknown mode %q, want poll, script, push or local", d.Mode)
		return false
	}
	for _, part := range []struct {
		key    string
		given  bool
		of     Mode
		needed bool
	}{
		{"replicas", len(d.Replicas) > 0, ModePoll, !l.discovers},
		{"scripts", len(d.Scripts) > 0, ModeScript, true},
		{"module", d.Module != "", ModePoll, false},
		{"http", d.HTTP != nil, ModePoll, false},
		{"tls", d.TLS != nil, ModePoll, false},
		{"ssh", d.SSH != nil, ModePoll, false},
		{"rabbitmq_queue", d.Queue != nil, ModePush, false},
		{"poll", d.Poll != nil, ModePoll, false},
		{"script", d.Script != nil, ModeScript, false},
		{"push", d.Push != nil, ModePush, false},
		{"local", d.Local != nil, ModeLocal, false},
	} {
		switch {
		case part.given && part.of != d.Mode:
			l.fail(p.At(part.key), "belongs to mode %s, and the node is in mode %s; remove it, or change the mode", part.of, d.Mode)
		case part.needed && !part.given && part.of == d.Mode:
			l.fail(p.At(part.key), "a node in mode %s needs %s; add at least one", d.Mode, part.key)
		}
	}
	return true
}

func (l *loader) minHealthy(p configfile.Path, from *int, n Node) int {
	if from == nil {
		return 0
	}
	switch probed := (n.Mode == ModePoll && !l.discovers) || n.Mode == ModeScript; {
	case *from < 1:
		l.fail(p, "is %d, want at least 1; remove it if every replica has to be available", *from)
	case probed && *from > len(n.Replicas):
		l.fail(p, "is %d, and the node has only %d replicas", *from, len(n.Replicas))
	}
	return *from
}
