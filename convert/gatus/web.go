// SPDX-License-Identifier: Apache-2.0

package gatus

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/tree"
	"github.com/pharos-status/pharos/internal/configfile"
)

// web converts an endpoint that is asked over HTTP: a module says how, as redirects
// are followed, which nodes without one don't.
func (e *endpoint) web() {
	e.kind = module.KindHTTP
	e.plan.conditions(true, e.plan.httpBody)
	part := e.asked()
	if codes := e.plan.codes(); codes != nil {
		part = append(part, configfile.Entry{Key: "valid_status_codes", Value: configfile.Flow{Value: codes}})
	}
	if len(e.plan.matches) > 0 {
		part = append(part, configfile.Entry{Key: "fail_if_body_not_matches_regexp", Value: e.plan.matches})
	}
	if len(e.plan.refuses) > 0 {
		part = append(part, configfile.Entry{Key: "fail_if_body_matches_regexp", Value: e.plan.refuses})
	}
	if len(e.plan.cel) > 0 {
		part = append(part, configfile.Entry{Key: "fail_if_body_json_not_matches_cel", Value: strings.Join(e.plan.cel, " && ")})
	}
	part = append(part, e.webClient()...)
	if e.leftOut {
		return
	}
	if len(part) == 0 {
		e.builtin = "http_2xx"
		return
	}
	e.made = e.out.Module("http", part, e.v)
}

// asked returns the method, the headers and the body.
func (e *endpoint) asked() configfile.Map {
	var part configfile.Map
	method, body, graphql := e.v.Get("method"), e.v.Get("body"), e.v.Get("graphql")
	if m := strings.ToUpper(strings.TrimSpace(method.Text())); m != "" && m != http.MethodGet {
		part = append(part, configfile.Entry{Key: "method", Value: m})
	}
	method.Exact("exporter.yml: modules")
	headers := e.headerMap()
	text := ""
	if body != nil {
		text = e.filledIn(body)
	}
	if graphql.Bool(false) {
		wrapped, err := json.Marshal(map[string]string{"query": text})
		if err != nil {
			body.Fail("%v", err)
		}
		text = string(wrapped)
		if !slices.ContainsFunc(headers, func(h configfile.Entry) bool { return strings.EqualFold(h.Key, "Content-Type") }) {
			headers = append(headers, configfile.Entry{Key: "Content-Type", Value: "application/json"})
		}
		graphql.Exact("exporter.yml: modules")
	}
	headers, credentials := e.credentials(headers)
	if len(headers) > 0 {
		part = append(part, configfile.Entry{Key: "headers", Value: headers})
	}
	part = append(part, credentials...)
	if text != "" {
		e.out.Sensitive()
		part = append(part, configfile.Entry{Key: "body", Value: text})
		body.Exact("exporter.yml: modules")
	}
	return part
}

// headerMap returns the headers, in the order of the file.
func (e *endpoint) headerMap() configfile.Map {
	var headers configfile.Map
	seen := map[string]bool{}
	for _, h := range e.v.Get("headers").Members() {
		name := http.CanonicalHeaderKey(h.Key())
		if seen[name] {
			h.Fail("the header is there twice; keep one")
			continue
		}
		seen[name] = true
		if !httpguts.ValidHeaderFieldName(h.Key()) || !httpguts.ValidHeaderFieldValue(h.Text()) {
			h.Fail("no header can be made of it; write name: value, on one line")
			continue
		}
		headers = append(headers, configfile.Entry{Key: h.Key(), Value: h.Text()})
		if !slices.Contains([]string{"Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Content-Type", "Host", "Origin", "User-Agent"}, name) {
			e.out.Sensitive()
		}
	}
	e.v.Get("headers").Exact("exporter.yml")
	return headers
}

// credentials takes out of the headers what a module can have in a file.
func (e *endpoint) credentials(headers configfile.Map) (rest, part configfile.Map) {
	if e.client.Get("oauth2") != nil {
		return headers, nil
	}
	for i, h := range headers {
		value, _ := h.Value.(string)
		kind, secret, _ := strings.Cut(strings.TrimSpace(value), " ")
		if !strings.EqualFold(h.Key, "Authorization") || strings.TrimSpace(secret) == "" {
			continue
		}
		rest = append(append(rest, headers[:i]...), headers[i+1:]...)
		from := e.v.Get("headers").Get(h.Key)
		if strings.EqualFold(kind, "Bearer") {
			file := e.out.Secret("http.token", secret, from)
			return rest, configfile.Map{{Key: "authorization", Value: configfile.Map{{Key: "credentials_file", Value: file}}}}
		}
		plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(secret))
		user, password, found := strings.Cut(string(plain), ":")
		if err != nil || !strings.EqualFold(kind, "Basic") || !found || strings.TrimSpace(password) == "" || user == "" {
			return headers, nil
		}
		file := e.out.Secret("http.password", password, from)
		return rest, configfile.Map{{Key: "basic_auth", Value: configfile.Map{{Key: "username", Value: user}, {Key: "password_file", Value: file}}}}
	}
	return headers, nil
}

// webClient returns what a module says of the client.
func (e *endpoint) webClient() configfile.Map {
	var part configfile.Map
	if v := e.client.Get("ignore-redirect"); v != nil {
		if v.Bool(false) {
			part = append(part, configfile.Entry{Key: "follow_redirects", Value: false})
		}
		v.Exact("exporter.yml: modules")
	}
	if v := e.client.Get("proxy-url"); v.Text() != "" {
		if secretIn(v.Text()) {
			e.out.Sensitive()
		}
		part = append(part, configfile.Entry{Key: "proxy_url", Value: v.Text()})
		v.Exact("exporter.yml: modules")
	}
	var tls configfile.Map
	if e.insecure("module") {
		tls = append(tls, configfile.Entry{Key: "insecure_skip_verify", Value: true})
	}
	t := e.client.Get("tls").Map()
	if cert, key := t.Get("certificate-file"), t.Get("private-key-file"); cert.Text() != "" && key.Text() != "" {
		tls = append(tls, configfile.Entry{Key: "cert_file", Value: cert.Text()}, configfile.Entry{Key: "key_file", Value: key.Text()})
		for _, v := range []*tree.Value{cert, key} {
			v.Note(convert.Differs, "exporter.yml: modules", "a relative name begins in the folder of exporter.yml; copy the file there, or write an absolute one")
		}
	}
	if len(tls) > 0 {
		part = append(part, configfile.Entry{Key: "tls_config", Value: tls})
	}
	return append(part, e.oauth2()...)
}

func (e *endpoint) oauth2() configfile.Map {
	o := e.client.Get("oauth2").Map()
	if o == nil {
		return nil
	}
	id, secret, address := o.Get("client-id").Text(), o.Get("client-secret").Text(), o.Get("token-url").Text()
	if id == "" || secret == "" || address == "" {
		o.Fail("OAuth 2 needs token-url, client-id and client-secret; set them")
		return nil
	}
	m := configfile.Map{
		{Key: "client_id", Value: id},
		{Key: "client_secret_file", Value: e.out.Secret("oauth2.secret", secret, o.Get("client-secret"))},
		{Key: "token_url", Value: address},
	}
	if scopes := o.Get("scopes").Texts(); len(scopes) > 0 {
		m = append(m, configfile.Entry{Key: "scopes", Value: scopes})
	}
	for _, key := range []string{"client-id", "client-secret", "token-url", "scopes"} {
		o.Get(key).Exact("exporter.yml: modules")
	}
	return configfile.Map{{Key: "oauth2", Value: m}}
}
