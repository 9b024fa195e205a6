// SPDX-License-Identifier: Apache-2.0

package vigil

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pharos-status/pharos/internal/configfile"
)

// seen matches the variables that a shell puts in.
var seen = regexp.MustCompile(`\$\{?([A-Za-z_][A-Za-z0-9_]*)`)

// scripts puts the scripts of a node in mode script. They are called by their place,
// from 0 on, as Vigil called them.
func (w *watch) scripts(b *block, s *section, mode string, prefix setting[string]) {
	texts, of := s.texts("scripts")
	switch {
	case mode != "script" && len(texts) > 0:
		w.c.failAt(of.src, "a node in mode %s has no scripts; remove them, or make the mode script", mode)
		return
	case mode != "script":
		return
	case len(texts) == 0:
		w.c.failAt(s.here().src, "a node in mode script needs scripts; add one, or remove the node")
		return
	}
	var list []configfile.Map
	var environment []string
	for i, text := range texts {
		if strings.TrimSpace(text.value) == "" || strings.ContainsRune(text.value, 0) {
			w.c.failAt(text.src, "the script is empty, or has a NUL character; write a text for the shell, or remove it")
			continue
		}
		name := strconv.Itoa(i)
		if prefix.value != "" {
			name, _ = oneLine(prefix.value + ":" + name)
		}
		environment = append(environment, w.environment(text.value)...)
		w.c.secret = w.c.secret || len(text.vars) > 0
		of.vars = append(of.vars, text.vars...)
		list = append(list, configfile.Map{{Key: "name", Value: configfile.Literal(name)}, {Key: "script", Value: tidy(text.value)}})
	}
	slices.Sort(of.vars)
	of.vars = slices.Compact(of.vars)
	w.counts.scripts += len(texts)
	slices.Sort(environment)
	if environment = slices.Compact(environment); len(environment) > 0 {
		b.m = append(b.m, configfile.Entry{
			Key: "script", Value: configfile.Map{{Key: "environment", Value: configfile.Flow{Value: environment}}},
			Above: "Variables that the scripts name.",
		})
	}
	differs := "Scripts see of the environment what concerns the machine, such as PATH and HOME, and what script.environment names; Vigil's saw all of it."
	if left := left(s.t.items["scripts"]); len(left) > 0 {
		differs += " " + enumerate(left) + " was not set, and is left for the shell, as Vigil did."
	}
	w.c.note(of, exporterFile+": services.nodes.scripts", differs)
	if prefix.set {
		w.c.note(prefix.origin, exporterFile+": services.nodes.scripts", "It is in the name of each script.")
	}
	b.m = append(b.m, configfile.Entry{Key: "scripts", Value: list, Above: of.after()})
}

// tidy removes the indentation that all lines of a script have, and white space at the
// ends of lines, so that it can be read in YAML too. It leaves a script as it is where
// that could mean something: in a text over several lines, and in a line that goes on.
func tidy(script string) string {
	if !strings.Contains(script, "\n") || strings.Contains(script, "<<") {
		return script
	}
	lines := strings.Split(strings.TrimRight(script, " \t\n"), "\n")
	for strings.TrimSpace(lines[0]) == "" {
		lines = lines[1:]
	}
	indent := lines[0]
	for i, line := range lines {
		if !complete(line) {
			return script
		}
		lines[i] = strings.TrimRight(line, " \t")
		if lines[i] != "" {
			indent = common(indent, line[:len(line)-len(strings.TrimLeft(line, " \t"))])
		}
	}
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, indent)
	}
	return strings.Join(lines, "\n") + "\n"
}

// complete tells whether a line of a script ends outside of quotation marks, and does
// not go on in the next one, if it begins so.
func complete(line string) bool {
	quote, before := byte(0), byte(' ')
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '\\' && quote != '\'':
			if i++; strings.TrimSpace(line[i:]) == "" { // a white space at the end is meant
				return false
			}
		case c == quote:
			quote = 0
		case quote != 0:
		case c == '\'' || c == '"' || c == '`':
			quote = c
		case c == '#' && (before == ' ' || before == '\t'):
			return true
		}
		before = c
	}
	return quote == 0
}

// common returns what two texts begin with.
func common(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

// environment returns the variables of the environment that a script names.
func (w *watch) environment(script string) (names []string) {
	always := []string{"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR"}
	for _, found := range seen.FindAllStringSubmatch(script, -1) {
		name := found[1]
		if slices.Contains(always, name) || strings.HasPrefix(name, "LC_") || w.c.options.Lookup == nil {
			continue
		}
		if _, set := w.c.options.Lookup(name); set {
			names = append(names, name)
		}
	}
	return names
}

// left returns the variables that were not set, of all scripts of a list.
func left(scripts *item) (names []string) {
	items, _ := scripts.value.([]*item)
	for _, i := range items {
		names = append(names, i.left...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
