// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/pharos-status/pharos/internal/configfile"
)

// admit tells why a request may not be served: nil if it bears the token, or came with a
// client certificate that the web configuration file trusts, or if there is no token and
// it comes from this machine.
func admit(token configfile.Secret, r *http.Request) error {
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		return refusal{code: http.StatusForbidden, text: "pages of other sites may not call the bridge"}
	}
	switch {
	case token.Equal(bearer(r)), r.TLS != nil && len(r.TLS.VerifiedChains) > 0:
		return nil
	case token != "":
		return refusal{code: http.StatusUnauthorized, text: "wrong or missing token; send it as Authorization: Bearer TOKEN"}
	case !local(r):
		return refusal{code: http.StatusForbidden, text: "only this machine may call the bridge, since it has no token; " +
			"set webhook.token_file in bridge.yml, or demand client certificates in the file of --web.config.file"}
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
// that a proxy passes on comes from who knows where.
func local(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip"} {
		if len(r.Header.Values(name)) > 0 {
			return false
		}
	}
	address, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && address.Addr().Unmap().IsLoopback()
}
