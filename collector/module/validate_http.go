// SPDX-License-Identifier: Apache-2.0

package module

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/pharos-status/pharos/internal/configfile"
)

// version3 is how answers and valid_http_versions name HTTP/3.
const version3 = "HTTP/3.0"

func (v *validator) http(p configfile.Path, h *HTTP) {
	v.versions(p, h)
	if h.Method != "" && !httpguts.ValidHeaderFieldName(h.Method) { // both are tokens
		v.flaw(p.At("method"), "%q is no method; write one such as GET", h.Method)
	}
	v.headers(p.At("headers"), h.Headers)
	v.regexps(p.At("fail_if_body_matches_regexp"), h.BodyMatches)
	v.regexps(p.At("fail_if_body_not_matches_regexp"), h.BodyNotMatches)
	v.cel(p.At("fail_if_body_json_matches_cel"), h.JSONMatches)
	v.cel(p.At("fail_if_body_json_not_matches_cel"), h.JSONNotMatches)
	v.headerMatches(p.At("fail_if_header_matches"), h.HeaderMatches)
	v.headerMatches(p.At("fail_if_header_not_matches"), h.HeaderNotMatches)
	v.compression(p, h)
	if h.FailIfSSL && h.FailIfNotSSL {
		v.flaw(p.At("fail_if_ssl"), "fails with TLS, and fail_if_not_ssl without; keep one")
	}
	if h.Body != "" && h.BodyFile != "" {
		v.fail(p.At("body_file"), "both body and body_file are set; keep one")
	}
	h.BodyFile = v.file.Path(h.BodyFile)
	h.BodySizeLimit = max(h.BodySizeLimit, 0) // a negative one is none
	v.client(p, &h.Client)
	if h.NoFollowRedirects != nil {
		h.Client.FollowRedirects, h.NoFollowRedirects = !*h.NoFollowRedirects, nil
	}
}

func (v *validator) versions(p configfile.Path, h *HTTP) {
	for i, version := range h.ValidVersions {
		if h.HTTP3 && version != version3 {
			v.fail(p.At("valid_http_versions", i), "no answer is %s while enable_http3 is true; remove this version", version)
		}
	}
	if h.HTTP3 && h.Client.EnableHTTP2 {
		v.fail(p.At("enable_http3"), "excludes HTTP/2; set enable_http2 to false")
	}
}

func (v *validator) headers(p configfile.Path, headers Headers) {
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		switch {
		case !httpguts.ValidHeaderFieldName(name):
			problem := v.file.Errorf(p.At(name), "the name of a header has a character that none can have; write name: value")
			problem.Path = p.String() // the name may be a whole header, with a secret
			v.flaws = append(v.flaws, problem)
		case !httpguts.ValidHeaderFieldValue(headers[name]):
			v.flaw(p.At(name), "the value has a character that no header can have")
		}
	}
}

func (v *validator) headerMatches(p configfile.Path, all []HeaderMatch) {
	for i, m := range all {
		at := p.At(i)
		if m.Header == "" {
			v.fail(at, "there is no header to match; give its name")
		}
		if m.Regexp.err == nil && (m.Regexp.Regexp == nil || m.Regexp.String() == "") {
			v.fail(at, "there is no regexp to match with; give one")
		}
		v.regexp(at.At("regexp"), m.Regexp)
	}
}

func (v *validator) cel(p configfile.Path, c *CEL) {
	if c != nil && c.odd != nil {
		v.flaw(p, "%v; mend the CEL expression, in which the document is called body", c.odd)
	}
	if c == nil || c.err == nil {
		return
	}
	problem, _, _ := strings.Cut(c.err.Error(), "\n") // the rest draws an arrow at it
	v.fail(p, "%s; mend the CEL expression, in which the document is called body", strings.TrimPrefix(problem, "ERROR: "))
}

// compression checks that an answer in the wanted encoding is also asked for,
// where the module sets Accept-Encoding by itself.
func (v *validator) compression(p configfile.Path, h *HTTP) {
	known := []string{"gzip", "br", "deflate", "identity"}
	if h.Compression == "" {
		return
	}
	if !slices.Contains(known, strings.ToLower(h.Compression)) {
		v.flaw(p.At("compression"), "unknown compression %q, want one of %s", h.Compression, choice(known))
	}
	for name, value := range h.Headers {
		if http.CanonicalHeaderKey(name) == "Accept-Encoding" && !accepts(value, h.Compression) {
			v.fail(p.At("headers", name), "%q does not accept compression %s; add it, or remove the header", value, h.Compression)
		}
	}
}

// accepts tells whether a value of Accept-Encoding allows an encoding.
func accepts(value, encoding string) bool {
	if value == "" {
		return true
	}
	for item := range strings.SplitSeq(value, ",") {
		name, quality, given := strings.Cut(item, ";")
		if name = strings.TrimSpace(name); name != "*" && !strings.EqualFold(name, encoding) {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(quality), "q="), 64)
		if !given || (err == nil && q > 0) {
			return true
		}
	}
	return false
}

// client checks and completes what prometheus/common knows of HTTP clients.
func (v *validator) client(p configfile.Path, c *client) {
	if err := c.Validate(); err != nil {
		v.fail(p, "%v", err)
	}
	for name, set := range map[string]bool{
		"basic_auth":    c.BasicAuth != nil && (c.BasicAuth.UsernameRef != "" || c.BasicAuth.PasswordRef != ""),
		"authorization": c.Authorization != nil && c.Authorization.CredentialsRef != "",
		"oauth2":        c.OAuth2 != nil && (c.OAuth2.ClientSecretRef != "" || c.OAuth2.ClientCertificateKeyRef != ""),
	} {
		if set {
			v.flaw(p.At(name), "references to secrets are not supported; use the key that ends in _file")
		}
	}
	v.tlsReferences(p.At("tls_config"), &c.TLSConfig)
	c.SetDirectory(v.file.Path("."))
}

func (v *validator) websocket(p configfile.Path, w *Websocket) {
	v.client(p.At("http_config"), &w.Client)
	if err := w.Headers.Validate(); err != nil {
		v.flaw(p.At("headers"), "%v", err)
	}
	w.Headers.SetDirectory(v.file.Path("."))
	v.exchanges(p.At("query_response"), w.QueryResponse)
}
