// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net/http"
	"slices"
	"sync"

	"github.com/pharos-status/pharos/statuspage/words"
)

// maxLanguageHeaders bounds the headers of a generation that are remembered; browsers
// send few different ones, and what nobody sends any more is forgotten with its
// generation.
const maxLanguageHeaders = 500

// languages finds the language of a visitor. It is safe for concurrent use.
type languages struct {
	tags []string

	mu         sync.RWMutex
	known, old map[string]string // by Accept-Language
}

func newLanguages() *languages {
	return &languages{tags: words.Languages(), known: map[string]string{}}
}

// of returns the language of a page that leaves it to the visitor, and whether the
// header Accept-Language had a say.
func (l *languages) of(r *http.Request) (tag string, byHeader bool) {
	if r.URL.RawQuery != "" {
		if tag := r.URL.Query().Get("lang"); slices.Contains(l.tags, tag) {
			return tag, false
		}
	}
	return l.match(r.Header.Get("Accept-Language")), true
}

// match is words.Match, which takes longer than all the rest of a visit.
func (l *languages) match(header string) string {
	l.mu.RLock()
	tag, known := l.known[header]
	l.mu.RUnlock()
	if known {
		return tag
	}
	if len(header) >= 200 {
		return words.Match(header)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if tag, known = l.old[header]; !known {
		tag = words.Match(header)
	}
	if len(l.known) >= maxLanguageHeaders {
		l.known, l.old = map[string]string{}, l.known
	}
	l.known[header] = tag
	return tag
}
