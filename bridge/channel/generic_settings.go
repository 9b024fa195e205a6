// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"encoding/json"
	"maps"
	"mime"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/alertmanager/template"
	"golang.org/x/net/http/httpguts"

	"github.com/pharos-status/pharos/bridge/webhook"
	"github.com/pharos-status/pharos/bridge/words"
	"github.com/pharos-status/pharos/internal/configfile"
)

// Check implements [Settings].
func (h *HTTP) Check(f *configfile.File, p configfile.Path, w *words.Words) configfile.Errors {
	c := checker{file: f, path: p, words: w}
	c.secretURL(&h.URL, h.URLFile)
	if h.Method == "" {
		h.Method = http.MethodPost
	}
	switch {
	case !slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodGet}, h.Method):
		c.errorf("method", "%q is none of POST, PUT, PATCH and GET", h.Method)
	case h.Method == http.MethodGet && h.Body != "":
		c.errorf("body", "a request with the method GET has no body; remove it, or use POST")
	}
	if h.ContentType == "" {
		h.ContentType = "application/json"
	}
	if _, _, err := mime.ParseMediaType(h.ContentType); err != nil || !httpguts.ValidHeaderFieldValue(h.ContentType) {
		c.errorf("content_type", "not a type of content; write one such as application/json")
	}
	had := len(c.errs)
	if c.template("body", &h.Body, ""); len(c.errs) == had && h.Body != "" && h.Method != http.MethodGet && isJSON(h.ContentType) {
		c.json("body", h.Body)
	}
	c.headers(h)
	c.client(&h.HTTP)
	return c.errs
}

// json checks that a template makes JSON, and still does if the texts in it have what
// ends a text of JSON, or may not be part of one.
func (c *checker) json(key, tmpl string) {
	test := webhook.Test("test", time.Now())
	if !c.makesJSON(tmpl, test) {
		c.errorf(key, "what it makes is not JSON; mend it, or set content_type")
	} else if !c.makesJSON(tmpl, awkward(test, c.words.Names(tmpl))) {
		c.errorf(key, "a quotation mark, a backslash or a line break within a label or an annotation would break the JSON; write each text through toJson, without quotation marks around it")
	}
}

func (c *checker) makesJSON(tmpl string, n *webhook.Notification) bool {
	body, err := c.words.TryText(tmpl, n)
	return err == nil && json.Valid([]byte(body))
}

// awkward returns a copy of a notification that has labels and annotations of the names
// too, each with a quotation mark, a backslash and a line break.
func awkward(n *webhook.Notification, names []string) *webhook.Notification {
	const ending = "\"\\\n"
	odd := defused(n, func(text string) string { return text + ending }, func(string) bool { return false })
	fill := func(pairs template.KV) {
		for _, name := range names {
			if _, ok := pairs[name]; !ok {
				pairs[name] = ending
			}
		}
	}
	for _, pairs := range []template.KV{odd.GroupLabels, odd.CommonLabels, odd.CommonAnnotations, odd.RouteLabels} {
		fill(pairs)
	}
	for _, a := range odd.Alerts {
		fill(a.Labels)
		fill(a.Annotations)
	}
	return odd
}

// headers checks the headers of a request and reads the secret ones.
func (c *checker) headers(h *HTTP) {
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(h.Headers)) {
		c.headerName("headers", name, seen)
		switch http.CanonicalHeaderKey(name) {
		case "Authorization", "Proxy-Authorization", "Cookie":
			c.nested("headers", name, "is secret; set it in secret_headers")
		}
		if !httpguts.ValidHeaderFieldValue(h.Headers[name]) {
			c.nested("headers", name, "a header has one line, without control characters")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(h.SecretHeaders)) {
		c.headerName("secret_headers", name, seen)
		s := h.SecretHeaders[name]
		inner := checker{file: c.file, path: c.path.At("secret_headers", name)}
		inner.secret("value", &s.Value, s.ValueFile)
		if !httpguts.ValidHeaderFieldValue(string(s.Value)) {
			inner.errorf("value", "a header has one line, without control characters")
		}
		c.errs = append(c.errs, inner.errs...)
		h.SecretHeaders[name] = s
	}
}

// headerName checks the name of a header.
func (c *checker) headerName(key, name string, seen map[string]bool) {
	canonical := http.CanonicalHeaderKey(name)
	switch {
	case !httpguts.ValidHeaderFieldName(name):
		c.nested(key, name, "not the name of a header")
	case seen[canonical]:
		c.nested(key, name, "is there twice; remove one")
	case canonical == "Content-Type":
		c.nested(key, name, "is set by content_type; remove it")
	case slices.Contains([]string{"Host", "Content-Length", "Transfer-Encoding", "Connection", "Idempotency-Key"}, canonical):
		c.nested(key, name, "is set by the bridge; remove it")
	}
	seen[canonical] = true
}

func (c *checker) nested(key, name, why string) {
	c.errs = append(c.errs, c.file.Errorf(c.path.At(key, name), "%s", why))
}
