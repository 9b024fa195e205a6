// SPDX-License-Identifier: Apache-2.0

// Package vigil makes a configuration folder of Pharos from the configuration of
// Vigil, or of Vigil Local. It is a pure function of the text and of the environment
// that it is given; writing the files, and the report of what became of each setting,
// are the business of package convert.
package vigil

import "github.com/pharos-status/pharos/convert"

// Convert converts Vigil's config.cfg. The error is [convert.Errors], with all that is
// wrong; the result is empty then.
func Convert(name string, data []byte, o convert.Options) (convert.Result, error) {
	return convert.Result{}, convert.Errors{{File: name, Msg: "not converted yet"}}
}

// ConvertLocal converts the configuration of Vigil Local into that of an exporter that
// relays what it sees. Its errors are those of [Convert].
func ConvertLocal(name string, data []byte, o convert.Options) (convert.Result, error) {
	return convert.Result{}, convert.Errors{{File: name, Msg: "not converted yet"}}
}
