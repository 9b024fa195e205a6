// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"

	promconfig "github.com/prometheus/common/config"
)

// An HTTPClient is what probers share that reach their targets with the same
// authentication, proxy and TLS settings: those of Prometheus' HTTP clients. It is
// safe for concurrent use and holds no connection. Files of secrets and of
// certificates are read again at every probe.
type HTTPClient struct {
	config         promconfig.HTTPClientConfig
	tls            *tls.Config // nil if it is made of files that may change
	proxy          func(*http.Request) (*url.URL, error)
	user, password promconfig.SecretReader // of Basic authentication
	credentials    promconfig.SecretReader // of the header Authorization
	oauth          promconfig.SecretReader
	common         *promconfig.Headers // that hold no secret
}

// NewHTTPClient returns an HTTPClient of a configuration that must be valid. Its
// FollowRedirects is not looked at: [HTTPOptions] have their own. The error is
// that of a file that can't be read or used.
func NewHTTPClient(config promconfig.HTTPClientConfig) (*HTTPClient, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	made, err := promconfig.NewTLSConfig(&config.TLSConfig)
	if err != nil {
		return nil, fmt.Errorf("prepare TLS: %w", err)
	}
	c := &HTTPClient{config: config, proxy: config.Proxy(), common: withoutSecrets(config.HTTPHeaders)}
	if config.TLSConfig.CAFile == "" { // a certificate of the client is read at the handshake
		c.tls = made
	}
	return c, c.readSecrets()
}

// errRef refuses a setting of Prometheus' that only Prometheus has.
var errRef = errors.New("secrets by reference (_ref) are not known here; give the value or a file")

// readSecrets finds where the secrets are to be read.
func (c *HTTPClient) readSecrets() error {
	for _, s := range c.secrets() {
		switch {
		case s.ref != "":
			return errRef
		case s.file != "":
			*s.to = promconfig.NewFileSecret(s.file)
		default:
			*s.to = promconfig.NewInlineSecret(string(s.text))
		}
	}
	return nil
}

// A secretSource is where a secret comes from: one of three.
type secretSource struct {
	to        *promconfig.SecretReader
	text      promconfig.Secret
	file, ref string
}

func (c *HTTPClient) secrets() []secretSource {
	var all []secretSource
	if b := c.config.BasicAuth; b != nil {
		all = append(all,
			secretSource{&c.user, promconfig.Secret(b.Username), b.UsernameFile, b.UsernameRef},
			secretSource{&c.password, b.Password, b.PasswordFile, b.PasswordRef})
	}
	if a := c.config.Authorization; a != nil {
		all = append(all, secretSource{&c.credentials, a.Credentials, a.CredentialsFile, a.CredentialsRef})
	}
	switch o := c.config.OAuth2; {
	case o == nil:
	case o.ClientCertificateKey != "" || o.ClientCertificateKeyFile != "" || o.ClientCertificateKeyRef != "":
		all = append(all, secretSource{&c.oauth, o.ClientCertificateKey, o.ClientCertificateKeyFile, o.ClientCertificateKeyRef})
	default:
		all = append(all, secretSource{&c.oauth, o.ClientSecret, o.ClientSecretFile, o.ClientSecretRef})
	}
	return all
}

// withoutSecrets returns the headers that any host may see.
func withoutSecrets(all *promconfig.Headers) *promconfig.Headers {
	if all == nil {
		return nil
	}
	out := &promconfig.Headers{Headers: make(map[string]promconfig.Header, len(all.Headers))}
	for name, h := range all.Headers {
		out.Headers[name] = promconfig.Header{Values: h.Values}
	}
	return out
}

// tlsConfig returns the settings of TLS as they are now.
func (c *HTTPClient) tlsConfig() (*tls.Config, error) {
	if c == nil {
		return nil, nil //nolint:nilnil // no settings are settings
	}
	if c.tls != nil {
		return c.tls, nil
	}
	return promconfig.NewTLSConfig(&c.config.TLSConfig)
}

// http2 tells whether HTTP/2 may be spoken.
func (c *HTTPClient) http2() bool { return c != nil && c.config.EnableHTTP2 }

// proxyFor returns the proxy for a request, nil if there is none.
func (c *HTTPClient) proxyFor(req *http.Request) (*url.URL, error) {
	if c == nil || c.proxy == nil {
		return nil, nil //nolint:nilnil // as net/http has it
	}
	return c.proxy(req)
}

// authenticate adds to requests what says who asks. None of it goes to another
// host than the first, be it by a redirect: the headers without secrets alone do.
func (c *HTTPClient) authenticate(ctx context.Context, base http.RoundTripper) http.RoundTripper {
	if c == nil {
		return base
	}
	home := base
	if c.config.Authorization != nil {
		home = promconfig.NewAuthorizationCredentialsRoundTripper(c.config.Authorization.Type, c.credentials, home)
	}
	if c.config.BasicAuth != nil {
		home = promconfig.NewBasicAuthRoundTripper(c.user, c.password, home)
	}
	if c.config.OAuth2 != nil {
		// The library asks for a token in a context that never ends: its connection does.
		dial := func(_ context.Context, network, addr string) (net.Conn, error) {
			return DialOptions{}.dial(ctx, &Trace{}, network, addr)
		}
		home = promconfig.NewOAuth2RoundTripper(c.oauth, c.config.OAuth2, home,
			promconfig.WithDialContextFunc(dial), promconfig.WithKeepAlivesDisabled())
	}
	if c.config.HTTPHeaders == nil {
		return home // it sees itself when a redirect leads away
	}
	away := promconfig.NewHeadersRoundTripper(c.common, base)
	home = promconfig.NewHeadersRoundTripper(c.config.HTTPHeaders, home)
	return roundTrip(func(req *http.Request) (*http.Response, error) {
		if leftHome(req) {
			return away.RoundTrip(req)
		}
		return home.RoundTrip(req)
	})
}

// leftHome tells whether a redirect has led to another host at any time before.
func leftHome(req *http.Request) bool {
	for r := req; r.Response != nil && r.Response.Request != nil; r = r.Response.Request {
		if r.URL.Host != r.Response.Request.URL.Host {
			return true
		}
	}
	return false
}

// A roundTrip is an [http.RoundTripper] of a function.
type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip implements [http.RoundTripper].
func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
