// SPDX-License-Identifier: Apache-2.0

package config

import (
	"os"

	"github.com/pharos-status/pharos/internal/configfile"
)

// Parse is [Load] of a text that is in no file.
func Parse(text []byte) (*Config, error) {
	f, err := configfile.Parse("bridge.yml", text)
	if err != nil {
		return nil, err
	}
	return parse(f, Options{}, os.LookupEnv)
}

// Kinds returns the keys of every kind of channel there is.
func Kinds() []string { return kinds() }
