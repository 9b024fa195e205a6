// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/url"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/internal/configfile"
)

// A clientDocument says how to reach a server whose authentication is a matter of
// its own, in the keys of Prometheus.
type clientDocument struct {
	TLSConfig promconfig.TLSConfig   `yaml:"tls_config,omitempty"`
	Proxy     promconfig.ProxyConfig `yaml:",inline"`
}

// client follows no redirects: what is sent holds a credential.
func (l *loader) client(p configfile.Path, d clientDocument) promconfig.HTTPClientConfig {
	c := promconfig.HTTPClientConfig{TLSConfig: d.TLSConfig, ProxyConfig: d.Proxy, EnableHTTP2: true}
	l.errs = append(l.errs, l.file.HTTPClient(p, &c)...)
	return c
}

// address checks the URL of a server whose paths are known.
func (l *loader) address(p configfile.Path, raw, example, credentials string) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		l.fail(p, "%v", urlProblem(err))
	case (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "":
		l.fail(p, "not an address; write one such as %s", example)
	case u.User != nil:
		l.fail(p, "an address holds no user and password; use %s", credentials)
	case u.RawQuery != "" || u.Fragment != "":
		l.fail(p, "the address has a query or a fragment; remove it")
	}
}
