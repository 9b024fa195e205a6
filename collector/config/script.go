// SPDX-License-Identifier: Apache-2.0

package config

import (
	"strconv"
	"strings"

	"github.com/pharos-status/pharos/internal/configfile"
)

// scripts returns the replicas of a node in mode script.
func (l *loader) scripts(p configfile.Path, all []scriptDocument, above Script) []Replica {
	replicas := make([]Replica, len(all))
	for i, d := range all {
		at := p.At(i)
		l.name(at.At("name"), d.Name)
		l.runnable(at, d)
		r := Replica{
			Name: d.Name, Shell: d.Script, Command: d.Command,
			Script: l.script(at, &d.scriptSettings, above),
		}
		if r.Name == "" {
			r.Name = strconv.Itoa(i + 1)
		}
		replicas[i] = r
	}
	l.distinct(p, replicas)
	return replicas
}

func (l *loader) runnable(p configfile.Path, d scriptDocument) {
	text := strings.TrimSpace(d.Script)
	switch {
	case d.Script != "" && d.Command != nil:
		l.fail(p, "both script and command are set; keep one")
	case d.Command != nil && (len(d.Command) == 0 || d.Command[0] == ""):
		l.fail(p.At("command"), "the command names no program; write [\"/path/of/program\", \"argument\"]")
	case d.Command == nil && text == "":
		l.fail(p, "the script is empty; write a text for the shell, or a command")
	case strings.ContainsRune(d.Script+strings.Join(d.Command, ""), 0):
		l.fail(p, "the script has a NUL character, which no program can take; remove it")
	}
}
