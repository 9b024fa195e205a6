// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// How long others may keep a resource. A page or a badge is asked for again each
// time, so that nobody sees an old status; a file of which the path holds a hash
// never changes.
const (
	cacheNever   = "no-cache"
	cachePrivate = "private, no-cache"
	cacheForever = "public, max-age=31536000, immutable"
)

// A resource is the bytes that are served at one path. It is safe for concurrent
// use; its compressed forms are made when they are first asked for.
type resource struct {
	body        []byte
	contentType string
	etag        string // weak: it stands for all forms
	headers     []header
	coded       [codings]codedBytes
}

type codedBytes struct {
	once   sync.Once
	body   []byte // nil if it is not worth it
	length []string
	coding []string
}

// newResource returns a resource with a copy of body, or before itself if that has
// the same.
func newResource(before *resource, body []byte, contentType string) *resource {
	if before != nil && before.contentType == contentType && bytes.Equal(before.body, body) {
		return before
	}
	sum := sha256.Sum256(body)
	etag := `W/"` + hex.EncodeToString(sum[:12]) + `"`
	return &resource{
		body: slices.Clone(body), contentType: contentType, etag: etag,
		headers: []header{{"Etag", []string{etag}}, {"Content-Type", []string{contentType}}},
	}
}

// form returns the bytes in a coding, nil if plain ones do.
func (r *resource) form(c coding) *codedBytes {
	f := &r.coded[c]
	f.once.Do(func() {
		if f.body = r.body; c != plainly {
			f.body = c.encode(r.body)
			f.coding = []string{c.String()}
		}
		f.length = []string{strconv.Itoa(len(f.body))}
	})
	if f.body == nil && c != plainly {
		return r.form(plainly)
	}
	return f
}

// size returns about how much memory the resource takes, with its forms.
func (r *resource) size() int64 { return int64(2 * len(r.body)) }

// compresses tells whether the answer depends on what the visitor can unpack.
func (r *resource) compresses() bool {
	return len(r.body) >= minCompressed && !strings.HasPrefix(r.contentType, "image/png")
}

// serve answers with the given status code, or with 304 if the visitor has the
// resource already. The other headers have been set; vary says on what of the request
// the resource depends already.
func (r *resource) serve(w http.ResponseWriter, req *http.Request, code int, vary variance) {
	h := w.Header()
	setHeaders(w, r.headers)
	c := plainly
	if r.compresses() {
		vary |= byEncoding
		c = negotiate(req.Header.Get("Accept-Encoding"))
	}
	vary.set(h)
	if code == http.StatusOK && matches(req.Header["If-None-Match"], r.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	f := r.form(c)
	if f.coding != nil {
		h["Content-Encoding"] = f.coding
	}
	h["Content-Length"] = f.length
	w.WriteHeader(code)
	if req.Method != http.MethodHead {
		_, _ = w.Write(f.body) // whoever has gone needs no answer
	}
}

// A variance is what of a request an answer depends on.
type variance uint8

const (
	byAccept variance = 1 << iota
	byLanguage
	byEncoding
)

// set sets the header Vary.
func (v variance) set(h http.Header) {
	if v != 0 {
		h["Vary"] = []string{[...]string{
			"", "Accept", "Accept-Language", "Accept, Accept-Language",
			"Accept-Encoding", "Accept, Accept-Encoding", "Accept-Language, Accept-Encoding", "Accept, Accept-Language, Accept-Encoding",
		}[v]}
	}
}

// matches tells whether one of the tags of If-None-Match is the etag, weak or not.
func matches(values []string, etag string) bool {
	etag = strings.TrimPrefix(etag, "W/")
	for _, value := range values {
		for tag := range strings.SplitSeq(value, ",") {
			if tag = strings.TrimSpace(tag); tag == "*" || strings.TrimPrefix(tag, "W/") == etag {
				return true
			}
		}
	}
	return false
}
