// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"sync"
)

// A reloadable is a part that can read its files again.
type reloadable struct {
	check  func() error // are the files good? changes nothing
	reload func() error
}

// A reloader reads the files of all parts again, or of none: a bad file leaves
// the whole process as it was. Those on which others rely come first.
type reloader struct {
	parts []reloadable
	mu    sync.Mutex // one reload at a time
}

func (r *reloader) run() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs error
	for _, p := range r.parts {
		if p.check() != nil {
			errs = errors.Join(errs, p.reload()) // refuses, and its metrics tell
		}
	}
	if errs != nil {
		return errs
	}
	for _, p := range r.parts {
		if err := p.reload(); err != nil {
			return err
		}
	}
	return nil
}
