// SPDX-License-Identifier: Apache-2.0

package gatus

import (
	"net"
	"net/url"
	"strings"

	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/tree"
	"github.com/pharos-status/pharos/internal/configfile"
)

// noBody is said of conditions on an answer that is not looked at.
const noBody = "what is answered is not looked at here; write a module with query_response (docs/configuration.md, Modules), or a node in mode script"

// request says how the endpoint is asked, by its kind.
func (e *endpoint) request() {
	scheme, host, _ := strings.Cut(e.url, "://")
	unseen := func(c condition) { c.missing(noBody) }
	if e.client.Get("tunnel").Text() != "" {
		e.skip("there are no tunnels; run an exporter behind the jump host, with relay in its exporter.yml")
		return
	}
	e.replica = e.url
	switch {
	case e.v.Get("dns") != nil:
		e.dns()
		return
	case scheme == "http" || scheme == "https":
		e.web()
		return
	case scheme == "ws" || scheme == "wss":
		e.websocket()
		return
	case scheme == "tcp" || scheme == "grpc":
	case scheme == "grpcs":
		e.insecure("tls")
	case scheme == "icmp":
		e.icmp(host)
	case scheme == "ssh":
		e.ssh()
	case scheme == "tls":
		e.overTLS(host)
	case scheme == "starttls":
		e.builtin, e.kind, e.replica = "smtp_starttls", module.KindTCP, host
	default:
		e.skip("nothing here asks " + known(scheme) + "; watch it by a node in mode script")
		return
	}
	e.plan.conditions(false, unseen)
	for _, key := range []string{"body", "headers", "method", "graphql"} {
		e.v.Get(key).Note(convert.Missing, "", "nothing is sent to this kind of endpoint")
	}
}

// known returns a scheme that is no part of a password.
func known(scheme string) string {
	for _, name := range []string{"udp", "sctp", "sftp", "redis", "mqtt", "domain", "postgres", "mysql", "file"} {
		if name == scheme {
			return name + "://"
		}
	}
	return "URLs of this scheme"
}

// insecure sets that any certificate will do.
func (e *endpoint) insecure(at string) bool {
	v := e.client.Get("insecure")
	if !v.Bool(false) {
		v.Exact("exporter.yml")
		return false
	}
	v.Exact("exporter.yml: insecure_skip_verify")
	if at == "tls" {
		e.tls = append(e.tls, configfile.Entry{Key: "insecure_skip_verify", Value: true, After: v.Source().String()})
	}
	return true
}

func (e *endpoint) overTLS(host string) {
	e.builtin, e.kind, e.replica = "tls_connect", module.KindTCP, host
	if e.insecure("module") {
		e.builtin = ""
		e.made = e.out.Module("tcp", configfile.Map{
			{Key: "tls", Value: true}, {Key: "tls_config", Value: configfile.Map{{Key: "insecure_skip_verify", Value: true}}},
		}, e.v)
	}
}

func (e *endpoint) icmp(host string) {
	network := e.client.Get("network")
	switch network.Text() {
	case "ip4", "ip6":
		e.kind, e.replica = module.KindICMP, host
		e.made = e.out.Module("icmp", configfile.Map{
			{Key: "preferred_ip_protocol", Value: network.Text()}, {Key: "ip_protocol_fallback", Value: false},
		}, e.v)
		network.Exact("exporter.yml: modules")
	case "", "ip":
		network.Note(convert.Differs, "", "every address of the name has to answer, IPv4 and IPv6")
	default:
		network.Fail("not a network; write ip, ip4 or ip6")
	}
}

// ssh converts an endpoint that logs in, which nobody does here.
func (e *endpoint) ssh() {
	e.v.Get("ssh").Note(convert.Missing, "", "nobody logs in: the handshake alone is watched; to run a command there, write a node in mode script")
}

