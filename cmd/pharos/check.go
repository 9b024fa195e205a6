// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"

	"github.com/pharos-status/pharos/internal/configdir"
)

// checkFiles checks every configuration file of the folder.
func checkFiles(f *flags) error {
	if err := checkFolder(f.configDir); err != nil {
		return err
	}
	return errors.Join(configdir.Errors(configdir.All(f.configDir)), configdir.InProcess(f.configDir))
}

// check returns the check of what a part reads.
func (f *flags) check(part configdir.Part) func() error {
	return func() error { return configdir.Errors(part(f.configDir)) }
}
