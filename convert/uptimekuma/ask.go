// SPDX-License-Identifier: Apache-2.0

package uptimekuma

import (
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/internal/configfile"
)

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
	if v := m.v.Get("dns_resolve_server"); strings.Contains(v.TextOr(""), ",") {
		v.Note(convert.Differs, "exporter.yml: replicas", "the first of these servers is asked, and no other where it does not answer")
	}
	m.v.Get("dns_resolve_server").Exact("exporter.yml: replicas")
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
	said := false
	for _, key := range []string{"grpcMethod", "grpcServiceName", "grpcBody", "grpcProtobuf", "grpcMetadata", "keyword", "invertKeyword"} {
		v := m.v.Get(key)
		if said {
			v.Skip()
		}
		v.Note(convert.Missing, "", "the health service of gRPC is asked, not a method of your own; for that, watch it by a node in mode script that runs grpcurl")
		said = said || v.Told()
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
		if timeout != timeoutOf(defaultInterval) {
			add("timeout", "timeout", timeout)
		}
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

// push converts a monitor that is reported.
func (m *monitor) push() {
	service := m.service(m.v)
	n := service.Node(m.name, m.v.Source(), configfile.Map{{Key: "mode", Value: "local"}})
	path := "/reporter/" + service.ID + "/" + n.ID + "/"
	text := "report by POST " + path + ` with the token as the password of Basic authentication, and a body such as {"replica": "main", "interval": ` +
		strconv.Itoa(m.v.Get("interval").Int(60, 1, maxSeconds)) + `, "health": "healthy"}, or by pharosctl report; the token is good for the whole service`
	if token := m.v.Get("pushToken"); token.TextOr("") != "" {
		m.out.Token(m.out.Secret("reporter.token", token.Text(), token), service, token.Source())
		token.Note(convert.Differs, "exporter.yml: reporter.tokens", text)
	} else {
		m.v.Fail("there is no pushToken, so nobody could report; export the backup with its secrets")
	}
	m.v.Get("interval").Exact("the reports, which say it")
	for _, key := range []string{"maxretries", "retryInterval"} {
		m.once(m.v.Get(key), convert.Differs, "exporter.yml: local.dead_after", "a report that is overdue is waited for as long as local.dead_after says (40s), which may be set for each node")
	}
	m.tell(n)
	m.tagsOf(m.v)
}
