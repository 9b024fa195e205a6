// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/view"
	"github.com/pharos-status/pharos/statuspage/words"
)

// maxForm bounds what a form may send, in bytes.
const maxForm = 64 << 10

// form reads what was posted, or answers that it can't be.
func (v *visit) form() bool {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxForm)
	if err := v.r.ParseForm(); err != nil {
		plain(v.w, http.StatusBadRequest, "the form can't be read")
		return false
	}
	return true
}

// takes tells whether the method is one of these, and refuses it otherwise.
func (v *visit) takes(allow string, methods ...string) bool {
	if slices.Contains(methods, v.r.Method) {
		return true
	}
	v.w.Header().Set("Allow", allow)
	plain(v.w, http.StatusMethodNotAllowed, "this path takes "+allow)
	return false
}

// options returns what views of this visit alone are drawn with.
func (v *visit) options() view.Options {
	tag := v.site.face.language
	o := view.Options{Live: true, Subscribe: v.site.face.subscribe}
	if tag == "" {
		var asked bool
		tag, asked = v.site.studio.languages.of(v.r)
		o.Chosen = !asked
		o.Languages = v.site.studio.languages.tags
	}
	o.Words = words.In(tag)
	return o
}

// show draws something for this visit alone.
func (v *visit) show(code int, draw func(io.Writer, view.Options) error) {
	var b bytes.Buffer
	h := v.w.Header()
	h.Set("Cache-Control", "no-store")
	if err := draw(&b, v.options()); err != nil {
		v.site.studio.log.Error("A page can't be drawn", "path", v.r.URL.Path, "err", err)
		plain(v.w, http.StatusInternalServerError, "not available")
		return
	}
	h.Set("Content-Type", typeHTML)
	v.w.WriteHeader(code)
	if v.r.Method != http.MethodHead {
		_, _ = b.WriteTo(v.w) // whoever has gone needs no answer
	}
}

// problem says one thing, by the keys of its words.
func (v *visit) problem(code int, page statuspage.Page, title, text string) {
	v.show(code, func(w io.Writer, o view.Options) error {
		return view.Problem(w, page, code, o.Words.Text(title), o.Words.Text(text), o)
	})
}

// later asks a person to come again.
func (v *visit) later(wait time.Duration) {
	retryAfter(v.w, wait)
	v.problem(http.StatusTooManyRequests, v.site.face.blank(), "refused.often.title", "refused.often.text")
}

func retryAfter(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(max(wait, time.Second).Seconds()))))
}

// tooMany asks a program to come again later.
func tooMany(w http.ResponseWriter, code int, wait time.Duration) {
	retryAfter(w, wait)
	w.Header().Set("Cache-Control", "no-store")
	plain(w, code, "too many requests; try again later")
}
