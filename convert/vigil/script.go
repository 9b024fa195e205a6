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
// from 0 on, as Vigil called them. It returns how many there are.
func (w *watch) scripts(b *block, s *section, mode string, prefix setting[string]) int {
	texts, of := s.texts("scripts")
	switch {
	case mode != "script" && len(texts) > 0:
		w.c.failAt(of.src, "a node in mode %s has no scripts; remove them, or make the mode script", mode)
		return 0
	case mode != "script" || len(texts) == 0:
		return 0
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
		w.c.secret = true // as headers and bodies, it may have a token in it
		environment = append(environment, w.environment(text.value)...)
		of.vars = append(of.vars, text.vars...)
		list = append(list, configfile.Map{{Key: "name", Value: configfile.Literal(name)}, {Key: "script", Value: withoutEnd(text.value)}})
	}
	slices.Sort(of.vars)
	of.vars = slices.Compact(of.vars)
	slices.Sort(environment)
	if environment = slices.Compact(environment); len(environment) > 0 {
		b.m = append(b.m, configfile.Entry{
			Key: "script", Value: configfile.Map{{Key: "environment", Value: configfile.Flow{Value: environment}}},
			Above: "Variables that the scripts name.",
		})
	}
	differs := "Scripts see of the environment what concerns the machine, such as PATH and HOME, and what script.environment names; Vigil's saw all of it. " +
		"What a script leaves running behind it ends with it."
	if left := left(s.t.items["scripts"]); len(left) > 0 {
		differs += " " + enumerate(left) + " was not set, and is left for the shell, as Vigil did."
	}
	w.c.note(of, exporterFile+": services.nodes.scripts", differs)
	if prefix.set {
		w.c.note(prefix.origin, exporterFile+": services.nodes.scripts", "It is in the name of each script.")
	}
	b.m = append(b.m, configfile.Entry{Key: "scripts", Value: list, Above: of.after()})
	return len(texts)
}

// withoutEnd removes the indentation that the quotation marks behind the last line of a
// script had: nothing but that keeps the script from standing in YAML as it is.
func withoutEnd(script string) string {
	last := strings.LastIndexByte(script, '\n')
	if strings.TrimRight(script[last+1:], " \t") != "" {
		return script
	}
	return script[:last+1]
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
