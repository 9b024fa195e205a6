// SPDX-License-Identifier: Apache-2.0

package module

import (
	"maps"
	"net/url"

	promconfig "github.com/prometheus/common/config"
)

// HTTP says what to ask an HTTP server, and what to expect.
type HTTP struct {
	ValidStatusCodes []int    `yaml:"valid_status_codes,omitempty,flow"` // empty: 2xx
	ValidVersions    []string `yaml:"valid_http_versions,omitempty,flow"`
	IP               `yaml:",inline"`
	// SkipResolve leaves the lookup of the target to the proxy, if there is one.
	SkipResolve       bool          `yaml:"skip_resolve_phase_with_proxy,omitempty"`
	NoFollowRedirects *bool         `yaml:"no_follow_redirects,omitempty"` // the old name of follow_redirects, negated; wins
	FailIfSSL         bool          `yaml:"fail_if_ssl,omitempty"`
	FailIfNotSSL      bool          `yaml:"fail_if_not_ssl,omitempty"`
	Method            string        `yaml:"method,omitempty"` // empty: GET
	Headers           Headers       `yaml:"headers,omitempty"`
	BodyMatches       []Regexp      `yaml:"fail_if_body_matches_regexp,omitempty"`
	BodyNotMatches    []Regexp      `yaml:"fail_if_body_not_matches_regexp,omitempty"`
	JSONMatches       *CEL          `yaml:"fail_if_body_json_matches_cel,omitempty"`
	JSONNotMatches    *CEL          `yaml:"fail_if_body_json_not_matches_cel,omitempty"`
	HeaderMatches     []HeaderMatch `yaml:"fail_if_header_matches,omitempty"`
	HeaderNotMatches  []HeaderMatch `yaml:"fail_if_header_not_matches,omitempty"`
	Body              Text          `yaml:"body,omitempty"`
	BodyFile          string        `yaml:"body_file,omitempty"` // read at each probe
	Compression       string        `yaml:"compression,omitempty"`
	BodySizeLimit     Size          `yaml:"body_size_limit,omitempty"` // of the body once uncompressed; 0: the prober's own
	HTTP3             bool          `yaml:"enable_http3,omitempty"`
	Client            client        `yaml:",inline"`
}

type client = promconfig.HTTPClientConfig

// shown returns a copy without what prometheus/common shows of a client though it
// may be secret: what goes to the server that gives out tokens.
func shown(c client) client {
	if c.OAuth2 == nil {
		return c
	}
	oauth2 := *c.OAuth2
	oauth2.EndpointParams, oauth2.Claims = maps.Clone(oauth2.EndpointParams), maps.Clone(oauth2.Claims)
	if u, err := url.Parse(oauth2.TokenURL); err != nil || u.User != nil {
		oauth2.TokenURL = hidden
	}
	for name := range oauth2.EndpointParams {
		oauth2.EndpointParams[name] = hidden
	}
	for name := range oauth2.Claims {
		oauth2.Claims[name] = hidden
	}
	c.OAuth2 = &oauth2
	return c
}

// A HeaderMatch is a condition on a header of the answer.
type HeaderMatch struct {
	Header       string `yaml:"header"`
	Regexp       Regexp `yaml:"regexp"`
	AllowMissing bool   `yaml:"allow_missing,omitempty"`
}

// Websocket says how to open a WebSocket, and what to say over it.
type Websocket struct {
	IP            `yaml:",inline"`
	Client        client             `yaml:"http_config,omitempty"`
	Headers       promconfig.Headers `yaml:"headers,omitempty"`
	QueryResponse []Exchange         `yaml:"query_response,omitempty"`
}
