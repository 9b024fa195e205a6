// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"slices"
)

// A Builder collects the parts of a program, and what they hold until they run.
type Builder struct {
	parts []Part
	undo  []func() error
}

// Build returns the parts that build has added. If it fails, what was acquired
// until then is released, last first.
func Build(build func(*Builder) error) ([]Part, error) {
	b := &Builder{}
	if err := build(b); err != nil {
		for _, undo := range slices.Backward(b.undo) {
			err = errors.Join(err, undo())
		}
		return nil, err
	}
	return b.parts, nil
}

// Listen binds an address. Paths are collapsed (see [CollapseSlashes]) before
// the handler sees them. The listener is not a part until it is added: it serves
// what is built after it.
func (b *Builder) Listen(o HTTPOptions) (*HTTPServer, error) {
	o.Handler = CollapseSlashes(o.Handler)
	server, err := NewHTTPServer(o)
	if err != nil {
		return nil, err
	}
	b.Undo(server.Close)
	return server, nil
}

// Undo notes what releases something that was acquired, should a later part fail.
func (b *Builder) Undo(undo func() error) { b.undo = append(b.undo, undo) }

// Add adds a part, to be started after those before it and stopped before them.
func (b *Builder) Add(name string, c Component) { b.parts = append(b.parts, Part{name, c}) }
