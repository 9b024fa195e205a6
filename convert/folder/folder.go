// SPDX-License-Identifier: Apache-2.0

// Package folder writes the configuration folder that converters of other programs
// make: services with nodes, modules, receivers and channels, and secrets in files of
// their own. What the settings of a program mean is left to its converter.
package folder

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/tree"
	"github.com/pharos-status/pharos/internal/configfile"
)

// A Folder is what is to be written. It is not safe for concurrent use.
type Folder struct {
	// Top is the comment at the top of each file.
	Top string
	// Defaults stands in exporter.yml.
	Defaults configfile.Map
	// Page is the part branding of statuspage.yml.
	Page configfile.Map
	// ModuleFiles are files with modules, of the folder.
	ModuleFiles []string

	dir       string // absolute
	services  []*Service
	byName    map[string]*Service
	ids       names
	modules   []madeModule
	byText    map[string]string // names of modules
	perKind   map[string]int    // how many modules there are
	files     []convert.File    // of secrets
	secrets   map[string]string // what is in them, by name
	tokens    []configfile.Map
	sensitive bool // exporter.yml holds what may be secret
	receivers []configfile.Map
	receiving names
	channels  []configfile.Map
	told      []hearing

	descriptions map[string][]said // by receiver
}

type madeModule struct {
	name string
	text configfile.Map
	from *tree.Value
}

// A Service is a service of exporter.yml.
type Service struct {
	ID       string
	Numbered bool // another has the id that the name alone would make
	name     string
	nodes    []*Node
	ids      names
	text     configfile.Map
}

// A Node is a node of a service.
type Node struct {
	ID       string
	Numbered bool // another of the service has the id that the name alone would make
	Service  *Service
	name     string
	text     configfile.Map
}

// New returns a folder in which nothing is yet.
func New(o convert.Options, top string) *Folder {
	return &Folder{
		Top: top, dir: o.Dir, byName: map[string]*Service{}, byText: map[string]string{},
		perKind: map[string]int{}, secrets: map[string]string{}, descriptions: map[string][]said{},
	}
}

// Service returns the service of a group by its name, which is made where there is
// none. from says where it came from.
func (f *Folder) Service(name string, from convert.Source) *Service {
	if s := f.byName[name]; s != nil {
		return s
	}
	s := &Service{}
	s.ID, s.Numbered = f.ids.take(name, "service")
	s.name = Label(name, s.ID)
	s.text = configfile.Map{{Key: "id", Value: s.ID}, {Key: "label", Value: configfile.Literal(s.name), After: from.String()}}
	f.byName[name] = s
	f.services = append(f.services, s)
	return s
}

// Node adds a node to the service. Its mode and what belongs to that come after the
// id and the label.
func (s *Service) Node(name string, from convert.Source, rest configfile.Map) *Node {
	n := &Node{Service: s}
	n.ID, n.Numbered = s.ids.take(name, "node")
	n.name = Label(name, n.ID)
	n.text = append(configfile.Map{
		{Key: "id", Value: n.ID, Above: from.String()},
		{Key: "label", Value: configfile.Literal(n.name)},
	}, rest...)
	s.nodes = append(s.nodes, n)
	return n
}

// Empty tells whether nothing would be watched.
func (f *Folder) Empty() bool { return len(f.services) == 0 }

// Sensitive says that exporter.yml holds what may be secret.
func (f *Folder) Sensitive() { f.sensitive = true }

// Module returns the name of the module with that prober and part, which is made
// where there is none like it.
func (f *Folder) Module(prober string, part configfile.Map, from *tree.Value) string {
	text := configfile.Map{{Key: "prober", Value: prober}, {Key: prober, Value: part}}
	key := fmt.Sprint(text)
	if name := f.byText[key]; name != "" {
		return name
	}
	f.perKind[prober]++
	name := fmt.Sprintf("%s-%d", prober, f.perKind[prober])
	f.byText[key] = name
	f.modules = append(f.modules, madeModule{name, text, from})
	return name
}

// Token lets a service be reported to.
func (f *Folder) Token(file string, s *Service, from convert.Source) {
	f.tokens = append(f.tokens, configfile.Map{
		{Key: "token_file", Value: configfile.Literal(file), After: from.String()},
		{Key: "services", Value: configfile.Flow{Value: []string{configfile.Literal(s.ID)}}},
	})
}

