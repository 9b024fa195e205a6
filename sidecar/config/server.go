// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/url"
	"strings"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/internal/configfile"
)

// A Server takes reports: pharos, pharos_exporter or a Vigil.
type Server struct {
	URL       string                      `yaml:"url"` // without /reporter, and without a slash at its end
	Token     configfile.Secret           `yaml:"token"`
	TokenFile string                      `yaml:"token_file"`
	HTTP      promconfig.HTTPClientConfig `yaml:"http_config"` // its TLS and proxy settings
}

// UnmarshalYAML sets the defaults of the HTTP client first.
func (s *Server) UnmarshalYAML(unmarshal func(any) error) error {
	type plain Server
	s.HTTP = promconfig.DefaultHTTPClientConfig
	return unmarshal((*plain)(s))
}

// Name returns how logs and metrics call the server: its host, and its path if it has one.
func (s *Server) Name() string {
	_, name, _ := strings.Cut(s.URL, "://")
	return name
}

func (k *checker) servers() {
	p := configfile.Path{"servers"}
	if len(k.config.Servers) == 0 {
		k.errorf(p, "there is no server to report to; write one: servers: [{url: https://status.example.com, token_file: reporter.token}]")
	}
	seen := map[string]bool{}
	for i := range k.config.Servers {
		s, at := &k.config.Servers[i], p.At(i)
		s.URL = k.serverURL(at.At("url"), s.URL)
		if s.URL != "" && seen[s.URL] {
			k.errorf(at.At("url"), "duplicate server %s; keep one", s.URL)
		}
		seen[s.URL] = true
		token, err := k.file.Secret(at, "token", s.Token, s.TokenFile)
		switch {
		case err != nil:
			k.errs = append(k.errs, err)
		case token == "":
			k.errorf(at, "the server has no token; set token_file to the file with its reporter token")
		}
		s.Token = token
		k.client(at.At("http_config"), &s.HTTP)
	}
}

// serverURL returns the address without a slash at its end, empty if it is none. It
// may have been written with a secret in it, and is not shown then.
func (k *checker) serverURL(p configfile.Path, text string) string {
	u, err := url.Parse(text)
	switch {
	case text == "":
		k.errorf(p, "the server has no url; write one such as https://status.example.com")
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		k.errorf(p, "not an address; write one such as https://status.example.com")
	case u.User != nil:
		k.errorf(p, "an address holds no user and password; use token_file")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		k.errorf(p, "the address has a query or a fragment; remove it")
	default:
		u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
		if strings.HasSuffix(u.Path, "/reporter") {
			k.errorf(p, "%q has the path of the reports; end it before /reporter", text)
			return ""
		}
		return u.String()
	}
	return ""
}

// client checks the settings of an HTTP client. The token is what authenticates.
func (k *checker) client(p configfile.Path, c *promconfig.HTTPClientConfig) {
	if c.BasicAuth != nil || c.Authorization != nil || c.OAuth2 != nil || c.BearerToken != "" || c.BearerTokenFile != "" {
		k.errorf(p, "a report shows its token and nothing else; keep tls_config, the proxy and http_headers, and remove the rest")
		return
	}
	k.errs = append(k.errs, k.file.HTTPClient(p, c)...)
}
