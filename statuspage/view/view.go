// SPDX-License-Identifier: Apache-2.0

// Package view draws the page as HTML. Every view is a function of one
// [statuspage.Page] and writes all of its output or none; when to draw and how to
// serve the bytes is left to package server, other formats to package format.
package view

import (
	"io"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// A Func is a view. It is safe for concurrent use.
type Func func(w io.Writer, p statuspage.Page) error

// title returns the name of the page.
func title(p statuspage.Page) string {
	if p.Brand.Title == "" {
		return "Status Page"
	}
	return p.Brand.Title
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

func countNodes(p statuspage.Page) (n [status.Dead + 1]int) {
	for _, s := range p.Services {
		for i, c := range count(s.Nodes, statusOfNode) {
			n[i] += c
		}
	}
	return n
}
