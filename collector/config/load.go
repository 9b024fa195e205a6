// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"unicode"

	"github.com/pharos-status/pharos/internal/configfile"
)

// maxNameBytes bounds IDs, labels and names, which become label values.
const maxNameBytes = 200

// Load reads and checks the file at path. Its error holds everything that is
// wrong, each with file and line, as [configfile.Errors]; it wraps
// [os.ErrNotExist] if there is no such file.
func Load(path string) (*Config, error) {
	f, err := configfile.Read(path)
	if err != nil {
		return nil, err
	}
	return build(f)
}

func build(f *configfile.File) (*Config, error) {
	if err := f.ExpandEnv(os.LookupEnv, "scripts"); err != nil {
		return nil, err
	}
	var d document
	if err := f.Decode(&d); err != nil {
		return nil, err
	}
	l := loader{file: f}
	c := l.config(&d)
	if err := l.errs.Err(); err != nil {
		return nil, err
	}
	return c, nil
}

// A loader makes values of a document, and collects what is wrong with it.
type loader struct {
	file *configfile.File
	errs configfile.Errors
}

func (l *loader) fail(p configfile.Path, format string, args ...any) {
	l.errs = append(l.errs, l.file.Errorf(p, format, args...))
}

func (l *loader) config(d *document) *Config {
	c := Default()
	l.parallel(configfile.Path{"parallelism", "poll"}, d.Parallelism.Poll, &c.Parallelism.Poll)
	l.parallel(configfile.Path{"parallelism", "script"}, d.Parallelism.Script, &c.Parallelism.Script)
	defaults := l.settings(configfile.Path{"defaults"}, d.Defaults, defaultSettings())

	seen := map[string]bool{}
	for i, s := range d.Services {
		p := configfile.Path{"services", i}
		l.unique(p, "service", s.ID, seen)
		c.Services = append(c.Services, l.service(p, s, defaults))
	}
	for i, t := range d.Reporter.Tokens {
		c.Tokens = append(c.Tokens, l.token(configfile.Path{"reporter", "tokens", i}, t, seen))
	}
	c.source = *d
	c.source.Defaults = defaults.document()
	c.source.Parallelism = parallelismDocument{&c.Parallelism.Poll, &c.Parallelism.Script}
	return c
}

func (l *loader) parallel(p configfile.Path, from *int, to *int) {
	if from == nil {
		return
	}
	*to = *from
	if *from < 1 {
		l.fail(p, "is %d, want at least 1", *from)
	}
}

// unique checks an ID, and that it is not yet in seen.
func (l *loader) unique(p configfile.Path, what, id string, seen map[string]bool) {
	p = p.At("id")
	switch problem := nameProblem(id); {
	case id == "":
		l.fail(p, "the %s has no id; give it one", what)
	case problem != "":
		l.fail(p, "%s", problem)
	case strings.Contains(id, "/"), id == ".", id == "..":
		l.fail(p, "%q can't be part of a path; use an id without a slash that is neither . nor ..", id)
	case seen[id]:
		l.fail(p, "duplicate %s %q; give it an id of its own", what, id)
	}
	seen[id] = true
}

// nameProblem returns what is wrong with a name as a label value, if anything is.
func nameProblem(name string) string {
	if len(name) > maxNameBytes {
		return fmt.Sprintf("has %d bytes, want at most %d", len(name), maxNameBytes)
	}
	if strings.ContainsFunc(name, unicode.IsControl) {
		return fmt.Sprintf("%q has a control character; remove it", name)
	}
	return ""
}

// label returns the label, or the ID if there is none.
func (l *loader) label(p configfile.Path, label, id string) string {
	if problem := nameProblem(label); problem != "" {
		l.fail(p.At("label"), "%s", problem)
	}
	if label == "" {
		return id
	}
	return label
}

func (l *loader) service(p configfile.Path, d serviceDocument, defaults resolved) Service {
	s := Service{ID: d.ID, Label: l.label(p, d.Label, d.ID)}
	if len(d.Nodes) == 0 {
		l.fail(p.At("nodes"), "the service has no nodes; add one, or remove the service")
	}
	above := l.settings(p, d.settings, defaults)
	seen := map[string]bool{}
	for i, n := range d.Nodes {
		at := p.At("nodes", i)
		l.unique(at, "node", n.ID, seen)
		s.Nodes = append(s.Nodes, l.node(at, n, above))
	}
	return s
}

func (l *loader) link(p configfile.Path, d linkDocument) Link {
	if problem := nameProblem(d.Label); problem != "" {
		l.fail(p.At("label"), "%s", problem)
	}
	if d.URL == "" {
		if d.Label != "" {
			l.fail(p.At("label"), "the link has a label but no url; give it one, or remove the label")
		}
		return Link{}
	}
	u, err := url.Parse(d.URL)
	switch {
	case err != nil:
		l.fail(p.At("url"), "%v", urlProblem(err))
	case u.Scheme == "mailto" && u.Opaque != "":
	case (u.Scheme != "http" && u.Scheme != "https") || u.Host == "":
		l.fail(p.At("url"), "%q is no link for a page; write https://host/path or mailto:address", d.URL)
	}
	return Link(d)
}
