// SPDX-License-Identifier: Apache-2.0

package config

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/pharos-status/pharos/internal/configfile"
)

// ssh returns the settings of d over those above.
func (l *loader) ssh(p configfile.Path, d *sshDocument, above SSH) SSH {
	if d == nil || d.HostKeys == nil {
		return above
	}
	for i, key := range d.HostKeys {
		digest, found := strings.CutPrefix(key, "SHA256:")
		sum, err := base64.RawStdEncoding.DecodeString(strings.TrimSuffix(digest, "="))
		if !found || err != nil || len(sum) != sha256.Size {
			l.fail(p.At("host_keys", i), "is no fingerprint of a host key; write SHA256: and 43 characters, as ssh-keygen -l prints it")
		}
	}
	return SSH{HostKeys: d.HostKeys}
}
