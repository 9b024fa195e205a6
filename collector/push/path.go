// SPDX-License-Identifier: Apache-2.0

package push

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/pharos-status/pharos/internal/status"
)

// prefix is where the handler is mounted.
const prefix = "/reporter/"

// isBatch tells whether a path is that of batches.
func isBatch(path string) bool { return path == prefix || path == strings.TrimSuffix(prefix, "/") }

// parsePath reads the escaped path of a request: the ID of a node, or of a
// replica. A plus sign is itself in a path, but one client writes it for a space,
// so a path with a plus sign has a second reading.
func parsePath(escaped string) (id status.ID, second *status.ID, err error) {
	rest, ok := strings.CutPrefix(escaped, prefix)
	rest = strings.TrimSuffix(rest, "/")
	if slashes := strings.Count(rest, "/"); !ok || slashes < 1 || slashes > 2 {
		return id, nil, refusal{http.StatusNotFound, noSuchPath}
	}
	id, err = parseID(rest, url.PathUnescape)
	if err != nil || !strings.Contains(rest, "+") {
		return id, nil, err
	}
	spaced, err := parseID(rest, url.QueryUnescape)
	return id, &spaced, err
}

func parseID(path string, unescape func(string) (string, error)) (status.ID, error) {
	var words [3]string
	for i, rest, more := 0, path, true; more; i++ {
		var part string
		part, rest, more = strings.Cut(rest, "/")
		word, err := unescape(part)
		if err != nil || !utf8.ValidString(word) {
			return status.ID{}, refusal{http.StatusBadRequest, "the path is not percent-encoded UTF-8"}
		}
		if word == "" {
			return status.ID{}, refusal{http.StatusNotFound, noSuchPath}
		}
		words[i] = word
	}
	id := status.ID{Service: words[0], Node: words[1], Replica: words[2]}
	return id, checkID(id)
}

// checkID refuses the ID of a service or a node that none can have. That of a
// replica is left to the store.
func checkID(id status.ID) error {
	for _, word := range [...]struct{ kind, id string }{{"service", id.Service}, {"node", id.Node}} {
		if len(word.id) > status.MaxIDLength {
			return refusal{http.StatusBadRequest, fmt.Sprintf("the id of the %s has %d bytes, want at most %d", word.kind, len(word.id), status.MaxIDLength)}
		}
	}
	return nil
}
