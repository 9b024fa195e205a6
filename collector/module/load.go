// SPDX-License-Identifier: Apache-2.0

package module

import (
	"cmp"
	"maps"
	"slices"

	"github.com/pharos-status/pharos/internal/configfile"
)

// Load reads a file in blackbox_exporter's format. Its error holds everything
// that is wrong, each with file and line, as [configfile.Errors]; it wraps
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
	if errs := Validate(f, configfile.Path{"modules"}, document.Modules); errs != nil {
		return nil, errs
	}
	return document.Modules, nil
}

// Validate checks modules that were decoded from the mapping at p of f, and
// completes them: each says what is wrong with it at the line where it is.
// It has to be called once for modules that are a part of another file.
func Validate(f *configfile.File, p configfile.Path, modules map[string]*Module) configfile.Errors {
	v := validator{file: f}
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		v.module(p.At(name), modules[name])
	}
	slices.SortStableFunc(v.errs, func(a, b *configfile.Error) int { return cmp.Compare(a.Line, b.Line) })
	return v.errs
}
