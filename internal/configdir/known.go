// SPDX-License-Identifier: Apache-2.0

package configdir

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	collectorconfig "github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/internal/configfile"
	pageconfig "github.com/pharos-status/pharos/statuspage/config"
)

// known are the services of exporter.yml, and their nodes. It is nil where nobody can
// say which there are: exporter.yml is not there or bad, it is of one exporter among
// several, or more is discovered.
type known map[string]map[string]collectorconfig.Mode

func knownIn(dir string) known {
	c, err := collectorconfig.Load(filepath.Join(dir, exporterFile))
	if err != nil || len(c.HTTPSD) > 0 || len(c.ServiceFiles) > 0 || c.Shard.Count > 1 || len(c.Services) == 0 {
		return nil
	}
	k := known{}
	for _, s := range c.Services {
		nodes := map[string]collectorconfig.Mode{}
		for _, n := range s.Nodes {
			nodes[n.ID] = n.Mode
		}
		k[s.ID] = nodes
	}
	return k
}

// with returns k and the sections of the page that hold components.
func (k known) with(components []pageconfig.Component) known {
	all := maps.Clone(k)
	for _, c := range components {
		if _, there := all[c.Group]; !there {
			all[c.Group] = nil
		}
	}
	return all
}

// service says that there is no such service; nil if there is.
func (k known) service(f *configfile.File, p configfile.Path, id string) []error {
	if _, there := k[id]; there || id == "" {
		return nil
	}
	return []error{f.Errorf(p, "%s has no service %q%s", exporterFile, id, meant(id, maps.Keys(k)))}
}

// node says that none of the services has such a node; nil if one has, or if it is not
// known which they are.
func (k known) node(f *configfile.File, p configfile.Path, services []string, id string) []error {
	nodes := map[string]bool{}
	for _, s := range services {
		if _, there := k[s]; !there {
			return nil // which is told
		}
		for n := range k[s] {
			nodes[n] = true
		}
	}
	if nodes[id] || id == "" {
		return nil
	}
	where := fmt.Sprintf("service %q has", services[0])
	if len(services) > 1 {
		where = "these services have"
	}
	return []error{f.Errorf(p, "in %s, %s no node %q%s", exporterFile, where, id, meant(id, maps.Keys(nodes)))}
}

// meant asks whether something else was meant.
func meant(name string, others func(yield func(string) bool)) string {
	if near := configfile.Nearest(name, slices.Sorted(others)); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}
