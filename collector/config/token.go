// SPDX-License-Identifier: Apache-2.0

package config

import "github.com/pharos-status/pharos/internal/configfile"

// allServices is what a token may name instead of services.
const allServices = "*"

// token reads a token of the reporter API. Without a list of services, it is
// good for all of them.
func (l *loader) token(p configfile.Path, d tokenDocument, services map[string]bool) Token {
	secret, problem := l.file.Secret(p, "token", d.Token, d.TokenFile)
	switch {
	case problem != nil:
		l.errs = append(l.errs, problem)
	case secret == "":
		l.fail(p, "neither token nor token_file is set; set one")
	}
	if d.Services == nil {
		return Token{Token: secret, Services: []string{allServices}}
	}
	if len(d.Services) == 0 {
		l.fail(p.At("services"), "the list is empty, so the token is good for nothing; name services, or write [\"*\"]")
	}
	for i, id := range d.Services {
		if id != allServices && !services[id] {
			l.fail(p.At("services", i), "there is no service with the id %q", id)
		}
	}
	return Token{Token: secret, Services: d.Services}
}
