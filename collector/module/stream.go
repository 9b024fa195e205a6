// SPDX-License-Identifier: Apache-2.0

package module

import promconfig "github.com/prometheus/common/config"

// TCP says how to connect to a TCP server, and what to say over the connection.
type TCP struct {
	IP            `yaml:",inline"`
	Source        `yaml:",inline"`
	QueryResponse []Exchange           `yaml:"query_response,omitempty"`
	TLS           bool                 `yaml:"tls,omitempty"` // from the beginning
	TLSConfig     promconfig.TLSConfig `yaml:"tls_config,omitempty"`
}

// Unix says how to connect to a Unix socket, and what to say over the connection.
type Unix struct {
	QueryResponse []Exchange           `yaml:"query_response,omitempty"`
	TLS           bool                 `yaml:"tls,omitempty"`
	TLSConfig     promconfig.TLSConfig `yaml:"tls_config,omitempty"`
}

// An Exchange is a step of a conversation: what is expected, then what is sent,
// then whether TLS begins.
type Exchange struct {
	Expect      Regexp  `yaml:"expect,omitempty"`       // matched against each line until one fits
	ExpectBytes string  `yaml:"expect_bytes,omitempty"` // what has to come next, exactly
	Labels      []Label `yaml:"labels,omitempty"`
	Send        Text    `yaml:"send,omitempty"` // ${1} and the like stand for groups of Expect
	StartTLS    bool    `yaml:"starttls,omitempty"`
}

// A Label becomes a label of the metric probe_expect_info.
type Label struct {
	Name  string `yaml:"name"`
	Value string `yaml:"value"` // ${1} and the like stand for groups of Expect
}

// GRPC says which service to ask for its health.
type GRPC struct {
	IP        `yaml:",inline"`
	Service   string               `yaml:"service,omitempty"`
	TLS       bool                 `yaml:"tls,omitempty"`
	TLSConfig promconfig.TLSConfig `yaml:"tls_config,omitempty"`
	Metadata  Metadata             `yaml:"metadata,omitempty"`
}
