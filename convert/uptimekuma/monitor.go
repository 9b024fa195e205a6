// SPDX-License-Identifier: Apache-2.0

package uptimekuma

import (
	"net"
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
	leftOut  string // why
}

func (c *converter) monitor(v *tree.Value) {
	kind := v.Get("type").Text()
	m := &monitor{converter: c, v: v, name: v.Get("name").Text()}
	if m.name == "" || kind == "" {
		v.Fail("the monitor has no name or no type; export the backup again")
		return
	}
	c.harmless(v)
	switch {
	case kind == "group":
		v.Note(convert.Exact, "exporter.yml: services", "")
		return
	case !v.Get("active").Bool(true):
		v.Note(convert.Missing, "", "it is paused, so it is left out; a node of exporter.yml is watched always")
		return
	case v.Get("upsideDown").Bool(false):
		v.Note(convert.Missing, "", "it is left out: nothing here is healthy by being down; watch it by a node in mode script")
		return
	}
	v.Get("upsideDown").Exact("")
	m.interval = time.Duration(v.Get("interval").Int(60, 1, maxSeconds)) * time.Second
	if kind == "push" {
		m.push()
		return
	}
	m.ask(kind)
	if m.leftOut != "" {
		v.Note(convert.Missing, "", "it is left out: "+m.leftOut)
		return
	}
	m.add()
}

// harmless says what became of what a backup has of each monitor, and of how it is
// shown.
func (c *converter) harmless(v *tree.Value) {
	for _, key := range []string{
		"id", "weight", "pathName", "childrenIDs", "dns_last_result", "maintenance", "includeSensitiveData", "forceInactive",
		"screenshot", "userId", "active", "type", "mqttTopic", "parent",
	} {
		if key == "parent" && v.Get(key) != nil {
			continue
		}
		v.Get(key).Exact("")
	}
	v.Get("name").Note(convert.Differs, "exporter.yml: label of the node", "the id of the node is made of it")
	v.Get("description").Note(convert.Missing, "", "nodes have labels and links alone")
	v.Get("resendInterval").Note(convert.Missing, "", "who wants to be reminded sets reminders in alerting.yml, which knows escalation, too")
}

// ask says how the monitor is asked, by its type.
func (m *monitor) ask(kind string) {
	host, port := strings.TrimSpace(m.v.Get("hostname").TextOr("")), strings.TrimSpace(m.v.Get("port").TextOr(""))
	switch kind {
	case "http", "keyword", "json-query":
		m.web(kind)
	case "port":
		m.replica = "tcp://" + net.JoinHostPort(host, port)
	case "ping":
		if strings.Contains(host, ":") {
			host = "[" + strings.Trim(host, "[]") + "]"
		}
		m.replica = "icmp://" + host
	case "dns":
		m.dns(host, port)
	case "grpc-keyword":
		m.grpc()
	default:
		m.leftOut = "nothing here asks this by itself; watch it by a node in mode script, or by a sidecar that reports to one in mode local"
		return
	}
	for _, key := range []string{"hostname", "port", "url"} {
		m.v.Get(key).Exact("exporter.yml: replicas")
	}
}

func (m *monitor) dns(host, port string) {
	server := m.v.Get("dns_resolve_server").TextOr("1.1.1.1")
	if server, _, _ = strings.Cut(server, ","); port == "" {
		port = "53"
	}
	kind := strings.ToUpper(m.v.Get("dns_resolve_type").TextOr("A"))
	m.replica = "dns://" + net.JoinHostPort(strings.Trim(strings.TrimSpace(server), "[]"), port) + "/" + url.PathEscape(host) + "?type=" + url.QueryEscape(kind)
	m.v.Get("dns_resolve_server").Note(convert.Exact, "exporter.yml: replicas", "")
	m.v.Get("dns_resolve_type").Exact("exporter.yml: replicas")
}

// grpc asks the health service, as only that is known of every server.
func (m *monitor) grpc() {
	scheme := "grpc"
	if m.v.Get("grpcEnableTls").Bool(false) {
		scheme = "grpcs"
	}
	m.replica = scheme + "://" + strings.TrimSpace(m.v.Get("grpcUrl").TextOr(""))
	m.v.Get("grpcUrl").Exact("exporter.yml: replicas")
	m.v.Get("grpcEnableTls").Exact("exporter.yml: replicas")
	for _, key := range []string{"grpcMethod", "grpcServiceName", "grpcBody", "grpcProtobuf", "grpcMetadata", "keyword"} {
		m.v.Get(key).Note(convert.Missing, "", "the health service of gRPC is asked, not a method of your own; for that, watch it by a node in mode script that runs grpcurl")
	}
}

