// SPDX-License-Identifier: Apache-2.0

package config

import "github.com/pharos-status/pharos/internal/configfile"

func (c *Config) check(_ *configfile.File) error { return nil }
