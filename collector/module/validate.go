// SPDX-License-Identifier: Apache-2.0

package module

import "github.com/pharos-status/pharos/internal/configfile"

// A validator collects what is wrong with modules.
type validator struct {
	file *configfile.File
	errs configfile.Errors
}

func (v *validator) fail(p configfile.Path, format string, args ...any) {
	v.errs = append(v.errs, v.file.Errorf(p, format, args...))
}

func (v *validator) module(p configfile.Path, m *Module) {
	if m == nil {
		v.fail(p, "the module is empty; give it a prober")
	}
}
