// SPDX-License-Identifier: Apache-2.0

package config

import (
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	promconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
	"golang.org/x/net/http/httpguts"

	"github.com/pharos-status/pharos/internal/configfile"
)

// maxStatus is above every HTTP status that there may be.
const maxStatus = 1000

func (k *checker) http(p configfile.Path, h *HTTP) {
	u, err := url.Parse(string(h.URL))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		k.errorf(p.At("url"), "not a URL; write one such as http://127.0.0.1:8080/health")
	}
	if r := h.HTTPStatus; r.From < 100 || r.Below > maxStatus || r.From >= r.Below {
		k.errorf(p.At("http_status"), "no status is from %d and below %d; write a range such as {from: 200, below: 400}", r.From, r.Below)
	}
	k.request(p, h)
	k.headers(p.At("headers"), h.Headers)
	h.TLS.SetDirectory(filepath.Dir(k.file.Name()))
	if _, err := promconfig.NewTLSConfig(&h.TLS); err != nil {
		k.errorf(p.At("tls_config"), "%v", err)
	}
}

// request checks what is sent and what is expected of the body of the answer.
func (k *checker) request(p configfile.Path, h *HTTP) {
	h.Method = strings.ToUpper(h.Method)
	bodiless := h.Method == "" || h.Method == http.MethodHead || h.Method == http.MethodGet
	methods := []string{
		"", http.MethodHead, http.MethodGet, http.MethodPost, http.MethodPut,
		http.MethodPatch, http.MethodDelete, http.MethodOptions,
	}
	switch {
	case !slices.Contains(methods, h.Method):
		k.errorf(p.At("method"), "unknown method %q, want one of %s", h.Method, strings.Join(methods[1:], ", "))
	case h.Body != "" && bodiless:
		k.errorf(p.At("body"), "a HEAD or GET request has no body; set method to POST, PUT or PATCH, or remove the body")
	case h.BodyMatch != "" && h.Method == http.MethodHead:
		k.errorf(p.At("body_match"), "the answer to HEAD has no body; set method to GET, or remove it")
	}
	if h.BodyMatch == "" {
		return
	}
	match, err := regexp.Compile(h.BodyMatch)
	if err != nil {
		k.errorf(p.At("body_match"), "%v; mend the regular expression (RE2 syntax)", err)
	}
	h.match = match
}

func (k *checker) headers(p configfile.Path, headers map[string]Value) {
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		canonical := http.CanonicalHeaderKey(name)
		switch {
		case !httpguts.ValidHeaderFieldName(name):
			k.errorf(p, "the name of a header has a character that none can have; write name: value") // it may be a whole header, with a secret
		case !httpguts.ValidHeaderFieldValue(string(headers[name])):
			k.errorf(p.At(name), "the value has a character that no header can have")
		case seen[canonical]:
			k.errorf(p.At(name), "duplicate header %s; keep one", canonical)
		}
		seen[canonical] = true
	}
}

// limits checks those of a process or a unit.
func (k *checker) limits(p configfile.Path, w *Watch) {
	l := &w.Limits
	if *l == (Limits{}) {
		return
	}
	if w.Process == nil && w.Unit == "" {
		k.errorf(p, "only processes and units have limits; remove them, or use sick_after and timeout")
		return
	}
	for _, one := range []struct {
		key     string
		limit   Limit
		percent bool
	}{
		{"cpu", l.CPU, false},
		{"memory", l.Memory, true},
		{"open_files", l.OpenFiles, true},
		{"threads", l.Threads, false},
		{"restarts", l.Restarts.Limit, false},
	} {
		k.limit(p.At(one.key), one.limit, one.percent)
	}
	switch r := &l.Restarts; {
	case r.Within < 0, r.Within != 0 && r.Within < w.Interval:
		k.errorf(p.At("restarts", "within"), "is %s, want at least the interval (%s)", r.Within, w.Interval)
	case r.Within != 0 && !r.Set():
		k.errorf(p.At("restarts"), "says no number of restarts; set sick_above, dead_above or both")
	case r.Within == 0 && r.Set():
		r.Within = model.Duration(DefaultWithin)
	}
}

func (k *checker) limit(p configfile.Path, l Limit, percent bool) {
	if l.Percent() && !percent {
		k.errorf(p, "a share in percent says nothing here; write a number, in cores for cpu")
		return
	}
	sick, dead := l.SickAbove, l.DeadAbove
	if sick.set && dead.set && sick.Percent == dead.Percent && dead.Value < sick.Value {
		k.errorf(p.At("dead_above"), "is %s, below sick_above (%s); make it larger", dead, sick)
	}
}
