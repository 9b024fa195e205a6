// SPDX-License-Identifier: Apache-2.0

// Package format draws the page for programs: as JSON, as text, as feeds, as a
// calendar, as badges, and as whatever else is no HTML. Every format is a function
// of one [statuspage.Page] and writes all of its output or none; when to draw and
// how to serve the bytes is left to package server, the HTML to package view.
package format

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// writeJSON writes v in one piece, readable for people too.
func writeJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	_, err := b.WriteTo(w)
	return err
}

// title returns the name of the page.
func title(p statuspage.Page) string {
	if p.Brand.Title == "" {
		return "Status Page"
	}
	return p.Brand.Title
}

// count returns how many parts of a whole there are of each status.
func count[T any](parts []T, of func(T) status.Status) (n [status.Dead + 1]int) {
	for _, part := range parts {
		n[of(part)]++
	}
	return n
}

func statusOfNode(n statuspage.Node) status.Status { return n.Status }

func statusOfReplica(r statuspage.Replica) status.Status { return r.Status }
