// SPDX-License-Identifier: Apache-2.0

package config

import (
	"os"

	"github.com/pharos-status/pharos/internal/configfile"
)

// Parse is [Load] of a text that is in no file, on a machine called box.
func Parse(text []byte) (*Config, error) {
	f, err := configfile.Parse("reporter.yml", text)
	if err != nil {
		return nil, err
	}
	return parse(f, os.LookupEnv, func() (string, error) { return "box", nil })
}

// ParseAmount reads an amount.
var ParseAmount = parseAmount
