// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/pharos-status/pharos/bridge/config"
)

// admit tells why a request may not be served: nil if it bears the token or, where there
// is none, if it came with a client certificate that the web configuration file trusts,
// or from this machine.
func admit(c *config.Config, r *http.Request) error {
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		return refusal{code: http.StatusForbidden, text: "pages of other sites may not call the bridge"}
	}
	token, certified := c.Webhook.Token, r.TLS != nil && len(r.TLS.VerifiedChains) > 0
	switch {
	case token != "" && !token.Equal(bearer(r)):
		return refusal{code: http.StatusUnauthorized, text: "wrong or missing token; send it as Authorization: Bearer TOKEN"}
	case token != "", certified:
		return nil
	case !local(r):
		return refusal{code: http.StatusForbidden, text: "only this machine may call the bridge, since it has no token; " +
			"set webhook.token_file in bridge.yml, or demand client certificates in the file of --web.config.file"}
	case !meant(c, r):
		return refusal{code: http.StatusForbidden, text: "the bridge has another name; call it by external_url of bridge.yml, or as localhost or 127.0.0.1"}
	}
	return nil
}

// bearer returns the token that a request bears, if it bears one.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// local tells whether a request comes from this machine, or from within this process. One
// that a proxy passes on comes from who knows where; not every proxy says so.
func local(r *http.Request) bool {
	for name := range r.Header {
		if ofProxy(name) {
			return false
		}
	}
	address, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && address.Addr().Unmap().IsLoopback()
}

// ofProxy tells whether a header, by its canonical name, is one that proxies add.
func ofProxy(name string) bool {
	switch name {
	case "Forwarded", "Via", "X-Real-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "X-Original-Forwarded-For", "True-Client-Ip":
		return true
	}
	for _, prefix := range []string{"X-Forwarded-", "X-Envoy-", "Cf-", "Fastly-"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// meant tells whether a request names the bridge as those on this machine do. In a
// browser, the page of any site may have its own name lead here, and then call the bridge
// as if it were that site.
func meant(c *config.Config, r *http.Request) bool {
	host := (&url.URL{Host: r.Host}).Hostname()
	if ip, err := netip.ParseAddr(host); err == nil && ip.Unmap().IsLoopback() {
		return true
	}
	return strings.EqualFold(host, "localhost") || strings.EqualFold(host, c.External().Hostname())
}
