// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"testing"

	promconfig "github.com/prometheus/common/config"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/collector/module"
)

func TestModulesThatSkipVerification(t *testing.T) {
	t.Parallel()
	insecure := promconfig.TLSConfig{InsecureSkipVerify: true}
	client := promconfig.HTTPClientConfig{TLSConfig: insecure}
	for _, m := range []*module.Module{
		{Prober: module.KindHTTP, HTTP: module.HTTP{Client: client}},
		{Prober: module.KindWebsocket, Websocket: module.Websocket{Client: client}},
		{Prober: module.KindTCP, TCP: module.TCP{TLSConfig: insecure}},
		{Prober: module.KindUnix, Unix: module.Unix{TLSConfig: insecure}},
		{Prober: module.KindDNS, DNS: module.DNS{TLSConfig: insecure}},
		{Prober: module.KindGRPC, GRPC: module.GRPC{TLSConfig: insecure}},
	} {
		require.True(t, config.Node{Module: m}.SkipsVerification(), m.Prober)
		require.False(t, config.Node{Module: &module.Module{Prober: m.Prober}}.SkipsVerification(), m.Prober)
	}
}