// poll returns the settings of the probes.
func (m *monitor) poll() configfile.Map {
	var out configfile.Map
	add := func(key, from string, value any) {
		v := m.v.Get(from)
		out = append(out, configfile.Entry{Key: key, Value: value, After: v.Source().String()})
		v.Exact("exporter.yml: poll." + key)
	}
	if m.v.Get("interval") != nil && m.interval != defaultInterval {
		add("interval", "interval", m.interval)
	}
	m.v.Get("interval").Exact("exporter.yml: poll.interval")
	timeout, seconds := timeoutOf(m.interval), m.v.Get("timeout").TextOr("")
	if f, err := strconv.ParseFloat(seconds, 64); err == nil && f >= 0.001 && f < maxSeconds {
		timeout = time.Duration(f * float64(time.Second)).Truncate(time.Millisecond)
		add("timeout", "timeout", timeout)
	} else if m.interval != defaultInterval {
		out = append(out, configfile.Entry{Key: "timeout", Value: timeout, After: theirs})
	}
	m.v.Get("timeout").Exact("exporter.yml: poll.timeout")
	retries := m.v.Get("maxretries")
	const most = 100
	if n := retries.Int(0, 0, 1_000_000); n > 0 {
		wait := time.Duration(m.v.Get("retryInterval").Int(int(m.interval/time.Second), 0, maxSeconds)) * time.Second
		out = append(out, configfile.Entry{Key: "retries", Value: min(n, most), After: retries.Source().String()},
			configfile.Entry{Key: "retry_wait", Value: wait, After: m.v.Get("retryInterval").Source().String()})
		if n > most {
			retries.Note(convert.Differs, "exporter.yml: poll.retries", "there are at most 100")
		}
	}
	retries.Exact("exporter.yml: poll.retries")
	m.v.Get("retryInterval").Exact("exporter.yml: poll.retry_wait")
	return out
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
		v.Note(convert.Differs, "exporter.yml: tls.sick_before", "it is sick from 21 days before the end on")
	}
	m.v.Get("expiryNotification").Exact("exporter.yml: tls.sick_before")
	if len(m.tls) > 0 {
		rest = append(rest, configfile.Entry{Key: "tls", Value: m.tls})
	}
	rest = append(rest, configfile.Entry{Key: "replicas", Value: []any{m.replicaValue()}})
	m.tell(m.service(m.v).Node(m.name, m.v.Source(), rest))
	m.tags()
}

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

// tell has those told that the monitor names.
func (m *monitor) tell(n *folder.Node) {
	list := m.v.Get("notificationIDList")
	for _, one := range list.Members() {
		if !one.Bool(false) {
			continue
		}
		way, ok := m.ways[one.Key()]
		if !ok {
			one.Note(convert.Missing, "", "nobody is told by this notification here; see what is said of it in notificationList")
			continue
		}
		m.out.Tell(n, way, one.Source())
		one.Exact("alertmanager.yml: receivers." + way.Receiver)
	}
}

func (m *monitor) tags() {
	for _, tag := range m.v.Get("tags").Items() {
		tag.Note(convert.Missing, "", "a node belongs to one service; tags are told in the label at best")
	}
}

// push converts a monitor that is reported.
func (m *monitor) push() {
	service := m.service(m.v)
	n := service.Node(m.name, m.v.Source(), configfile.Map{{Key: "mode", Value: "local"}})
	path := "/reporter/" + service.ID + "/" + n.ID + "/"
	text := "report by POST " + path + ` with the token as the password of Basic authentication, and a body such as {"replica": "main", "interval": ` +
		strconv.Itoa(int(m.interval/time.Second)) + `, "health": "healthy"}, or by pharosctl report; the token is good for the whole service`
	if token := m.v.Get("pushToken"); token.TextOr("") != "" {
		m.out.Token(m.out.Secret("reporter.token", token.Text(), token), service, token.Source())
		token.Note(convert.Differs, "exporter.yml: reporter.tokens", text)
	} else {
		m.v.Fail("there is no pushToken, so nobody could report; export the backup with its secrets")
	}
	m.v.Get("interval").Note(convert.Differs, "", "each report says its interval itself; the replica is dead local.dead_after (40s) after a report is due")
	for _, key := range []string{"maxretries", "retryInterval", "timeout"} {
		m.v.Get(key).Note(convert.Missing, "", "a report that is overdue is not waited for again; set local.dead_after on the node if it should be")
	}
	m.tell(n)
	m.tags()
}

// ranges returns the statuses of a list such as 200-299, 301; ok is false if one is
// none.
func ranges(texts []string) (codes []any, ok bool) {
	var is [1000]bool
	for _, text := range texts {
		first, last, isRange := strings.Cut(strings.TrimSpace(text), "-")
		if !isRange {
			last = first
		}
		from, err := strconv.Atoi(strings.TrimSpace(first))
		to, toErr := strconv.Atoi(strings.TrimSpace(last))
		if err != nil || toErr != nil || from < 100 || to > 999 || from > to {
			return nil, false
		}
		for s := from; s <= to; s++ {
			is[s] = true
		}
	}
	for s := 200; s < 600; s++ {
		if is[s] {
			codes = append(codes, s)
		}
	}
	if len(codes) == 100 && codes[0] == 200 && codes[99] == 299 {
		codes = slices.Delete(codes, 0, len(codes))
		return codes, true
	}
	return codes, len(codes) > 0
}
