// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/statuspage/store"
)

// errNoSession is the error of a cookie that nobody is logged in by.
var errNoSession = errors.New("no session")

// sessionStore is what sessions need of the store.
type sessionStore interface {
	PutSession(ctx context.Context, s store.Session) error
	Session(ctx context.Context, hash [32]byte) (store.Session, error)
	DeleteSession(ctx context.Context, hash [32]byte) error
	DeleteSessions(ctx context.Context, user string) error
}

// sessions knows who is logged in. The store does; those that this process has seen
// go on while the store is away, so that operators can read.
type sessions struct {
	store sessionStore
	now   func() time.Time

	mu   sync.Mutex // protects seen
	seen map[[32]byte]seenSession
}

type seenSession struct {
	store.Session
	unsaved bool // the store was away when it began
}

// maxSeen bounds the sessions that go on while the store is away.
const maxSeen = 1000

func newSessions(s sessionStore, now func() time.Time) *sessions {
	return &sessions{store: s, now: now, seen: map[[32]byte]seenSession{}}
}

// A token is what a browser proves itself with: 32 random bytes.
type token string

func newToken() token {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	return token(random)
}

// cookieValue holds the token, and whose it is.
func (t token) cookieValue(user string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(t)) + "." + encode([]byte(user))
}

func parseCookie(value string) (t token, user string, err error) {
	first, second, _ := strings.Cut(value, ".")
	decode := base64.RawURLEncoding.Strict().DecodeString
	random, err := decode(first)
	name, err2 := decode(second)
	if err := errors.Join(err, err2); err != nil || len(random) != 32 {
		return "", "", errNoSession
	}
	return token(random), string(name), nil
}

// formToken returns what forms of the user's pages carry: another site can't know it.
func (t token) formToken(user string) string {
	mac := hmac.New(sha256.New, []byte(t))
	mac.Write([]byte("form\x00" + user))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// hash is what the store knows a session by. The password is in it, so that a new
// password ends the sessions that began with the old one.
func (t token) hash(password configfile.Secret) [32]byte {
	return sha256.Sum256([]byte(string(t) + string(password)))
}

// begin logs a user in, and returns the token.
func (s *sessions) begin(ctx context.Context, user string, password configfile.Secret, timeout time.Duration) (token, error) {
	t, now := newToken(), s.now().UTC()
	session := store.Session{Hash: t.hash(password), User: user, Created: now, Expires: now.Add(timeout)}
	err := s.store.PutSession(ctx, session)
	if err != nil && !errors.Is(err, store.ErrAway) {
		return "", err
	}
	s.remember(seenSession{session, err != nil})
	if err == nil {
		err = s.store.DeleteSessions(ctx, "") // those that have expired; there is no better time
	}
	if err != nil && !errors.Is(err, store.ErrAway) {
		return "", err
	}
	return t, nil
}

// find tells whether the user is logged in by the token: otherwise the error wraps
// errNoSession. While the store is away it knows those that it has seen.
func (s *sessions) find(ctx context.Context, t token, user string, password configfile.Secret) error {
	hash := t.hash(password)
	s.mu.Lock()
	seen, known := s.seen[hash]
	s.mu.Unlock()
	found, err := seen.Session, error(nil)
	if known && seen.unsaved {
		if err = s.store.PutSession(ctx, seen.Session); err == nil {
			s.remember(seenSession{Session: seen.Session})
		}
	} else if found, err = s.store.Session(ctx, hash); err == nil {
		s.remember(seenSession{Session: found})
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		s.forget(func(x seenSession) bool { return x.Hash == hash })
		return errNoSession
	case errors.Is(err, store.ErrAway) && known:
		found = seen.Session
	case errors.Is(err, store.ErrAway):
		return errNoSession
	case err != nil:
		return err
	}
	if found.User != user || !s.now().Before(found.Expires) {
		return errNoSession
	}
	return nil
}

func (s *sessions) end(ctx context.Context, t token, password configfile.Secret) error {
	hash := t.hash(password)
	s.forget(func(x seenSession) bool { return x.Hash == hash })
	if err := s.store.DeleteSession(ctx, hash); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return nil
}

// endAll ends all sessions of the user.
func (s *sessions) endAll(ctx context.Context, user string) error {
	s.forget(func(x seenSession) bool { return x.User == user })
	return s.store.DeleteSessions(ctx, user)
}

func (s *sessions) remember(x seenSession) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.seen[x.Hash]; !known && len(s.seen) >= maxSeen {
		s.makeRoom()
	}
	s.seen[x.Hash] = x
}

// makeRoom forgets the session that ends first.
func (s *sessions) makeRoom() {
	var first *seenSession
	for _, x := range s.seen {
		if first == nil || x.Expires.Before(first.Expires) {
			first = &x
		}
	}
	delete(s.seen, first.Hash)
}

func (s *sessions) forget(which func(seenSession) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for hash, x := range s.seen {
		if which(x) {
			delete(s.seen, hash)
		}
	}
}

// Names of the cookie. The browser takes one with the prefix __Host- from this host
// alone, and over TLS alone.
const (
	plainCookie  = "pharos_admin"
	secureCookie = "__Host-pharos_admin"
)

func readCookie(r *http.Request, tls bool) (token, string, error) {
	name := plainCookie
	if tls {
		name = secureCookie
	}
	c, err := r.Cookie(name)
	if err != nil {
		return "", "", errNoSession
	}
	return parseCookie(c.Value)
}

// writeCookie hands the browser a cookie; an empty value takes it away.
func writeCookie(w http.ResponseWriter, tls bool, value string, timeout time.Duration) {
	c := &http.Cookie{
		Name: plainCookie, Value: value, Path: "/admin/",
		MaxAge: int(timeout.Seconds()), HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}
	if tls {
		c.Name, c.Path, c.Secure = secureCookie, "/", true // the prefix wants this path
	}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}
