// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"

	"github.com/pharos-status/pharos/collector/module"
)

// ReplicaProblem returns what is wrong with the URL of a replica that a module of that
// kind asks, or that is asked as its scheme says where kind is empty; nil if nothing
// is. It does not repeat the URL, which may hold a password.
func ReplicaProblem(kind module.Kind, replica string) error {
	if kind == "" {
		_, err := parseTarget(replica)
		return err
	}
	if _, err := moduleTarget(kind, replica); err != nil {
		return err
	}
	if publicName(replica) == "" {
		return errors.New("not a URL; write one such as https://host/path")
	}
	return nil
}
