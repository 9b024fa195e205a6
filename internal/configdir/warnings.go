// SPDX-License-Identifier: Apache-2.0

package configdir

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"

	collectorconfig "github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/rules/alerting"
	sidecarconfig "github.com/pharos-status/pharos/sidecar/config"
	"github.com/pharos-status/pharos/statuspage"
	pageconfig "github.com/pharos-status/pharos/statuspage/config"
)

// Warnings returns what the programs take and is probably not meant: names of what
// the other files don't have, and secrets that are not there or not secret. Of files
// that are bad in themselves, and of names that are only known when something is
// discovered, nothing is said.
func Warnings(dir string) (all []error) {
	k := knownIn(dir)
	for _, part := range []func(string, known) []error{alertingNames, pageNames, reporterNames} {
		all = append(all, part(dir, k)...)
	}
	return append(all, secrets(dir)...)
}

// alertingNames checks whom alerting.yml speaks of.
func alertingNames(dir string, k known) (all []error) {
	path := filepath.Join(dir, alertingFile)
	c, err := alerting.Load(path)
	f, unread := configfile.Read(path)
	if err != nil || unread != nil || k == nil {
		return nil
	}
	part := func(p configfile.Path, service, node string) {
		all = append(all, k.service(f, p.At("service"), service)...)
		all = append(all, k.node(f, p.At("node"), []string{service}, node)...)
	}
	for i, o := range c.SLO {
		part(configfile.Path{"slo", i}, o.Service, "")
	}
	for i, o := range c.Apdex.Overrides {
		part(configfile.Path{"apdex", "overrides", i}, o.Service, o.Node)
	}
	for i, o := range c.Owners {
		p := configfile.Path{"owners", i}
		for j, id := range o.Services {
			all = append(all, k.service(f, p.At("services", j), id)...)
		}
		of := o.Services
		if len(of) == 0 {
			of = slices.Sorted(maps.Keys(k))
		}
		for j, id := range o.Nodes {
			all = append(all, k.node(f, p.At("nodes", j), of, id)...)
		}
	}
	for i, d := range c.Dependencies {
		p := configfile.Path{"dependencies", i}
		part(p, d.Service, d.Node)
		for j, on := range d.DependsOn {
			part(p.At("depends_on", j), on.Service, on.Node)
		}
	}
	return all
}

// pageNames checks of what statuspage.yml speaks.
func pageNames(dir string, k known) (all []error) {
	path := filepath.Join(dir, pageFile)
	c, err := pageconfig.Load(path)
	f, unread := configfile.Read(path)
	if err != nil || unread != nil || k == nil {
		return nil
	}
	for i, component := range c.Components {
		p := configfile.Path{"components", i}
		nodes, there := k[component.Group]
		if _, taken := nodes[component.ID]; taken {
			all = append(all, f.Errorf(p.At("id"), "%s has a node %q in service %q, too; give one of them another id", exporterFile, component.ID, component.Group))
		}
		if near := configfile.Nearest(component.Group, slices.Sorted(maps.Keys(k))); !there && near != "" && component.GroupLabel == "" {
			all = append(all, f.Errorf(p.At("group"), "%s has no service %q; did you mean %q? If it is a section of its own, give it a group_label", exporterFile, component.Group, near))
		}
	}
	sections := k.with(c.Components)
	for i, rule := range c.Incidents.FromAlerts.Rules {
		for j, id := range rule.Services {
			all = append(all, sections.service(f, configfile.Path{"incidents", "from_alerts", "rules", i, "services", j}, id)...)
		}
	}
	for i, page := range c.All() {
		p := configfile.Path{"pages", i - 1, "select"}
		if i == 0 {
			p = configfile.Path{"select"}
		}
		if foreseeable(page.Select) && !selectsAny(page, c.Components, k) {
			all = append(all, f.Errorf(p, "no node of %s and no component fits, so the page shows none", exporterFile))
		}
	}
	return all
}

// foreseeable tells whether matchers are of the labels that each node has from
// exporter.yml; others may come with what Prometheus adds.
func foreseeable(matchers []string) bool {
	byName := regexp.MustCompile(`^\s*(service|node|mode)\s*[=!]`)
	return len(matchers) > 0 && !slices.ContainsFunc(matchers, func(m string) bool { return !byName.MatchString(m) })
}

func selectsAny(page *pageconfig.Page, components []pageconfig.Component, k known) bool {
	for service, nodes := range k {
		for id, mode := range nodes {
			if page.Selects(service, statuspage.NodeLayout{ID: id, Mode: string(mode)}) {
				return true
			}
		}
	}
	return slices.ContainsFunc(components, func(c pageconfig.Component) bool {
		return page.Selects(c.Group, statuspage.NodeLayout{ID: c.ID, Mode: statuspage.ModePromQL, Labels: c.Labels})
	})
}

// reporterNames checks as which nodes reporter.yml reports.
func reporterNames(dir string, k known) (all []error) {
	path := filepath.Join(dir, reporterFile)
	c, err := sidecarconfig.Load(path)
	f, unread := configfile.Read(path)
	if err != nil || unread != nil || k == nil {
		return nil
	}
	for i, w := range c.Watch {
		p := configfile.Path{"watch", i}
		all = append(all, k.service(f, p.At("service"), w.Service)...)
		all = append(all, k.node(f, p.At("node"), []string{w.Service}, w.Node)...)
		wanted := collectorconfig.ModeLocal
		if w.Report == sidecarconfig.ReportLoad {
			wanted = collectorconfig.ModePush
		}
		if mode, there := k[w.Service][w.Node]; there && mode != wanted {
			all = append(all, f.Errorf(p.At("node"), "%s has it in mode %s, which takes no such reports: %s", exporterFile, mode, remedy(mode, wanted)))
		}
	}
	return all
}

// remedy says how a watch and its node fit together.
func remedy(mode, wanted collectorconfig.Mode) string {
	switch mode {
	case collectorconfig.ModePush:
		return fmt.Sprintf("write report: %s here, or mode: %s there", sidecarconfig.ReportLoad, wanted)
	case collectorconfig.ModeLocal:
		return fmt.Sprintf("write report: %s here, or mode: %s there", sidecarconfig.ReportHealth, wanted)
	case collectorconfig.ModePoll, collectorconfig.ModeScript:
	}
	return fmt.Sprintf("write mode: %s there", wanted)
}
