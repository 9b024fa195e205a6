// SPDX-License-Identifier: Apache-2.0

package config

import (
	"slices"

	"github.com/pharos-status/pharos/collector/module"
)

// SkipsVerification tells whether some replica of the node may show any certificate.
func (n Node) SkipsVerification() bool {
	if n.Module != nil {
		return skipsVerification(n.Module)
	}
	return slices.ContainsFunc(n.Replicas, func(r Replica) bool {
		return r.URL != nil && r.TLS != nil && r.TLS.Config.InsecureSkipVerify && usesTLS(r.URL)
	})
}

func skipsVerification(m *module.Module) bool {
	switch m.Prober {
	case module.KindHTTP:
		return m.HTTP.Client.TLSConfig.InsecureSkipVerify
	case module.KindTCP:
		return m.TCP.TLSConfig.InsecureSkipVerify
	case module.KindDNS:
		return m.DNS.TLSConfig.InsecureSkipVerify
	case module.KindGRPC:
		return m.GRPC.TLSConfig.InsecureSkipVerify
	case module.KindUnix:
		return m.Unix.TLSConfig.InsecureSkipVerify
	case module.KindWebsocket:
		return m.Websocket.Client.TLSConfig.InsecureSkipVerify
	case module.KindICMP, module.KindSSH:
	}
	return false
}
