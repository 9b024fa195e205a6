// SPDX-License-Identifier: Apache-2.0

package config

import "github.com/pharos-status/pharos/internal/configfile"

// allServices is what a token or a relay may name instead of services.
const allServices = "*"

// A Token lets its holder report for some services.
type Token struct {
	Token    configfile.Secret // never empty
	Services []string          // their IDs; "*" stands for all
}

// ReporterLimits bound what replicas that nobody has configured may take: those
// that report by themselves.
type ReporterLimits struct {
	ReplicasPerNode int // at least 1
	Replicas        int // in all, at least 1
}

type reporterDocument struct {
	Tokens             []tokenDocument `yaml:"tokens,omitempty"`
	MaxReplicasPerNode *int            `yaml:"max_replicas_per_node,omitempty"`
	MaxReplicas        *int            `yaml:"max_replicas,omitempty"`
}

type tokenDocument struct {
	Token     configfile.Secret `yaml:"token,omitempty"`
	TokenFile string            `yaml:"token_file,omitempty"`
	Services  []string          `yaml:"services,omitempty,flow"`
}

func (l *loader) reporter(p configfile.Path, d reporterDocument) ([]Token, ReporterLimits) {
	limits := defaultLimits()
	l.atLeastOne(p.At("max_replicas_per_node"), d.MaxReplicasPerNode, &limits.ReplicasPerNode)
	l.atLeastOne(p.At("max_replicas"), d.MaxReplicas, &limits.Replicas)
	var tokens []Token
	for i, t := range d.Tokens {
		tokens = append(tokens, l.token(p.At("tokens", i), t))
	}
	return tokens, limits
}

func defaultLimits() ReporterLimits {
	return ReporterLimits{ReplicasPerNode: 10_000, Replicas: 100_000}
}

// token reads a token of the reporter API.
func (l *loader) token(p configfile.Path, d tokenDocument) Token {
	secret, problem := l.file.Secret(p, "token", d.Token, d.TokenFile)
	switch {
	case problem != nil:
		l.errs = append(l.errs, problem)
	case secret == "":
		l.fail(p, "neither token nor token_file is set; set one")
	}
	if d.Services != nil && len(d.Services) == 0 {
		l.fail(p.At("services"), "the list is empty, so the token is good for nothing; name services, or write [\"*\"]")
	}
	return Token{Token: secret, Services: l.serviceList(p.At("services"), d.Services)}
}

// serviceList checks IDs of services. None is all of them. Where services are
// discovered too, nobody knows yet which there will be.
func (l *loader) serviceList(p configfile.Path, ids []string) []string {
	if ids == nil {
		return []string{allServices}
	}
	for i, id := range ids {
		if _, known := l.services[id]; id != allServices && !known && !l.discovers {
			l.fail(p.At(i), "there is no service with the id %q", id)
		}
	}
	return ids
}
