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

	"github.com/klauspost/compress/gzip"
)

// How long others may keep a resource. A page or a badge is asked for again each
// time, so that nobody sees an old status; a file of which the path holds a hash
// never changes.
const (
	cacheNever   = "no-cache"
	cacheForever = "public, max-age=31536000, immutable"
)

// minCompressed is the size in bytes below which compressing saves no packet.
const minCompressed = 1000

// A resource is what is served at one path.
type resource struct {
	body, compressed []byte // compressed is nil if it is not worth it
	etag             string // weak: it stands for both forms
	contentType      string
	caching          string
	anyOrigin        bool
}

// newResource returns a resource with a copy of body, or a copy of before if
// that has the same.
func newResource(before *resource, body []byte, contentType, caching string) *resource {
	if before != nil && bytes.Equal(before.body, body) && before.contentType == contentType {
		same := *before
		return &same
	}
	sum := sha256.Sum256(body)
	return &resource{
		body: slices.Clone(body), compressed: compress(body),
		etag: `W/"` + hex.EncodeToString(sum[:12]) + `"`, contentType: contentType, caching: caching,
	}
}

func compress(body []byte) []byte {
	if len(body) < minCompressed {
		return nil
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	// A buffer takes everything.
	_, _ = w.Write(body)
	_ = w.Close()
	if b.Len() >= len(body) {
		return nil
	}
	return b.Bytes()
}

// serve answers with the given status code, or with 304 if the visitor has the
// resource already.
func (r *resource) serve(w http.ResponseWriter, req *http.Request, code int) {
	h := w.Header()
	h.Set("ETag", r.etag)
	h.Set("Cache-Control", r.caching)
	if r.anyOrigin {
		h.Set("Access-Control-Allow-Origin", "*")
	}
	body := r.body
	if r.compressed != nil {
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(req.Header.Get("Accept-Encoding")) {
			body = r.compressed
			h.Set("Content-Encoding", "gzip")
		}
	}
	if code == http.StatusOK && matches(req.Header.Values("If-None-Match"), r.etag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", r.contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(code)
	if req.Method != http.MethodHead {
		_, _ = w.Write(body) // whoever has gone needs no answer
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

// acceptsGzip tells whether an Accept-Encoding names gzip, or anything, without
// a weight of zero.
func acceptsGzip(header string) bool {
	accepts := false
	for item := range strings.SplitSeq(header, ",") {
		coding, weight, _ := strings.Cut(item, ";")
		coding = strings.ToLower(strings.TrimSpace(coding))
		_, q, weighted := strings.Cut(weight, "=")
		wanted := true
		if weighted {
			v, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
			wanted = err == nil && v > 0
		}
		switch coding {
		case "gzip", "x-gzip":
			return wanted
		case "*":
			accepts = wanted
		}
	}
	return accepts
}
