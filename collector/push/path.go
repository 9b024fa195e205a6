// SPDX-License-Identifier: Apache-2.0

package push

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/pharos-status/pharos/internal/status"
)

// prefix is where the handler is mounted.
const prefix = "/reporter/"

// parsePath reads the escaped path of a request: the ID of a node, or of a
// replica. A plus sign is itself in a path, but one client writes it for a space,
// so a path with a plus sign has a second reading.
func parsePath(escaped string) ([]status.ID, error) {
	rest, ok := strings.CutPrefix(escaped, prefix)
	parts := strings.Split(strings.TrimSuffix(rest, "/"), "/")
	if !ok || len(parts) < 2 || len(parts) > 3 {
		return nil, refusal{http.StatusNotFound, "no such path"}
	}
	id, err := parseID(parts, url.PathUnescape)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(rest, "+") {
		return []status.ID{id}, nil
	}
	spaced, err := parseID(parts, url.QueryUnescape)
	return []status.ID{id, spaced}, err
}

func parseID(parts []string, unescape func(string) (string, error)) (status.ID, error) {
	var words [3]string
	for i, part := range parts {
		word, err := unescape(part)
		if err != nil || !utf8.ValidString(word) {
			return status.ID{}, refusal{http.StatusBadRequest, "the path is not percent-encoded UTF-8"}
		}
		if word == "" {
			return status.ID{}, refusal{http.StatusNotFound, "no such path"}
		}
		words[i] = word
	}
	return status.ID{Service: words[0], Node: words[1], Replica: words[2]}, nil
}
