// SPDX-License-Identifier: Apache-2.0

// Package blackbox makes the configuration folder of this project from that of
// blackbox_exporter, and from the scrape jobs of the Prometheus that probes through
// it. It reads and writes no file itself: what it makes is written by package convert.
package blackbox

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/folder"
	"github.com/pharos-status/pharos/convert/tree"
	"github.com/pharos-status/pharos/internal/configfile"
)

// A Source is a file that is converted.
type Source struct {
	Name string // as the user named it; empty: there is none
	Data []byte
}

// Sources are the files that are converted together.
type Sources struct {
	Blackbox   Source // blackbox.yml; without it, the modules that are built in are known
	Prometheus Source // prometheus.yml; without it, nothing is watched on a schedule
}

// modulesFile is the name that the modules get.
const modulesFile = "blackbox.yml"

// unknown is said of what is not converted.
const unknown = "this setting stays with your Prometheus; to have pharos do it, write it into prometheus.yml, which takes Prometheus' own format (docs/configuration.md)"

// Convert converts the files. The modules stay in a file as they are, and each scrape
// job that probes becomes a service.
func Convert(src Sources, o convert.Options) (convert.Result, error) {
	top := "Made from " + src.Blackbox.Name + ", a configuration of blackbox_exporter."
	if src.Prometheus.Name != "" {
		top += "\nServices come from the scrape jobs of " + src.Prometheus.Name + "."
	}
	c := converter{out: folder.New(o, top)}
	c.out.Defaults = configfile.Map{{Key: "poll", Value: configfile.Map{
		{Key: "interval", Value: time.Minute, After: "Prometheus' default"},
		{Key: "timeout", Value: 10 * time.Second, After: "Prometheus' default"},
		{Key: "sick_after", Value: time.Duration(0), After: "a probe is a success or not"},
		{Key: "retries", Value: 0, After: "Prometheus probes once"},
	}}}
	notes, modules, errs := c.modulesOf(src.Blackbox)
	more, err := c.jobsOf(src.Prometheus)
	if all, ok := errors.AsType[convert.Errors](err); ok {
		errs = append(errs, all...)
	}
	if err := errs.Err(); err != nil {
		return convert.Result{}, err
	}
	files, err := c.out.Files()
	if err != nil {
		return convert.Result{}, convert.Errors{{File: src.Blackbox.Name, Msg: err.Error()}}
	}
	return convert.Result{Files: append(files, modules...), Notes: append(notes, more...)}, nil
}

// A converter holds what is made of the files.
type converter struct {
	out     *folder.Folder
	modules map[string]*module.Module // those of the file, and those that are built in
}

// modulesOf reads the modules, which stay as they are.
func (c *converter) modulesOf(src Source) (notes []convert.Note, files []convert.File, errs convert.Errors) {
	c.modules = module.Builtin()
	if src.Name == "" {
		return nil, nil, nil
	}
	if len(src.Data) > convert.MaxSource {
		return nil, nil, convert.Errors{{File: src.Name, Msg: "larger than 16 MiB"}}
	}
	doc, err := tree.YAML(src.Name, src.Data)
	if all, ok := errors.AsType[convert.Errors](err); ok {
		return nil, nil, all
	}
	parsed, err := module.Parse(src.Name, src.Data)
	if err != nil {
		return nil, nil, tree.ErrorsOf(src.Name, err)
	}
	maps.Copy(c.modules, parsed)
	for _, name := range slices.Sorted(maps.Keys(parsed)) {
		v := doc.Root.Get("modules").Get(name)
		if problem := parsed[name].Problem(); problem != nil {
			doc.Root.Get("modules").Note(convert.Differs, "exporter.yml: module_files", "the module "+name+" can't work, as it could not in blackbox_exporter: its probes fail, and the log says why")
			continue
		}
		v.Exact("exporter.yml: module_files")
	}
	doc.Root.Get("modules").Note(convert.Differs, "exporter.yml: module_files", "relative names of files in it begin in the folder of the file; in blackbox_exporter, in the one it was started in")
	notes, err = doc.Finish(unknown)
	if all, ok := errors.AsType[convert.Errors](err); ok {
		return nil, nil, all
	}
	c.out.ModuleFiles = []string{modulesFile}
	return notes, []convert.File{{Name: modulesFile, Data: src.Data, Secret: true}}, nil
}
