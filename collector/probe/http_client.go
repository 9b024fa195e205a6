// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"crypto/tls"
	"fmt"

	promconfig "github.com/prometheus/common/config"
)

// An HTTPClient is what probers share that reach their targets with the same
// authentication, proxy and TLS settings: those of Prometheus' HTTP clients. It is
// safe for concurrent use and holds no connection.
type HTTPClient struct {
	config promconfig.HTTPClientConfig
	tls    *tls.Config
}

// NewHTTPClient returns an HTTPClient of a configuration that must be valid. Its
// FollowRedirects is not looked at: [HTTPOptions] have their own. The error is
// that of a file that can't be read or used.
func NewHTTPClient(config promconfig.HTTPClientConfig) (*HTTPClient, error) {
	tls, err := promconfig.NewTLSConfig(&config.TLSConfig)
	if err != nil {
		return nil, fmt.Errorf("prepare TLS: %w", err)
	}
	return &HTTPClient{config, tls}, nil
}
