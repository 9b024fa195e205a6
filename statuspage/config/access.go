// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"golang.org/x/crypto/bcrypt"

	"github.com/pharos-status/pharos/internal/configfile"
)

// defaultAccessTimeout is for how long a visitor of a private page stays logged in.
const defaultAccessTimeout = model.Duration(30 * 24 * time.Hour)

// Admin says who may use the admin pages: nobody if there are neither users nor a
// header of a proxy.
type Admin struct {
	Users          []User         `yaml:"users"`
	Proxy          Proxy          `yaml:"proxy"`
	Public         bool           `yaml:"public"`          // on the public listener, too
	SessionTimeout model.Duration `yaml:"session_timeout"` // since the login
}

// A User logs in to the admin pages.
type User struct {
	Name         string            `yaml:"name"`
	Password     configfile.Secret `yaml:"password"` // see [Matches]
	PasswordFile string            `yaml:"password_file"`
}

// Access says who may see a page: everyone if it is empty.
type Access struct {
	Password       configfile.Secret `yaml:"password"` // see [Matches]
	PasswordFile   string            `yaml:"password_file"`
	Proxy          Proxy             `yaml:"proxy"`
	SessionTimeout model.Duration    `yaml:"session_timeout"` // since the login
}

// A Proxy authenticates users, and names them in a header of its requests.
type Proxy struct {
	Header    string         `yaml:"header"`  // empty: there is no such proxy
	Addresses []string       `yaml:"trusted"` // of the proxy, as the file gives them
	Trusted   []netip.Prefix `yaml:"-"`       // likewise, read
}

// Enabled tells whether anybody may use the admin pages.
func (a *Admin) Enabled() bool { return len(a.Users) > 0 || a.Proxy.Header != "" }

// User returns the user of a name, nil if there is none.
func (a *Admin) User(name string) *User {
	i := slices.IndexFunc(a.Users, func(u User) bool { return u.Name == name })
	if i < 0 {
		return nil
	}
	return &a.Users[i]
}

// Private tells whether a page is not for everyone.
func (a *Access) Private() bool { return a.Password != "" || a.Proxy.Header != "" }

// Trusts tells whether the header is to be believed of a peer.
func (p *Proxy) Trusts(peer netip.Addr) bool {
	peer = peer.Unmap().WithZone("")
	return p.Header != "" && slices.ContainsFunc(p.Trusted, func(t netip.Prefix) bool { return t.Contains(peer) })
}

// Matches tells whether presented is the password: its bcrypt hash, or the password
// itself, was configured. The empty one matches nothing. A hash takes the time that
// it was made to take.
func Matches(password configfile.Secret, presented string) bool {
	if isHash(password) {
		return bcrypt.CompareHashAndPassword([]byte(password), []byte(presented)) == nil
	}
	return password.Equal(presented)
}

func isHash(password configfile.Secret) bool {
	return slices.ContainsFunc([]string{"$2a$", "$2b$", "$2y$"}, func(prefix string) bool {
		return strings.HasPrefix(string(password), prefix)
	})
}
