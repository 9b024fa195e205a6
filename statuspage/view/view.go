// SPDX-License-Identifier: Apache-2.0

// Package view draws the page: as HTML, as text, as JSON and as badges. Every
// view is a function of one [statuspage.Page] and writes all of its output or
// none; when to draw and how to serve the bytes is left to package server.
package view

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// A Func is a view. It is safe for concurrent use.
type Func func(w io.Writer, p statuspage.Page) error

// Text writes the status of the whole as one word without a line break, as Vigil
// serves it: healthy, sick, dead or unknown.
func Text(w io.Writer, p statuspage.Page) error {
	_, err := io.WriteString(w, p.Status.String())
	return err
}

// Robots writes the robots.txt of the public listener.
func Robots(w io.Writer, _ statuspage.Page) error {
	_, err := io.WriteString(w, "User-agent: *\nDisallow: /manager/\nDisallow: /reporter/\n")
	return err
}

// title returns the name of the page.
func title(p statuspage.Page) string {
	if p.Brand.Title == "" {
		return "Status Page"
	}
	return p.Brand.Title
}

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

// count returns how many parts of a whole there are, and how many of each status.
func count[T any](parts []T, of func(T) status.Status) (n [status.Dead + 1]int) {
	for _, part := range parts {
		n[of(part)]++
	}
	return n
}

func statusOfNode(n statuspage.Node) status.Status { return n.Status }

func statusOfReplica(r statuspage.Replica) status.Status { return r.Status }
