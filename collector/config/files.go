// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/internal/configfile"
)

// A shownFile is a service file as it is written.
type shownFile struct {
	name     string
	document serviceFileDocument
}

// A serviceFileDocument is what a service file may say.
type serviceFileDocument struct {
	Services []serviceDocument `yaml:"services"`
}

// serviceFiles adds the services of the files that the patterns name. It returns
// the patterns in absolute form.
func (l *loader) serviceFiles(p configfile.Path, patterns []string, to *files) []string {
	var all []string
	read := map[string]bool{}
	for i, pattern := range patterns {
		absolute, err := filepath.Abs(l.file.Path(pattern))
		if err == nil {
			_, err = filepath.Match(pattern, "")
		}
		if pattern == "" || err != nil {
			l.fail(p.At(i), "%q is no pattern for file names; write one such as services/*.yml", pattern)
			continue
		}
		all = append(all, absolute)
		names, _ := filepath.Glob(l.file.Path(pattern)) // the pattern is a good one
		for _, name := range names {
			if !read[name] {
				read[name] = true
				l.serviceFile(p.At(i), name, to)
			}
		}
	}
	return all
}

func (l *loader) serviceFile(p configfile.Path, name string, to *files) {
	if filepath.Clean(name) == filepath.Clean(l.file.Name()) {
		l.fail(p, "the pattern takes in this file, too; move the files with services into a folder of their own")
		return
	}
	f, err := configfile.Read(name)
	if err == nil {
		err = f.ExpandEnv(os.LookupEnv, "scripts")
	}
	var d serviceFileDocument
	if err == nil {
		err = f.Decode(&d)
	}
	if err != nil {
		l.include(p, err)
		return
	}
	own := *l
	own.file, own.errs = f, nil
	own.addServices(to, d.Services)
	l.errs = append(l.errs, own.errs...)
	to.shown = append(to.shown, shownFile{name, d})
}

// include adds what is wrong with another file, which is named at p.
func (l *loader) include(p configfile.Path, err error) {
	if all, ok := errors.AsType[configfile.Errors](err); ok {
		l.errs = append(l.errs, all...)
		return
	}
	if one, ok := errors.AsType[*configfile.Error](err); ok {
		l.errs = append(l.errs, one)
		return
	}
	mend := "make the file readable to this program"
	if errors.Is(err, fs.ErrNotExist) {
		mend = "write the name of a file that is there"
	}
	l.fail(p, "%v; %s", errors.Unwrap(err), mend)
}

// loadModules returns the modules of the document and of the files that it names,
// and the built-in ones that have no namesake there.
func (l *loader) loadModules(d *document) map[string]*module.Module {
	all, places := module.Builtin(), map[string]string{}
	p := configfile.Path{"modules"}
	l.errs = append(l.errs, module.Validate(l.file, p, d.Modules)...)
	for name, m := range d.Modules {
		all[name], places[name] = m, l.place(p.At(name))
	}
	for i, file := range d.ModuleFiles {
		at, path := configfile.Path{"module_files", i}, l.file.Path(file)
		modules, err := module.Load(path)
		if err != nil {
			l.include(at, err)
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(modules)) {
			if before, ok := places[name]; ok {
				l.fail(at, "the module %q of %s is at %s already; rename one of them, or remove it", name, path, before)
				continue
			}
			all[name], places[name] = modules[name], path
		}
	}
	return all
}
