// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net"
	"strconv"

	commonconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/internal/configfile"
)

// Subscribers says how visitors may be told of news.
type Subscribers struct {
	Email    Email    `yaml:"email"`
	Webhooks Webhooks `yaml:"webhooks"`
	Max      int      `yaml:"max"` // of all kinds together
}

// Email is the server that mail is sent by, in Alertmanager's words.
type Email struct {
	Smarthost        string                 `yaml:"smarthost"` // host:port; empty: there are no subscriptions by e-mail
	From             string                 `yaml:"from"`      // such as "Status <status@example.com>"
	Hello            string                 `yaml:"hello"`     // name of this host; empty: found out
	AuthUsername     string                 `yaml:"auth_username"`
	AuthPassword     configfile.Secret      `yaml:"auth_password"`
	AuthPasswordFile string                 `yaml:"auth_password_file"`
	RequireTLS       bool                   `yaml:"require_tls"`
	TLS              commonconfig.TLSConfig `yaml:"tls_config"`
}

// Webhooks says which addresses may be told.
type Webhooks struct {
	Enabled      bool `yaml:"enabled"`
	AllowPrivate bool `yaml:"allow_private"` // also addresses of private networks and of this machine
}

// Enabled tells whether mail can be sent.
func (e *Email) Enabled() bool { return e.Smarthost != "" }

// Server returns the parts of Smarthost. At port 465 TLS begins at once.
func (e *Email) Server() (host string, port int) {
	host, text, _ := net.SplitHostPort(e.Smarthost)
	port, _ = strconv.Atoi(text)
	return host, port
}
