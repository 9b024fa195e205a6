// SPDX-License-Identifier: Apache-2.0

package statuspage

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/pharos-status/pharos/internal/status"
)

// ErrRef is the error of a text that names no component.
var ErrRef = errors.New(`want "service" or "service/node"`)

// RefOf returns the Ref of a node.
func RefOf(id status.NodeID) Ref { return Ref{id.Service, id.Node} }

// ParseRef reads what [Ref.String] writes.
func ParseRef(text string) (Ref, error) {
	service, node, found := strings.Cut(text, "/")
	var r Ref
	var errs [2]error
	r.Service, errs[0] = url.PathUnescape(service)
	r.Node, errs[1] = url.PathUnescape(node)
	if errors.Join(errs[:]...) != nil || r.Service == "" || found && r.Node == "" || strings.Contains(node, "/") {
		return Ref{}, fmt.Errorf("component %q: %w", text, ErrRef)
	}
	return r, nil
}

// String returns the text of the Ref.
func (r Ref) String() string {
	escape := func(part string) string { return strings.ReplaceAll(strings.ReplaceAll(part, "%", "%25"), "/", "%2F") }
	if r.Node == "" {
		return escape(r.Service)
	}
	return escape(r.Service) + "/" + escape(r.Node)
}

// MarshalText implements [encoding.TextMarshaler].
func (r Ref) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (r *Ref) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRef(string(text))
	return err
}

// Compare orders by service, then by node; a whole service comes before its nodes.
func (r Ref) Compare(other Ref) int {
	return cmp.Or(cmp.Compare(r.Service, other.Service), cmp.Compare(r.Node, other.Node))
}

// Covers tells whether the node is what r names, or part of it.
func (r Ref) Covers(id status.NodeID) bool {
	return r.Service == id.Service && (r.Node == "" || r.Node == id.Node)
}

// Find returns what the Ref names: a service, and a node of it if the Ref names one. Both
// are nil if the page does not show it.
func (p *Page) Find(r Ref) (*Service, *Node) {
	for i := range p.Services {
		s := &p.Services[i]
		if s.ID != r.Service {
			continue
		}
		if r.Node == "" {
			return s, nil
		}
		for j := range s.Nodes {
			if n := &s.Nodes[j]; n.ID == r.Node {
				return s, n
			}
		}
	}
	return nil, nil
}