// Secret returns the name of a file for a secret, which is the one that is wanted
// unless another secret has it. It fails v if the text can be none.
func (f *Folder) Secret(wanted, text string, v *tree.Value) string {
	text = strings.TrimSpace(text)
	const longest = 32 << 10
	switch {
	case text == "":
		v.Fail("the secret is empty; write it, or remove what uses it")
		return wanted
	case len(text) > longest:
		v.Fail("a secret has at most %d bytes", longest)
		return wanted
	}
	name := wanted
	base, extension, _ := strings.Cut(wanted, ".")
	for i := 2; f.secrets[name] != "" && f.secrets[name] != text; i++ {
		name = fmt.Sprintf("%s-%d.%s", base, i, extension)
	}
	if f.secrets[name] == "" {
		f.secrets[name] = text
		f.files = append(f.files, convert.File{Name: name, Data: []byte(text), Secret: true})
	}
	return name
}

// Files returns the files. Of a module that can't be it fails the value that it was
// made of.
func (f *Folder) Files() ([]convert.File, error) {
	if err := f.checkModules(); err != nil {
		return nil, err
	}
	exporter, err := configfile.Write(f.Top, f.exporter())
	if err != nil {
		return nil, fmt.Errorf("exporter.yml: %w", err)
	}
	files := []convert.File{{Name: "exporter.yml", Data: exporter, Secret: f.sensitive}}
	page, err := configfile.Write(f.Top, configfile.Map{{Key: "branding", Value: f.Page}})
	if err != nil {
		return nil, fmt.Errorf("statuspage.yml: %w", err)
	}
	files = append(files, convert.File{Name: "statuspage.yml", Data: page})
	if len(f.receivers) > 0 {
		routing, err := configfile.Write(f.Top, f.routing())
		if err != nil {
			return nil, fmt.Errorf("alertmanager.yml: %w", err)
		}
		files = append(files, convert.File{Name: "alertmanager.yml", Data: routing}, f.messageFile())
	}
	if len(f.channels) > 0 {
		bridge, err := configfile.Write(f.Top, configfile.Map{
			{Key: "templates", Value: configfile.Flow{Value: []string{messagesFile}}},
			{Key: "channels", Value: f.channels},
		})
		if err != nil {
			return nil, fmt.Errorf("bridge.yml: %w", err)
		}
		files = append(files, convert.File{Name: "bridge.yml", Data: bridge})
	}
	return append(files, f.files...), nil
}

func (f *Folder) exporter() configfile.Map {
	m := configfile.Map{{Key: "defaults", Value: f.Defaults}}
	if len(f.tokens) > 0 {
		m = append(m, configfile.Entry{Key: "reporter", Value: configfile.Map{{Key: "tokens", Value: f.tokens}}})
	}
	if len(f.ModuleFiles) > 0 {
		m = append(m, configfile.Entry{Key: "module_files", Value: configfile.Flow{Value: f.ModuleFiles}})
	}
	if len(f.modules) > 0 {
		m = append(m, configfile.Entry{Key: "modules", Value: f.moduleTexts()})
	}
	services := make([]configfile.Map, len(f.services))
	for i, s := range f.services {
		nodes := make([]configfile.Map, len(s.nodes))
		for j, n := range s.nodes {
			nodes[j] = n.text
		}
		services[i] = append(slices.Clip(s.text), configfile.Entry{Key: "nodes", Value: nodes})
	}
	return append(m, configfile.Entry{Key: "services", Value: services})
}

func (f *Folder) moduleTexts() configfile.Map {
	var modules configfile.Map
	for _, m := range f.modules {
		modules = append(modules, configfile.Entry{Key: m.name, Value: m.text, Above: "first used by " + m.from.Source().String()})
	}
	return modules
}

// checkModules has the modules read as they will be, and fails what a bad one was
// made of.
func (f *Folder) checkModules() error {
	if len(f.modules) == 0 {
		return nil
	}
	text, err := configfile.Write("", configfile.Map{{Key: "modules", Value: f.moduleTexts()}})
	if err != nil {
		return fmt.Errorf("modules: %w", err)
	}
	parsed, err := module.Parse("modules", text)
	bad := map[string]string{}
	if all, ok := errors.AsType[configfile.Errors](err); ok {
		for _, e := range all {
			name, _, _ := strings.Cut(strings.TrimPrefix(e.Path, "modules."), ".")
			bad[name] = e.Msg
		}
	} else if err != nil {
		return err
	}
	for _, m := range f.modules {
		if p := parsed[m.name]; p != nil && p.Problem() != nil {
			bad[m.name] = problemOf(p.Problem())
		}
		if said := bad[m.name]; said != "" {
			m.from.Fail("no request can be made of it: %s", said)
			delete(bad, m.name)
		}
	}
	if len(bad) > 0 { // it belongs to none that is known
		return errors.New("modules: " + slices.Min(slices.Collect(maps.Values(bad))))
	}
	return nil
}

func problemOf(err error) string {
	if all, ok := errors.AsType[configfile.Errors](err); ok && len(all) > 0 {
		return all[0].Msg
	}
	return err.Error()
}
