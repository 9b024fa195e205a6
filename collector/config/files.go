// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/internal/configfile"
)

// A shownFile is a service file as it is written.
type shownFile struct {
	name     string
	document serviceFileDocument
}

// A matched pattern of the service files.
type matched struct {
	pattern string // absolute
	files   int
	at      *configfile.Error // where the pattern stands; without a message
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
		to.matched = append(to.matched, matched{absolute, len(names), l.file.Errorf(p.At(i), "")})
		if len(names) == 0 && !strings.ContainsAny(pattern, "*?[") {
			names = []string{l.file.Path(pattern)} // it is no pattern: reading tells why it is not there
		}
		for _, name := range names {
			if !read[name] {
				read[name] = true
				l.serviceFile(p.At(i), name, to)
			}
		}
	}
	return all
}

// Lost returns an error if a pattern of the service files matches nothing any more
// that matched files when before was loaded: a folder that went away is rather a
// mount that is lost than the wish to watch nothing of it.
func (c *Config) Lost(before *Config) error {
	var errs configfile.Errors
	for _, now := range c.files.matched {
		for _, then := range before.files.matched {
			if now.files > 0 || then.files == 0 || now.pattern != then.pattern {
				continue
			}
			problem := *now.at
			problem.Msg = fmt.Sprintf("no file matches %s any more (before: %d), so all stays as it was; bring the files back (an empty one will do), or remove the pattern",
				now.pattern, then.files)
			errs = append(errs, &problem)
			break
		}
	}
	return errs.Err()
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
