// SPDX-License-Identifier: Apache-2.0

package gatus

import (
	"net/url"
	"strings"
	"time"

	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/folder"
	"github.com/pharos-status/pharos/convert/tree"
	"github.com/pharos-status/pharos/internal/configfile"
)

// ungrouped is the service of endpoints without a group.
const ungrouped = "Services"

// An endpoint is one that is being converted.
type endpoint struct {
	*converter
	v             *tree.Value
	group, name   string
	url           string
	client        *tree.Value
	interval      time.Duration
	timeout       time.Duration
	poll, tls     configfile.Map
	rest          configfile.Map // further settings of the node
	replica       string
	kind          module.Kind // of its module; empty without one
	builtin, made string      // the module: one that is built in, or one of its own
	leftOut       bool
	plan          plan
}

// skip leaves the endpoint out, and says what to do.
func (e *endpoint) skip(text string) {
	e.v.Note(convert.Missing, "", "the endpoint is left out: "+text)
	e.leftOut = true
}

// identify reads the name and the group, and tells whether there is to be a node.
func (c *converter) identify(v *tree.Value) (group, name string, ok bool) {
	if v.Map() == nil {
		return "", "", false
	}
	name, group = v.Get("name").Text(), v.Get("group").Text()
	v.Called(name)
	if strings.TrimSpace(name) == "" {
		v.Fail("the endpoint has no name; give it one")
		return "", "", false
	}
	if group == "" {
		group = ungrouped
	}
	key := group + "\x00" + name
	if line := c.seen[key]; line > 0 {
		v.Fail("an endpoint of this group and name is in line %d already; give it another name", line)
		return "", "", false
	}
	c.seen[key] = v.Line()
	if !v.Get("enabled").Bool(true) {
		v.Note(convert.Missing, "", "it is not enabled, so it is left out; a node of exporter.yml is watched always")
		return "", "", false
	}
	v.Get("enabled").Exact("exporter.yml")
	return group, name, true
}

// node makes the node of an endpoint, and says where its name and group are.
func (c *converter) node(v *tree.Value, group, name string, m configfile.Map) *folder.Node {
	service := c.out.Service(group, v.Get("group").Source())
	n := service.Node(name, v.Source(), m)
	labelled(v.Get("name"), "exporter.yml: label of the node", n.ID, n.Numbered)
	labelled(v.Get("group"), "exporter.yml: label of the service", service.ID, service.Numbered)
	return n
}

func labelled(v *tree.Value, to, id string, numbered bool) {
	if numbered {
		v.Note(convert.Differs, to, "its id is "+id+", as another has the id that is made of such a name")
	}
	v.Exact(to)
}

func (c *converter) endpoint(v *tree.Value) {
	group, name, ok := c.identify(v)
	if !ok {
		return
	}
	e := &endpoint{converter: c, v: v, group: group, name: name, url: strings.TrimSpace(v.Get("url").Text()), client: v.Get("client").Map()}
	if e.url == "" {
		v.Fail("the endpoint has no url; give it one")
		return
	}
	e.interval = v.Get("interval").Duration(defaultInterval, time.Millisecond)
	e.timeout = e.client.Get("timeout").Duration(defaultTimeout, time.Millisecond)
	e.setting("interval", v.Get("interval"), e.interval)
	e.plan = plan{endpoint: e, alerted: c.alerted(v.Get("alerts"))}
	e.request()
	if e.leftOut {
		return
	}
	e.waits()
	e.looks()
	e.clientRest()
	e.add()
}

// waits says how long an answer may take.
func (e *endpoint) waits() {
	late, v := e.plan.deadAfter, e.client.Get("timeout")
	if late == 0 {
		e.setting("timeout", v, e.timeout)
		return
	}
	v.Note(convert.Differs, "exporter.yml: poll.timeout", "the condition of [RESPONSE_TIME] is the timeout, as it comes before")
	e.poll = append(e.poll, configfile.Entry{Key: "timeout", Value: late, After: e.plan.slow.Source().String()})
}

// setting notes a duration of poll.
func (e *endpoint) setting(key string, v *tree.Value, d time.Duration) {
	if v == nil {
		return
	}
	e.poll = append(e.poll, configfile.Entry{Key: key, Value: d, After: v.Source().String()})
	v.Exact("exporter.yml: poll." + key)
}

