// SPDX-License-Identifier: Apache-2.0

package config

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/pharos-status/pharos/internal/configfile"
)

// variableName matches the name of an environment variable.
var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// script returns the settings of d over those above.
func (l *loader) script(p configfile.Path, d *scriptSettings, out Script) Script {
	if d == nil {
		return out
	}
	l.positive(p.At("interval"), d.Interval, &out.Interval)
	l.positive(p.At("timeout"), d.Timeout, &out.Timeout)
	l.retries(p.At("retries"), d.Retries, &out.Retries)
	set(d.RetryWait, &out.RetryWait)
	if d.NagiosUnknown != "" && out.NagiosUnknown.UnmarshalText([]byte(d.NagiosUnknown)) != nil {
		l.fail(p.At("nagios_unknown"), "is %q, want unknown, sick, dead or healthy", d.NagiosUnknown)
	}
	if d.Environment != nil {
		out.Environment = d.Environment
	}
	for i, name := range d.Environment {
		if !variableName.MatchString(name) { // it may be a whole assignment, with a secret
			l.fail(p.At("environment", i), "is no name of a variable; write the name alone, such as HTTP_PROXY")
		}
	}
	out.Steps = l.steps(p.At("steps"), d.Steps, out.Steps)
	return out
}

// steps returns the limits of d and those above that it does not set. A limit of
// 0 is none.
func (l *loader) steps(p configfile.Path, d map[string]stepDocument, above map[string]time.Duration) map[string]time.Duration {
	if d == nil {
		return above
	}
	out := map[string]time.Duration{}
	maps.Copy(out, above)
	for _, name := range slices.Sorted(maps.Keys(d)) {
		switch limit, problem := d[name].SickAfter, nameProblem(name); {
		case name == "" || strings.ContainsFunc(name, unicode.IsSpace):
			l.failKey(p, name, "%q is no name of a step; use one without white space", name)
		case problem != "":
			l.failKey(p, name, "%s", problem)
		case limit == nil:
			l.fail(p.At(name), "the step has no limit; write {sick_after: 2s}, or remove the step")
		case *limit == 0:
			delete(out, name)
		default:
			out[name] = time.Duration(*limit)
		}
	}
	return out
}

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
