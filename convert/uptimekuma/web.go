// SPDX-License-Identifier: Apache-2.0

package uptimekuma

import (
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/internal/configfile"
)

// web converts a monitor over HTTP, by a module, as redirects are followed.
func (m *monitor) web(kind string) {
	m.kind, m.replica = module.KindHTTP, strings.TrimSpace(m.v.Get("url").TextOr(""))
	part := m.asked()
	accepted := m.v.Get("accepted_statuscodes")
	if list := accepted.Texts(); len(list) > 0 {
		codes, ok := ranges(list)
		if !ok {
			accepted.Fail("not statuses; write such as 200-299")
		}
		if len(codes) > 0 {
			part = append(part, configfile.Entry{Key: "valid_status_codes", Value: configfile.Flow{Value: codes}})
		}
	}
	accepted.Exact("exporter.yml: modules")
	part = append(part, m.looked(kind)...)
	part = append(part, m.client()...)
	if len(part) == 0 {
		m.module = "http_2xx"
		return
	}
	m.module = m.out.Module("http", part, m.v)
}

// asked returns the method, the headers and the body.
func (m *monitor) asked() configfile.Map {
	var part configfile.Map
	method, body := m.v.Get("method"), m.v.Get("body")
	if text := strings.ToUpper(strings.TrimSpace(method.TextOr(""))); text != "" && text != "GET" {
		part = append(part, configfile.Entry{Key: "method", Value: text})
	}
	method.Exact("exporter.yml: modules")
	headers := m.headers()
	text := body.TextOr("")
	if text != "" {
		m.out.Sensitive()
		kind := map[string]string{"xml": "text/xml; charset=utf-8", "form": "application/x-www-form-urlencoded"}[m.v.Get("httpBodyEncoding").TextOr("")]
		if kind == "" {
			kind = "application/json"
		}
		if !hasKey(headers, "Content-Type") {
			headers = append(headers, configfile.Entry{Key: "Content-Type", Value: kind})
		}
	}
	m.v.Get("httpBodyEncoding").Exact("exporter.yml: modules")
	credentials := m.credentials()
	if len(headers) > 0 {
		part = append(part, configfile.Entry{Key: "headers", Value: headers})
	}
	part = append(part, credentials...)
	if text != "" {
		part = append(part, configfile.Entry{Key: "body", Value: text})
	}
	body.Exact("exporter.yml: modules")
	return part
}

func hasKey(m configfile.Map, key string) bool {
	for _, e := range m {
		if strings.EqualFold(e.Key, key) {
			return true
		}
	}
	return false
}

// headers returns the headers, which are JSON within the text.
func (m *monitor) headers() configfile.Map {
	v := m.v.Get("headers")
	inner := m.within(v)
	var headers configfile.Map
	for _, h := range inner.Members() {
		value := h.TextOr("")
		if !httpguts.ValidHeaderFieldName(h.Key()) || !httpguts.ValidHeaderFieldValue(value) || hasKey(headers, h.Key()) {
			v.Fail("no headers can be made of it; each has a name of its own, and one line")
			continue
		}
		headers = append(headers, configfile.Entry{Key: h.Key(), Value: value})
		m.out.Sensitive()
	}
	v.Exact("exporter.yml: modules")
	return headers
}

// credentials returns what proves who asks.
func (m *monitor) credentials() configfile.Map {
	used := map[string][]string{
		"ntlm":      nil,
		"oauth2-cc": {"oauth_client_id", "oauth_client_secret", "oauth_token_url", "oauth_scopes", "oauth_auth_method"},
		"mtls":      {"tlsCa", "tlsCert", "tlsKey"},
	}
	user, password := m.v.Get("basic_auth_user"), m.v.Get("basic_auth_pass")
	method := m.v.Get("authMethod")
	uses, known := used[method.TextOr("")]
	if !known {
		uses = []string{"basic_auth_user", "basic_auth_pass"}
	}
	defer func() {
		method.Exact("exporter.yml: modules")
		for _, key := range uses {
			m.v.Get(key).Exact("exporter.yml: modules")
		}
		for _, key := range []string{
			"basic_auth_user", "basic_auth_pass", "oauth_client_id", "oauth_client_secret", "oauth_token_url", "oauth_scopes",
			"oauth_auth_method", "tlsCa", "tlsCert", "tlsKey", "authDomain", "authWorkstation",
		} {
			m.v.Get(key).Skip() // of another method
		}
	}()
	switch method.TextOr("") {
	case "ntlm":
		method.Note(convert.Missing, "", "there is no NTLM; put a proxy that does it before the target, or watch it by a node in mode script")
		return nil
	case "oauth2-cc":
		return m.oauth2()
	case "mtls":
		return nil // see client
	}
	if user.TextOr("") == "" || strings.TrimSpace(password.TextOr("")) == "" {
		return nil
	}
	file := m.out.Secret("http.password", password.Text(), password)
	return configfile.Map{{Key: "basic_auth", Value: configfile.Map{{Key: "username", Value: user.Text()}, {Key: "password_file", Value: file}}}}
}

