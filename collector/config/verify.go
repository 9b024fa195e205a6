// SPDX-License-Identifier: Apache-2.0

package config

import "slices"

// SkipsVerification tells whether some replica of the node may show any certificate.
func (n Node) SkipsVerification() bool {
	if n.Module != nil {
		t := n.Module.TLS()
		return t != nil && t.InsecureSkipVerify
	}
	return slices.ContainsFunc(n.Replicas, func(r Replica) bool {
		return r.URL != nil && r.TLS != nil && r.TLS.Config.InsecureSkipVerify && usesTLS(r.URL)
	})
}
