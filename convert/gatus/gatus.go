// SPDX-License-Identifier: Apache-2.0

// Package gatus makes the configuration folder of this project from the YAML
// configuration of Gatus. It reads and writes no file itself: what it makes is
// written by package convert.
package gatus

import "github.com/pharos-status/pharos/convert"

// Convert converts the file with that name and content.
func Convert(name string, data []byte, o convert.Options) (convert.Result, error) {
	return convert.Result{}, convert.Errors{{File: name, Msg: "nothing of it can be converted yet"}}
}
