// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pharos-status/pharos/internal/configfile"
)

// maxName bounds the name of a recipient, in characters.
const maxName = 64

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
