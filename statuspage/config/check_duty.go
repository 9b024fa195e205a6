// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net"
	"net/mail"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	commonconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/internal/configfile"
)

const (
	maxSubscribers = 1_000_000
	smtps          = 465 // the port at which TLS begins at once
)

func (k *checker) fromAlerts(f *FromAlerts) {
	p := configfile.Path{"incidents", "from_alerts"}
	k.policy(p.At("policy"), f.Policy)
	for i, r := range f.Rules {
		p := p.At("rules", i)
		k.policy(p.At("policy"), r.Policy)
		if slices.Contains(r.Services, "") || slices.Contains(r.Severities, "") {
			k.errorf(p, "names an empty service or severity; leave the key out for each")
		}
		if len(r.Services) == 0 && len(r.Severities) == 0 && i < len(f.Rules)-1 {
			k.errorf(p, "fits everything, so that the rules after it never hold; put it at the end")
		}
	}
}

func (k *checker) policy(p configfile.Path, policy Policy) {
	if policy != Off && policy != Draft && policy != Publish {
		k.errorf(p, "%q is no policy; write off, draft or publish", policy)
	}
}

func (k *checker) subscribers(s *Subscribers) {
	p := configfile.Path{"subscribers"}
	if s.Max < 1 || s.Max > maxSubscribers {
		k.errorf(p.At("max"), "%d is not between 1 and %d", s.Max, maxSubscribers)
	}
	k.email(p.At("email"), &s.Email)
}

func (k *checker) email(p configfile.Path, e *Email) {
	k.secret(p, "auth_password", &e.AuthPassword, e.AuthPasswordFile)
	e.TLS.SetDirectory(filepath.Dir(k.file.Name()))
	if _, err := commonconfig.NewTLSConfig(&e.TLS); err != nil {
		k.errorf(p.At("tls_config"), "%v", err)
	}
	if !e.Enabled() {
		if e.From != "" || e.AuthUsername != "" {
			k.errorf(p, "has no smarthost; write the server that sends the mail, such as smtp.example.com:587")
		}
		return
	}
	host, text, err := net.SplitHostPort(e.Smarthost)
	port, convErr := strconv.ParseUint(text, 10, 16)
	if err != nil || convErr != nil || host == "" || port == 0 {
		k.errorf(p.At("smarthost"), "%q is not host:port; write it such as smtp.example.com:587", e.Smarthost)
	}
	if _, err := mail.ParseAddress(e.From); err != nil {
		k.errorf(p.At("from"), "%q is not the address of a sender; write one such as Status <status@example.com>", e.From)
	}
	if strings.ContainsAny(e.Hello, " \t\r\n") {
		k.errorf(p.At("hello"), "%q is not the name of a host", e.Hello)
	}
	k.mailUser(p, e, port == smtps)
}

// mailUser checks how the mail server is logged in to.
func (k *checker) mailUser(p configfile.Path, e *Email, tls bool) {
	switch {
	case e.AuthUsername == "" && e.AuthPassword != "":
		k.errorf(p.At("auth_username"), "is missing, and there is a password; write the user, or remove the password")
	case e.AuthUsername != "" && e.AuthPassword == "" && e.AuthPasswordFile == "":
		k.errorf(p, "has auth_username and no password; write it into a file, and name that by auth_password_file")
	case e.AuthUsername != "" && !e.RequireTLS && !tls:
		k.errorf(p.At("require_tls"), "without TLS everyone on the way could read the password; remove require_tls: false, or auth_username")
	}
}