// dns converts a question to a name server.
func (e *endpoint) dns() {
	d := e.v.Get("dns").Map()
	name, kind := d.Get("query-name"), d.Get("query-type")
	if name.Text() == "" || kind.Text() == "" {
		e.v.Get("dns").Fail("the question needs query-name and query-type; set them")
		return
	}
	var answers []string
	e.plan.conditions(false, func(c condition) {
		match, ok := wholeBody(c.right)
		if !strings.EqualFold(c.left, "[BODY]") || c.op != "==" || !ok {
			c.missing(noBody)
			return
		}
		answers = append(answers, `\s`+strings.TrimPrefix(strings.TrimPrefix(match, `(?s)^`), `\s*`))
		c.v.Note(convert.Differs, "exporter.yml: modules", "one of the records has to be that; Gatus looks at the last one")
	})
	part := configfile.Map{{Key: "query_name", Value: name.Text()}, {Key: "query_type", Value: strings.ToUpper(kind.Text())}}
	rcodes := e.plan.rcodes
	if len(rcodes) == 0 {
		rcodes = []string{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"}
	}
	part = append(part, configfile.Entry{Key: "valid_rcodes", Value: configfile.Flow{Value: rcodes}})
	if len(answers) > 0 {
		part = append(part, configfile.Entry{Key: "validate_answer_rrs", Value: configfile.Map{{Key: "fail_if_none_matches_regexp", Value: answers}}})
	}
	e.kind, e.made = module.KindDNS, e.out.Module("dns", part, e.v)
	if _, rest, found := strings.Cut(e.replica, "://"); found {
		e.replica = rest
	}
	if ip := net.ParseIP(e.replica); ip != nil && ip.To4() == nil {
		e.replica = "[" + e.replica + "]"
	}
	name.Exact("exporter.yml: modules")
	kind.Exact("exporter.yml: modules")
}

// websocket converts an endpoint that opens a WebSocket, and may say something.
func (e *endpoint) websocket() {
	headers := e.headerMap()
	body := e.v.Get("body")
	if body.Text() == "" {
		e.plan.conditions(false, func(c condition) { c.missing(noBody) })
		if len(headers) > 0 {
			e.rest = append(e.rest, configfile.Entry{Key: "http", Value: configfile.Map{{Key: "headers", Value: escaped(headers)}}})
		}
		if strings.HasPrefix(e.url, "wss:") {
			e.insecure("tls")
		}
		return
	}
	exchange := []configfile.Map{{{Key: "send", Value: e.filledIn(body)}}}
	e.plan.conditions(false, func(c condition) {
		match, ok := wholeBody(c.right)
		if !strings.EqualFold(c.left, "[BODY]") || c.op != "==" || !ok {
			c.missing(noBody)
			return
		}
		exchange = append(exchange, configfile.Map{{Key: "expect", Value: match}})
		c.v.Note(convert.Differs, "exporter.yml: modules", "one of the messages has to match")
	})
	part := configfile.Map{{Key: "query_response", Value: exchange}}
	if len(headers) > 0 {
		var all configfile.Map
		for _, h := range headers {
			all = append(all, configfile.Entry{Key: h.Key, Value: configfile.Map{{Key: "values", Value: []any{h.Value}}}})
		}
		part = append(part, configfile.Entry{Key: "headers", Value: all})
	}
	if e.insecure("module") {
		part = append(part, configfile.Entry{Key: "http_config", Value: configfile.Map{{Key: "tls_config", Value: configfile.Map{{Key: "insecure_skip_verify", Value: true}}}}})
	}
	e.out.Sensitive()
	e.kind, e.made = module.KindWebsocket, e.out.Module("websocket", part, e.v)
	body.Exact("exporter.yml: modules")
}

// escaped doubles the dollars of values.
func escaped(m configfile.Map) configfile.Map {
	out := make(configfile.Map, len(m))
	for i, entry := range m {
		if text, ok := entry.Value.(string); ok {
			entry.Value = configfile.Literal(text)
		}
		out[i] = entry
	}
	return out
}

// filledIn returns a body with the placeholders that are always the same.
func (e *endpoint) filledIn(body *tree.Value) string {
	group := e.group
	if e.v.Get("group") == nil {
		group = ""
	}
	text := strings.NewReplacer("[ENDPOINT_NAME]", e.name, "[ENDPOINT_GROUP]", group, "[ENDPOINT_URL]", e.url).Replace(body.Text())
	for _, placeholder := range []string{"[LOCAL_ADDRESS]", "[RANDOM_STRING_", "[CONTEXT]"} {
		if strings.Contains(text, placeholder) {
			body.Note(convert.Missing, "exporter.yml: modules", "placeholders such as "+strings.TrimRight(placeholder, "_]")+"…] are sent as they are; write a node in mode script if that matters")
		}
	}
	return text
}

// secretIn tells whether an address may hold a secret.
func secretIn(address string) bool {
	u, err := url.Parse(address)
	return err != nil || u.User != nil || u.RawQuery != ""
}
