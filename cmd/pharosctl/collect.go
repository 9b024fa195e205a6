// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"github.com/alecthomas/kingpin/v2"
)

// maxPart is how many things of a list the status page answers with at a time.
const maxPart = 1000

// manyFlag adds --limit to what may have any length.
func manyFlag(cmd *kingpin.CmdClause) *int {
	return cmd.Flag("limit", "How many to list; 0: all.").Default("50").Int()
}

// collect reads entries or subscribers, part by part: limit of them, or all if that is
// 0. They are stored in out, and printed for programs as if they had been one answer.
func (m *manager) collect(ctx context.Context, path, name string, query url.Values, limit int, out any) error {
	all := []json.RawMessage{}
	for more := true; more; {
		part := maxPart
		if limit > 0 {
			part = min(part, limit-len(all))
		}
		query.Set("limit", strconv.Itoa(part))
		var answer struct {
			Entries     []json.RawMessage `json:"entries"`
			Subscribers []json.RawMessage `json:"subscribers"`
			Next        string            `json:"next"`
		}
		if _, err := m.call(ctx, http.MethodGet, path+"?"+query.Encode(), nil, &answer); err != nil {
			return err
		}
		all = append(append(all, answer.Entries...), answer.Subscribers...)
		query.Set("after", answer.Next)
		more = answer.Next != "" && len(all) != limit
	}
	text, err := json.Marshal(map[string]any{name: all})
	if err != nil {
		return err
	}
	if m.format == "json" {
		return m.printJSON(text)
	}
	return json.Unmarshal(text, out)
}
