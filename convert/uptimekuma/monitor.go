// SPDX-License-Identifier: Apache-2.0

package uptimekuma

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/folder"
	"github.com/pharos-status/pharos/convert/tree"
	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/status"
)

const maxSeconds = 10 * 365 * 24 * 3600

// A monitor is one that is being converted.
type monitor struct {
	*converter
	v        *tree.Value
	name     string
	interval time.Duration
	kind     module.Kind // of its module; empty without one
	module   string
	replica  string
	tls      configfile.Map
}

func (c *converter) monitor(v *tree.Value) {
	kind := v.Get("type").Text()
	m := &monitor{converter: c, v: v, name: v.Get("name").Text()}
	if m.name == "" || kind == "" {
		v.Fail("the monitor has no name or no type; export the backup again")
		return
	}
	v.Called(m.name)
	if kind != "group" {
		if why := m.useless(kind); why != "" {
			v.Note(convert.Missing, "", "it is left out: "+why)
			return
		}
	}
	c.quiet(v, kind)
	v.Get("name").Exact("exporter.yml: label")
	v.Get("description").Note(convert.Missing, "", "nodes have labels and links alone")
	v.Get("resendInterval").Note(convert.Missing, "", "who wants to be reminded sets reminders in alerting.yml, which knows escalation, too")
	switch kind {
	case "group":
		c.group(v)
	case "push":
		m.push()
	default:
		m.interval = time.Duration(v.Get("interval").Int(60, 1, maxSeconds)) * time.Second
		m.ask(kind)
		m.add()
	}
	c.rest(v)
}

// useless says why nothing can be made of the monitor; empty if something can.
func (m *monitor) useless(kind string) string {
	switch {
	case !slices.Contains(strings.Fields(web+" port ping dns grpc-keyword push"), kind):
		return "nothing here asks as the type " + strconv.Quote(status.Shorten(kind)) + " does; watch it by a node in mode script, or by a sidecar that reports to one in mode local"
	case !m.v.Get("active").Bool(true):
		return "it is paused; a node of exporter.yml is watched always"
	case m.v.Get("upsideDown").Bool(false):
		return "nothing here is healthy by being down; watch it by a node in mode script"
	}
	return ""
}

// group says what becomes of a group. Who is told of it is told of what is in it.
func (c *converter) group(v *tree.Value) {
	v.Get("upsideDown").Note(convert.Missing, "", "nothing here is healthy by being down")
	switch {
	case !c.parents[v.Get("id").TextOr("")]:
		v.Note(convert.Missing, "", "nothing is in this group, so no service is made of it")
		v.Get("parent").Skip()
	case c.groupOf(v) != nil:
		v.Get("parent").Note(convert.Differs, "exporter.yml: services", "groups within groups are one service, that of the outermost")
	}
	c.tagsOf(v)
	for _, one := range v.Get("notificationIDList").Members() {
		if way, ok := c.wayOf(one); ok {
			one.Note(convert.Differs, "alertmanager.yml: receivers."+way.Receiver, "who is told of a group is told of each monitor in it")
		}
	}
}

// add makes the node.
func (m *monitor) add() {
	if problem := config.ReplicaProblem(m.kind, m.replica); problem != nil {
		m.v.Fail("its address: %v", problem)
		return
	}
	rest := configfile.Map{{Key: "mode", Value: "poll"}}
	if m.module != "" {
		rest = append(rest, configfile.Entry{Key: "module", Value: m.module})
	}
	if poll := m.poll(); len(poll) > 0 {
		rest = append(rest, configfile.Entry{Key: "poll", Value: poll})
	}
	if v := m.v.Get("expiryNotification"); v.Bool(false) && strings.HasPrefix(m.replica, "https:") {
		m.tls = append(m.tls, configfile.Entry{Key: "sick_before", Value: 21 * 24 * time.Hour, After: v.Source().String()})
		v.Note(convert.Differs, "exporter.yml: tls.sick_before", expiring)
	} else {
		v.Skip()
	}
	if len(m.tls) > 0 {
		rest = append(rest, configfile.Entry{Key: "tls", Value: m.tls})
	}
	rest = append(rest, configfile.Entry{Key: "replicas", Value: []any{m.replicaValue()}})
	m.tell(m.service(m.v).Node(m.name, m.v.Source(), rest))
	m.tagsOf(m.v)
}

// expiring is what differs where Uptime Kuma tells of certificates.
const expiring = "the node is sick from 21 days before the end on, of which those who are told of it hear after five minutes (PharosNodeSick), and of the end again " +
	"14 and 3 days before (PharosCertificateExpiring); Uptime Kuma tells of it 21, 14 and 7 days before"

// replicaValue returns the replica, with a name where its address may hold a secret.
func (m *monitor) replicaValue() any {
	u, err := url.Parse(m.replica)
	if err != nil || strings.HasPrefix(m.replica, "dns:") || (u.User == nil && u.RawQuery == "" && u.Fragment == "") {
		return configfile.Literal(m.replica)
	}
	m.out.Sensitive()
	return configfile.Map{
		{Key: "url", Value: configfile.Literal(m.replica)},
		{Key: "name", Value: configfile.Literal(folder.Label(m.name, "replica"))},
	}
}

// tell has those told that the monitor names, or a group that it is in.
func (m *monitor) tell(n *folder.Node) {
	for _, one := range m.v.Get("notificationIDList").Members() {
		if way, ok := m.wayOf(one); ok {
			m.out.Tell(n, way, one.Source())
			one.Exact("alertmanager.yml: receivers." + way.Receiver)
		}
	}
	at := m.v
	for range deepest {
		if at = m.groupOf(at); at == nil {
			return
		}
		for _, one := range at.Get("notificationIDList").Members() {
			if way, ok := m.ways[one.Key()]; ok && one.Bool(false) {
				m.out.Tell(n, way, one.Source())
			}
		}
	}
}

// wayOf returns the way that a notification of a monitor is told; ok is false if there
// is none, which is said.
func (c *converter) wayOf(one *tree.Value) (way folder.Way, ok bool) {
	if !one.Bool(false) {
		one.Skip()
		return way, false
	}
	if way, ok = c.ways[one.Key()]; !ok {
		one.Note(convert.Missing, "", "nobody is told by this notification here; see what is said of it in notificationList")
	}
	return way, ok
}

// tagsOf tells of the tags that are no service.
func (c *converter) tagsOf(v *tree.Value) {
	for _, tag := range v.Get("tags").Items() {
		if !tag.Told() {
			c.once(tag, convert.Missing, "", "a node belongs to one service, and has no tags: neither this one, nor those of others")
		}
	}
}
