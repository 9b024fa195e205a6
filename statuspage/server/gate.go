// SPDX-License-Identifier: Apache-2.0

package server

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/visitor"
)

// A gate lets visitors of a private page in. The cookie of one who has logged in is
// signed with a key made from the password: it is good on each instance and after a
// restart, and no longer once there is another password. It is safe for concurrent
// use.
type gate struct {
	page   string
	access config.Access
	key    []byte
	proven atomic.Pointer[[sha256.Size]byte] // hash of the password that was right last
}

// keyRounds makes a stolen cookie a bad means to guess the password with.
const keyRounds = 200_000

// newGate returns nil for a page that is for everyone.
func newGate(page string, access config.Access) (*gate, error) {
	if !access.Private() {
		return nil, nil //nolint:nilnil // there is no gate
	}
	key, err := pbkdf2.Key(sha256.New, string(access.Password), []byte("pharos page "+page), keyRounds, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive the key of page %q: %w", page, err)
	}
	return &gate{page: page, access: access, key: key}, nil
}

// admits tells whether the request comes from someone who has logged in, or by a
// proxy that says so.
func (g *gate) admits(r *http.Request) bool {
	if p := &g.access.Proxy; p.Header != "" && r.Header.Get(p.Header) != "" && p.Trusts(visitor.Peer(r)) {
		return true
	}
	for _, name := range []string{secureCookie, plainCookie} {
		for _, c := range r.CookiesNamed(name) {
			if g.signed(c.Value) {
				return true
			}
		}
	}
	return false
}

// Names of the cookie: browsers see to it that the first comes from this host, by TLS.
const (
	secureCookie = "__Host-pharos_page"
	plainCookie  = "pharos_page"
)

// cookie returns the cookie of a visitor who logs in now.
func (g *gate) cookie(secure bool) *http.Cookie {
	lifetime := time.Duration(g.access.SessionTimeout)
	expires := time.Now().Add(lifetime)
	value := binary.BigEndian.AppendUint64(nil, uint64(expires.Unix())) //nolint:gosec // after 1970
	value = append(value, g.sign(value)...)
	c := emptyCookie(secure)
	c.Value = base64.RawURLEncoding.EncodeToString(value)
	c.MaxAge = int(lifetime.Seconds())
	return c
}

// emptyCookie is one without a value; MaxAge below zero makes browsers forget theirs.
func emptyCookie(secure bool) *http.Cookie {
	c := &http.Cookie{Name: plainCookie, Path: "/", HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode, MaxAge: -1}
	if secure {
		c.Name = secureCookie
	}
	return c
}

func (g *gate) sign(expires []byte) []byte {
	m := hmac.New(sha256.New, g.key)
	// A hash takes everything.
	_, _ = m.Write([]byte(g.page))
	_, _ = m.Write([]byte{0})
	_, _ = m.Write(expires)
	return m.Sum(nil)
}

func (g *gate) signed(text string) bool {
	if g.passwordless() {
		return false // only a proxy lets people in, and the key is known to everyone
	}
	value, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(value) != 8+sha256.Size {
		return false
	}
	expires := time.Unix(int64(binary.BigEndian.Uint64(value)), 0) //nolint:gosec // one too large is refused by its signature
	return hmac.Equal(value[8:], g.sign(value[:8])) && time.Now().Before(expires)
}

// passwordless tells whether only a proxy lets people in.
func (g *gate) passwordless() bool { return g.access.Password == "" }

// opens tells whether presented is the password. Where only its slow hash is
// configured, the password that was right last is known by a fast one, which needs
// the key to be of use.
func (g *gate) opens(presented string) bool {
	m := hmac.New(sha256.New, g.key)
	_, _ = m.Write([]byte(presented)) // a hash takes everything
	sum := [sha256.Size]byte(m.Sum(nil))
	if last := g.proven.Load(); last != nil && hmac.Equal(last[:], sum[:]) {
		return true
	}
	if g.passwordless() || !config.Matches(g.access.Password, presented) {
		return false
	}
	g.proven.Store(&sum)
	return true
}

// within returns a path of this site to go on to after a login: whatever else next
// may be, it leads to the page.
func within(next string) string {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t\x00") {
		return "/"
	}
	return next
}
