// SPDX-License-Identifier: Apache-2.0

package folder

import (
	"slices"
	"strings"
	"time"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/internal/configfile"
)

// nobody is the receiver of what nobody is to be told of.
const nobody = "nobody"

// A Way says how somebody is told.
type Way struct {
	Receiver string        // as one of the functions that make one returned it
	Wait     time.Duration // before the first word
	Repeat   time.Duration // 0: it is told once
}

type hearing struct {
	way   Way
	from  convert.Source // of the first node
	nodes map[*Service][]string
	order []*Service
}

// Tell has somebody told of a node.
func (f *Folder) Tell(n *Node, w Way, from convert.Source) {
	at := slices.IndexFunc(f.told, func(h hearing) bool { return h.way == w })
	if at < 0 {
		at = len(f.told)
		f.told = append(f.told, hearing{way: w, from: from, nodes: map[*Service][]string{}})
	}
	h := &f.told[at]
	nodes := h.nodes[n.Service]
	if nodes == nil {
		h.order = append(h.order, n.Service)
	}
	if len(nodes) == 0 || nodes[len(nodes)-1] != n.ID {
		h.nodes[n.Service] = append(nodes, n.ID)
	}
}

// routing returns alertmanager.yml. What no service is named in is said of Pharos
// itself, and goes to the first receiver.
func (f *Folder) routing() configfile.Map {
	routes := []configfile.Map{{
		{Key: "matchers", Value: []string{`alertname = "PharosReplicaDead"`}, Above: "each node has one replica: PharosNodeDead says the same"},
		{Key: "receiver", Value: nobody},
	}}
	for _, h := range f.told {
		routes = append(routes, f.routesOf(h)...)
	}
	routes = append(routes, configfile.Map{
		{Key: "matchers", Value: []string{`service != ""`}, Above: "what nobody is to be told of"},
		{Key: "receiver", Value: nobody},
	}, configfile.Map{
		{Key: "matchers", Value: []string{`alertname = "PharosWatchdog"`}, Above: "it always fires: for a service that calls you when it stays away"},
		{Key: "receiver", Value: nobody},
	})
	first := f.receivers[0][0].Value
	return configfile.Map{
		{Key: "templates", Value: configfile.Flow{Value: []string{messagesFile}}},
		{Key: "route", Value: configfile.Map{
			{Key: "receiver", Value: first, Above: "what is said of no service, but of Pharos itself"},
			{Key: "group_by", Value: configfile.Flow{Value: []string{"service", "node"}}},
			{Key: "group_wait", Value: 5 * time.Second},
			{Key: "group_interval", Value: 10 * time.Second},
			{Key: "repeat_interval", Value: never},
			{Key: "routes", Value: routes},
		}},
		{Key: "receivers", Value: append([]configfile.Map{{{Key: "name", Value: nobody}}}, f.receivers...)},
	}
}

// never is for how long Alertmanager remembers what it has told.
const never = 120 * time.Hour

// routesOf returns a route for all services, if they are told of as a whole, and one
// for each otherwise.
func (f *Folder) routesOf(h hearing) []configfile.Map {
	whole := len(h.order) == len(f.services)
	for _, s := range h.order {
		whole = whole && len(h.nodes[s]) == len(s.nodes)
	}
	if whole {
		return []configfile.Map{h.route(`node != ""`)}
	}
	var routes []configfile.Map
	for _, s := range h.order {
		nodes := `node != ""`
		if len(h.nodes[s]) < len(s.nodes) {
			nodes = `node =~ "` + strings.Join(h.nodes[s], "|") + `"`
		}
		routes = append(routes, h.route(`service = "`+s.ID+`"`, nodes))
	}
	return routes
}

func (h hearing) route(matchers ...string) configfile.Map {
	m := configfile.Map{
		{Key: "matchers", Value: matchers, Above: h.from.String()},
		{Key: "receiver", Value: h.way.Receiver},
		{Key: "group_wait", Value: h.way.Wait},
	}
	if h.way.Repeat > 0 {
		m = append(m, configfile.Entry{Key: "repeat_interval", Value: h.way.Repeat})
	}
	return append(m, configfile.Entry{Key: "continue", Value: true})
}
