// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pharos-status/pharos/statuspage/desk"
)

// printable tells whether a text is one.
func printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

// nothing is the call at a path where nothing can be.
func nothing(http.ResponseWriter, *http.Request) (reply, error) { return reply{}, desk.ErrNotFound }

// authorHeader says who calls, for the journal.
const (
	authorHeader  = "X-Pharos-Author"
	defaultAuthor = "manager" // the name of the token
	maxAuthor     = 100       // characters
)

func author(r *http.Request) (string, error) {
	name := strings.TrimSpace(r.Header.Get(authorHeader))
	switch {
	case name == "":
		return defaultAuthor, nil
	case !printable(name):
		return "", desk.Invalid{{Field: authorHeader, Problem: "is no text in UTF-8; send the name of a person or a program"}}
	case utf8.RuneCountInString(name) > maxAuthor:
		return "", desk.Invalid{{Field: authorHeader, Problem: fmt.Sprintf("is longer than %d characters", maxAuthor)}}
	}
	return name, nil
}

// How many things a list has.
const (
	defaultLimit = 100
	maxLimit     = 1000
)

// A query is what the address of a list says.
type query struct {
	after string // the next of the answer before
	limit int
	words map[string]string // others
}

// readQuery reads after, limit and others, whose words are listed; none: any.
func readQuery(r *http.Request, others map[string][]string) (query, error) {
	q := query{limit: defaultLimit, words: map[string]string{}}
	var faults desk.Invalid
	given := r.URL.Query()
	for _, name := range sortedKeys(given) {
		value := given.Get(name)
		words, known := others[name]
		switch {
		case !printable(value):
			faults = append(faults, desk.Fault{Field: short(name), Problem: "is no text in UTF-8"})
		case name == "limit":
			n, err := strconv.Atoi(value)
			if q.limit = n; err != nil || n < 1 || n > maxLimit {
				faults = append(faults, desk.Fault{Field: name, Problem: fmt.Sprintf("is %s; give a number from 1 to %d", short(value), maxLimit)})
			}
		case name == "after":
			q.after = value
		case !known:
			faults = append(faults, desk.Fault{Field: short(name), Problem: "is unknown here; there are " + strings.Join(append(sortedKeys(others), "after", "limit"), ", ")})
		case words != nil && !slices.Contains(words, value):
			faults = append(faults, desk.Fault{Field: name, Problem: fmt.Sprintf("is %s; it is one of %s", short(value), strings.Join(words, ", "))})
		default:
			q.words[name] = value
		}
	}
	if faults != nil {
		return q, faults
	}
	return q, nil
}

// noQuery refuses what a call passes over.
func noQuery(r *http.Request) error {
	for _, name := range sortedKeys(r.URL.Query()) {
		return desk.Invalid{{Field: short(name), Problem: "is unknown here; this call takes no parameters"}}
	}
	return nil
}

// cut returns the part of a list that is asked for, and where the rest begins.
func cut[T any](q query, all []T, id func(T) string) (part []T, next string) {
	if q.after != "" {
		at := slices.IndexFunc(all, func(v T) bool { return id(v) == q.after })
		all = all[at+1:]
	}
	if len(all) > q.limit {
		all = all[:q.limit]
		next = id(all[len(all)-1])
	}
	return append([]T{}, all...), next
}
