// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/bridge/words"
	"github.com/pharos-status/pharos/internal/configfile"
)

// maxName bounds the name of a recipient, in characters.
const maxName = 64

// A checker collects what is wrong with the settings of a channel.
type checker struct {
	file  *configfile.File
	path  configfile.Path
	words *words.Words
	errs  configfile.Errors
}

func (c *checker) errorf(key, format string, args ...any) {
	c.errs = append(c.errs, c.file.Errorf(c.path.At(key), format, args...))
}

// base checks the address that a service's API begins with, and removes the slash
// at its end.
func (c *checker) base(key string, address *string, example string) {
	u, err := url.Parse(*address)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		c.errorf(key, "not an address; write one such as %s", example)
	case u.User != nil:
		c.errorf(key, "an address holds no user and password; remove them")
	case u.RawQuery != "" || u.Fragment != "":
		c.errorf(key, "an address such as %s has no query and no fragment; remove them", example)
	}
	*address = strings.TrimRight(*address, "/")
}

// secret reads a secret that must be there, and whose twin ends in _file.
func (c *checker) secret(key string, value *configfile.Secret, file string) {
	secret, err := c.file.Secret(c.path, key, *value, file)
	switch {
	case err != nil:
		c.errs = append(c.errs, err)
	case secret == "":
		c.errorf(key, "is missing; set %s_file to a file that holds it", key)
	}
	*value = secret
}

// template fills in the default of a template that is not set, and tries any other.
func (c *checker) template(key string, tmpl *string, otherwise string) {
	c.try(key, tmpl, otherwise, c.words.Check)
}

func (c *checker) try(key string, tmpl *string, otherwise string, check func(tmpl string) error) {
	if *tmpl == "" {
		*tmpl = otherwise
	} else if err := check(*tmpl); err != nil {
		c.errorf(key, "%v", err)
	}
}

func (c *checker) client(http *promconfig.HTTPClientConfig) {
	c.errs = append(c.errs, c.file.HTTPClient(c.path.At("http_config"), http)...)
}

// list checks the items of a list: that none is empty and none is there twice.
func (c *checker) list(key string, items []string, wrong func(item string) string) {
	seen := map[string]bool{}
	for i, item := range items {
		p := c.path.At(key, i)
		if seen[item] {
			c.errs = append(c.errs, c.file.Errorf(p, "%q is there twice; remove one", item))
		} else if why := wrong(item); why != "" {
			c.errs = append(c.errs, c.file.Errorf(p, "%s", why))
		}
		seen[item] = true
	}
}

// secretURL reads the address, which is secret as a whole, of a request.
func (c *checker) secretURL(address *configfile.Secret, file string) {
	const example = "https://hooks.example.com/a1b2c3"
	had := len(c.errs)
	c.secret("url", address, file)
	if len(c.errs) > had {
		return
	}
	u, err := url.Parse(string(*address))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		c.errorf("url", "not an address; write one such as %s", example)
	}
}

// partsOf returns an address that is secret with those of its parts that may be why.
func partsOf(address configfile.Secret) []configfile.Secret {
	const short = 8 // characters that nobody takes for a secret, such as api
	all := []configfile.Secret{address}
	u, err := url.Parse(string(address))
	if err != nil {
		return all
	}
	parts := strings.Split(u.Path, "/")
	for _, values := range u.Query() {
		parts = append(parts, values...)
	}
	password, _ := u.User.Password()
	for _, part := range append(parts, u.User.Username(), password) {
		if len(part) >= short {
			all = append(all, configfile.Secret(part))
		}
	}
	return all
}

// token reads a secret that is the value of a header.
func (c *checker) token(key string, value *configfile.Secret, file string) {
	had := len(c.errs)
	c.secret(key, value, file)
	odd := strings.ContainsFunc(string(*value), func(r rune) bool { return r <= ' ' || r > '~' })
	if len(c.errs) == had && odd {
		c.errorf(key, "holds white space, or what is not ASCII; copy it again")
	}
}

// names checks the names of recipients, of which there is at least one, in the list
// at key. One alone needs none: it is called by the kind of its channel.
func (c *checker) names(key, kind string, names []*string) {
	if len(names) == 1 && *names[0] == "" {
		*names[0] = kind
	}
	if len(names) == 0 {
		c.errs = append(c.errs, c.file.Errorf(c.path, "nobody is told; set %s", key))
	}
	seen := map[string]bool{}
	for i, name := range names {
		p := c.path.At(key, i, "name")
		unprintable := func(r rune) bool { return !unicode.IsPrint(r) }
		switch {
		case *name == "":
			c.errs = append(c.errs, c.file.Errorf(p, "the recipient has no name; write one, such as alice, to tell it from the others"))
		case strings.ContainsFunc(*name, unprintable) || utf8.RuneCountInString(*name) > maxName:
			c.errs = append(c.errs, c.file.Errorf(p, "not a name; write at most %d characters in one line", maxName))
		case seen[*name]:
			c.errs = append(c.errs, c.file.Errorf(p, "%q is there twice; give each recipient a name of its own", *name))
		}
		seen[*name] = true
	}
}
