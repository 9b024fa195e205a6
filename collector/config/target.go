// SPDX-License-Identifier: Apache-2.0

package config

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/status"
)

// targets returns the replicas of a node in mode poll.
func (l *loader) targets(p configfile.Path, all []replicaDocument, n Node) []Replica {
	replicas := make([]Replica, len(all))
	seen := map[string]int{}
	alike := map[string]int{}
	for i, d := range all {
		at := p.At(i)
		l.name(at.At("name"), d.Name)
		r, err := l.target(at, d, n)
		if err != nil {
			l.fail(at, "%v", err)
		}
		if first, ok := seen[string(d.URL)]; ok && err == nil && d.Name == "" {
			l.fail(at, "duplicate replica; it is number %d of the list already, so remove it, or give it a name", first+1)
			continue
		}
		seen[string(d.URL)] = i
		if r.Name == "" && err == nil {
			r.Name = publicName(string(d.URL))
			alike[r.Name]++
		}
		replicas[i] = r
	}
	for i, d := range all {
		if name := replicas[i].Name; d.Name == "" && alike[name] > 1 {
			replicas[i].Name = name + "#" + shortHash(string(d.URL))
		}
	}
	l.distinct(p, replicas)
	return replicas
}

// target returns a replica of n. Its error says what is wrong with the URL.
func (l *loader) target(p configfile.Path, d replicaDocument, n Node) (Replica, error) {
	r := Replica{Name: d.Name, Poll: l.poll(p.At("poll"), d.Poll, n.Poll)}
	r.TLS, r.SSH = l.tls(p.At("tls"), d.TLS, n.TLS), l.ssh(p.At("ssh"), d.SSH, n.SSH)
	if n.ModuleName != "" {
		l.leftToModule(p, d.Poll, d.TLS, d.SSH)
		if n.Module == nil {
			return r, nil // there is no such module, which has been told
		}
		target, err := moduleTarget(n.Module.Prober, string(d.URL))
		r.Target = target
		return r, err
	}
	u, err := parseTarget(string(d.URL))
	if err != nil {
		return r, err
	}
	if d.TLS != nil && !usesTLS(u) {
		l.fail(p.At("tls"), "there is no TLS with this URL; remove it, or write one that has: https, wss, grpcs, or dns with transport=tls")
	}
	if d.SSH != nil && u.Scheme != "ssh" {
		l.fail(p.At("ssh"), "belongs to URLs that begin with ssh://; remove it")
	}
	r.URL = u
	return r, nil
}

// distinct shortens the names of replicas and checks that they differ.
func (l *loader) distinct(p configfile.Path, replicas []Replica) {
	seen := map[string]int{}
	for i := range replicas {
		r := &replicas[i]
		if r.Name == "" {
			continue // it is wrong otherwise
		}
		r.Name = status.Shorten(r.Name)
		if first, ok := seen[r.Name]; ok {
			l.fail(p.At(i), "duplicate replica: number %d of the list is called %q as well; give one of them another name", first+1, r.Name)
		}
		seen[r.Name] = i
	}
}

// name checks a name that was given.
func (l *loader) name(p configfile.Path, name string) {
	if problem := nameProblem(name); problem != "" {
		l.fail(p, "%s", problem)
	}
}

// publicName returns a URL, or what a module is asked about, without what could be
// secret.
func publicName(raw string) string {
	u, err := url.Parse(raw)
	prefix := ""
	switch {
	case strings.HasPrefix(raw, "/"), strings.HasPrefix(raw, "@"):
		return raw // a socket
	case !strings.Contains(raw, "://"):
		prefix = "//"
		u, err = url.Parse(prefix + raw)
	}
	if err != nil {
		return ""
	}
	u.User, u.RawQuery, u.ForceQuery, u.Fragment, u.RawFragment = nil, "", false, "", ""
	public := strings.TrimPrefix(u.String(), prefix)
	if strings.Contains(raw, u.Host) { // else it is percent-encoded there, too
		public = strings.Replace(public, strings.TrimPrefix((&url.URL{Host: u.Host}).String(), "//"), u.Host, 1)
	}
	return public
}

// shortHash tells URLs with the same public name apart, of which there may be
// thousands: two of 10,000 get the same one in 5 of 100,000 cases. It gives away
// nothing of a random secret in the URL, but proves a guess at a weak one.
func shortHash(raw string) string {
	sum := sha256.Sum256([]byte(raw))
	return hex.EncodeToString(sum[:5])
}