func (m *monitor) oauth2() configfile.Map {
	id, secret, address := m.v.Get("oauth_client_id"), m.v.Get("oauth_client_secret"), m.v.Get("oauth_token_url")
	if id.TextOr("") == "" || strings.TrimSpace(secret.TextOr("")) == "" || address.TextOr("") == "" {
		m.v.Fail("OAuth 2 needs an address for tokens, an id and a secret; export the backup with them")
		return nil
	}
	out := configfile.Map{
		{Key: "client_id", Value: id.Text()},
		{Key: "client_secret_file", Value: m.out.Secret("oauth2.secret", secret.Text(), secret)},
		{Key: "token_url", Value: address.Text()},
	}
	if scopes := strings.Fields(m.v.Get("oauth_scopes").TextOr("")); len(scopes) > 0 {
		out = append(out, configfile.Entry{Key: "scopes", Value: scopes})
	}
	return configfile.Map{{Key: "oauth2", Value: out}}
}

// looked returns what the body of the answer has to be.
func (m *monitor) looked(kind string) configfile.Map {
	switch kind {
	case "keyword":
		keyword, key := m.v.Get("keyword"), "fail_if_body_not_matches_regexp"
		if m.v.Get("invertKeyword").Bool(false) {
			key = "fail_if_body_matches_regexp"
		}
		keyword.Exact("exporter.yml: modules")
		m.v.Get("invertKeyword").Exact("exporter.yml: modules")
		return configfile.Map{{Key: key, Value: []string{regexp.QuoteMeta(keyword.TextOr(""))}}}
	case "json-query":
		path, value := m.v.Get("jsonPath"), m.v.Get("expectedValue")
		expression, ok := jsonata(path.TextOr(""), value.TextOr(""))
		operator := m.v.Get("jsonPathOperator")
		if is := operator.TextOr("=="); is != "==" {
			ok = false
			operator.Skip()
		}
		if !ok {
			path.Note(convert.Missing, "", "this expression is not converted: write it in CEL into the module of the node, as fail_if_body_json_not_matches_cel; until then, only the status counts")
			value.Note(convert.Missing, "", "see jsonPath")
			return nil
		}
		path.Note(convert.Differs, "exporter.yml: modules", "it is CEL here, not JSONata; have a look at it")
		value.Exact("exporter.yml: modules")
		return configfile.Map{{Key: "fail_if_body_json_not_matches_cel", Value: expression}}
	}
	return nil
}

var plainPath = regexp.MustCompile(`^\$?\.?[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*|\[[0-9]{1,6}\]){0,20}$`)

var pathStep = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*|\[[0-9]+\]`)

var plainNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?$`)

// jsonata returns a plain path and what is expected there in CEL.
func jsonata(path, value string) (string, bool) {
	if !plainPath.MatchString(path) {
		return "", false
	}
	steps := pathStep.FindAllString(path, -1)
	for i, step := range steps {
		if step[0] != '[' {
			steps[i] = "[" + strconv.Quote(step) + "]"
		}
	}
	at := "body" + strings.Join(steps, "")
	test := at + " == " + strconv.Quote(value)
	if plainNumber.MatchString(value) || value == "true" || value == "false" {
		test += " || " + at + " == " + value
	}
	return test, true
}

// client returns what a module says of the client.
func (m *monitor) client() configfile.Map {
	var part, tls configfile.Map
	redirects := m.v.Get("maxredirects")
	if redirects.Int(10, 0, 1_000_000) == 0 {
		part = append(part, configfile.Entry{Key: "follow_redirects", Value: false})
		redirects.Exact("exporter.yml: modules")
	}
	redirects.Note(convert.Differs, "exporter.yml: modules", "ten redirects are followed at most, or none")
	if id := m.v.Get("proxyId"); id != nil {
		if address := m.proxies[id.Text()]; address != "" {
			m.out.Sensitive()
			part = append(part, configfile.Entry{Key: "proxy_url", Value: address})
			id.Exact("exporter.yml: modules")
		} else {
			id.Note(convert.Missing, "", "the backup has no proxy of this number that can be used; set proxy_url in the module of the node")
		}
	}
	if m.v.Get("ignoreTls").Bool(false) {
		tls = append(tls, configfile.Entry{Key: "insecure_skip_verify", Value: true})
	}
	m.v.Get("ignoreTls").Exact("exporter.yml: modules")
	if m.v.Get("authMethod").TextOr("") == "mtls" {
		for _, pem := range [][3]string{{"tlsCa", "ca_file", "client-ca.pem"}, {"tlsCert", "cert_file", "client.pem"}, {"tlsKey", "key_file", "client-key.pem"}} {
			if v := m.v.Get(pem[0]); strings.TrimSpace(v.TextOr("")) != "" {
				tls = append(tls, configfile.Entry{Key: pem[1], Value: m.out.Secret(pem[2], v.Text(), v)})
			}
		}
		if hasKey(tls, "cert_file") != hasKey(tls, "key_file") {
			m.v.Get("authMethod").Fail("a client certificate needs its key; export the backup with both")
		}
	}
	if len(tls) > 0 {
		part = append(part, configfile.Entry{Key: "tls_config", Value: tls})
	}
	return part
}

func proxyURL(protocol, host string, port int, user, password string, auth bool) string {
	u := url.URL{Scheme: protocol, Host: net.JoinHostPort(host, strconv.Itoa(port))}
	if auth && user != "" {
		u.User = url.UserPassword(user, password)
	}
	return u.String()
}