// add makes the node.
func (e *endpoint) add() {
	if problem := config.ReplicaProblem(e.kind, e.replica); problem != nil {
		e.v.Get("url").Fail("%v", problem)
		return
	}
	m := configfile.Map{{Key: "mode", Value: "poll"}}
	if name := e.made + e.builtin; name != "" {
		m = append(m, configfile.Entry{Key: "module", Value: name})
	}
	if e.plan.sickAfter > 0 {
		e.poll = append(e.poll, configfile.Entry{Key: "sick_after", Value: e.plan.sickAfter, After: e.plan.slow.Source().String()})
	}
	if e.plan.sickBefore > 0 {
		e.tls = append(configfile.Map{{Key: "sick_before", Value: e.plan.sickBefore, After: e.plan.expiry.Source().String()}}, e.tls...)
	}
	if len(e.poll) > 0 {
		m = append(m, configfile.Entry{Key: "poll", Value: e.poll})
	}
	if len(e.tls) > 0 {
		m = append(m, configfile.Entry{Key: "tls", Value: e.tls})
	}
	m = append(m, e.rest...)
	m = append(m, configfile.Entry{Key: "replicas", Value: []any{e.replicaValue()}})
	n := e.node(e.v, e.group, e.name, m)
	e.v.Get("url").Exact("exporter.yml: services." + n.Service.ID + "." + n.ID)
	e.alerts(e.v.Get("alerts"), e.group, n, e.interval)
}

// replicaValue returns the replica, with a name where its address may hold a secret.
func (e *endpoint) replicaValue() any {
	u, err := url.Parse(e.replica)
	if err != nil || e.kind != module.KindHTTP && e.kind != "" || (u.User == nil && u.RawQuery == "" && u.Fragment == "") {
		return configfile.Literal(e.replica)
	}
	if strings.HasPrefix(e.replica, "dns://") {
		return configfile.Literal(e.replica)
	}
	e.out.Sensitive()
	return configfile.Map{
		{Key: "url", Value: configfile.Literal(e.replica)},
		{Key: "name", Value: configfile.Literal(folder.Label(e.name, "replica"))},
	}
}

// looks says what became of how the endpoint is shown and counted.
func (e *endpoint) looks() {
	for _, key := range []string{"hide-hostname", "hide-port", "hide-url"} {
		e.v.Get("ui").Get(key).Note(convert.Differs, "", "targets are never on the public page, unless reveal_replica_name is set on the node")
	}
	for _, key := range []string{"hide-conditions", "hide-errors", "dont-resolve-failed-conditions", "resolve-successful-conditions", "badge"} {
		e.v.Get("ui").Get(key).Note(convert.Missing, "", "the public page shows states alone; what a probe saw is on the operations listener")
	}
	e.v.Get("extra-labels").Note(convert.Missing, "", "metrics have the labels service, node and replica; add others in Prometheus, by relabelling")
	e.v.Get("maintenance-windows").Note(convert.Missing, "", "declare it as maintenance that recurs: pharosctl maintenance plan -c SERVICE/NODE, with --rrule and --time-zone")
	for _, key := range []string{"always-run", "store"} {
		e.v.Get(key).Note(convert.Missing, "", "this is for suites alone")
	}
}

// clientRest says what became of the settings of the client that nothing has used.
func (e *endpoint) clientRest() {
	for _, at := range [][2]string{
		{"dns-resolver", "names are resolved as the machine does; change that, or watch the address with the header Host"},
		{"identity-aware-proxy", "there is no login at Google; put a proxy that does it before the target, or watch it by a script"},
		{"store-cookies", "no cookies are kept between requests"},
	} {
		e.client.Get(at[0]).Note(convert.Missing, "", at[1])
	}
	for _, key := range []string{"insecure", "ignore-redirect", "network", "tls", "oauth2", "proxy-url"} {
		if v := e.client.Get(key); !v.Told() {
			v.Note(convert.Missing, "", "it does not matter for this kind of endpoint")
		}
	}
}

// external converts an endpoint that is reported by others.
func (c *converter) external(v *tree.Value) {
	group, name, ok := c.identify(v)
	if !ok {
		return
	}
	n := c.node(v, group, name, configfile.Map{{Key: "mode", Value: "local"}})
	token := v.Get("token")
	if token.Text() == "" {
		v.Fail("the endpoint has no token; give it one")
		return
	}
	c.out.Token(c.out.Secret("reporter.token", token.Text(), token), n.Service, token.Source())
	path := "/reporter/" + n.Service.ID + "/" + n.ID + "/"
	token.Note(convert.Differs, "exporter.yml: reporter.tokens", "report by POST "+path+` with the token as the password of Basic authentication, and a body such as {"replica": "main", "interval": 60, "health": "healthy"}, or by pharosctl report; the token is good for the whole service`)
	heartbeat := v.Get("heartbeat").Get("interval")
	every := heartbeat.Duration(defaultInterval, 0)
	heartbeat.Note(convert.Differs, "", "each report says its interval itself; the replica is dead local.dead_after (40s) after a report is due")
	c.alerts(v.Get("alerts"), group, n, every)
}
