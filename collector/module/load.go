// SPDX-License-Identifier: Apache-2.0

package module

import (
	"cmp"
	"maps"
	"slices"

	"github.com/pharos-status/pharos/internal/configfile"
)

// Load reads a file in blackbox_exporter's format. Its error holds everything
// that blackbox_exporter would refuse, each with file and line, as
// [configfile.Errors]; of the rest [Module.Problem] tells. It wraps
// [os.ErrNotExist] if there is no such file. Environment variables are not
// expanded. File names in it are relative to its folder.
func Load(path string) (map[string]*Module, error) {
	f, err := configfile.Read(path)
	if err != nil {
		return nil, err
	}
	return build(f)
}

// Parse is Load for a file that has been read: name stands in messages.
func Parse(name string, data []byte) (map[string]*Module, error) {
	f, err := configfile.Parse(name, data)
	if err != nil {
		return nil, err
	}
	return build(f)
}

func build(f *configfile.File) (map[string]*Module, error) {
	var document struct {
		Modules map[string]*Module `yaml:"modules"`
	}
	if err := f.Decode(&document); err != nil {
		return nil, err
	}
	if errs, _ := check(f, configfile.Path{"modules"}, document.Modules); errs != nil {
		return nil, errs
	}
	return document.Modules, nil
}

// Validate checks modules that were decoded from the mapping at p of f, a file of
// another format than blackbox_exporter's, and completes them: each says what is
// wrong with it at the line where it is. Unlike [Load] it refuses also what
// blackbox_exporter would load though it can't work. It has to be called once.
func Validate(f *configfile.File, p configfile.Path, modules map[string]*Module) configfile.Errors {
	errs, flaws := check(f, p, modules)
	return sorted(append(errs, flaws...))
}

// check returns what blackbox_exporter would refuse, and what it would load though
// it can't work: [Module.Problem] tells of that too. It puts one without a prober
// in the place of a module that is empty.
func check(f *configfile.File, p configfile.Path, modules map[string]*Module) (errs, flaws configfile.Errors) {
	v := validator{file: f}
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		v.flaws = nil
		if m := modules[name]; m != nil {
			v.module(p.At(name), m)
		} else {
			empty := defaults()
			modules[name] = &empty
			v.flaw(p.At(name), "the module is empty; give it a prober")
		}
		modules[name].problem = sorted(v.flaws).Err()
		flaws = append(flaws, v.flaws...)
	}
	return sorted(v.errs), flaws
}

// sorted puts errors in the order of their lines.
func sorted(errs configfile.Errors) configfile.Errors {
	slices.SortStableFunc(errs, func(a, b *configfile.Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Path, b.Path))
	})
	return errs
}
