// SPDX-License-Identifier: Apache-2.0

package config

import "github.com/pharos-status/pharos/internal/configfile"

func (l *loader) node(p configfile.Path, d nodeDocument, above resolved) Node {
	own := l.settings(p, d.settings, above)
	n := Node{
		ID: d.ID, Label: l.label(p, d.Label, d.ID), Mode: d.Mode,
		Poll: own.poll, Script: own.script, Push: own.push, Local: own.local,
		Reveal: d.Reveal, Link: l.link(p.At("link"), d.Link),
	}
	if !l.mode(p, d) {
		return n
	}
	switch n.Mode {
	case ModePoll:
		n.Replicas = l.targets(p.At("replicas"), d.Replicas, own.poll)
		n.HTTP = l.http(p.At("http"), d.HTTP)
	case ModeScript:
		n.Replicas = l.scripts(p.At("scripts"), d.Scripts, own.script)
	case ModePush, ModeLocal:
	}
	n.MinHealthy = l.minHealthy(p.At("min_healthy"), d.MinHealthy, n)
	return n
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
		{"replicas", len(d.Replicas) > 0, ModePoll, true},
		{"scripts", len(d.Scripts) > 0, ModeScript, true},
		{"http", d.HTTP != nil, ModePoll, false},
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
	switch probed := n.Mode == ModePoll || n.Mode == ModeScript; {
	case *from < 1:
		l.fail(p, "is %d, want at least 1; remove it if every replica has to be available", *from)
	case probed && *from > len(n.Replicas):
		l.fail(p, "is %d, and the node has only %d replicas", *from, len(n.Replicas))
	}
	return *from
}
