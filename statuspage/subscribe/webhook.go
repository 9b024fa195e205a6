// SPDX-License-Identifier: Apache-2.0

package subscribe

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/common/version"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
	"github.com/pharos-status/pharos/statuspage/words"
)

const (
	webhookTimeout = 10 * time.Second
	maxAnswer      = 4 << 10 // of a webhook, in bytes
)

// hook is the JSON that a webhook gets.
type hook struct {
	Type  string `json:"type"` // confirm, incident, maintenance or announcement
	Page  hookAt `json:"page"`
	Event *event `json:"event,omitempty"`

	// Of a request to confirm: the subscriber opens the link, or answers with the
	// challenge as the body.
	ConfirmURL string `json:"confirm_url,omitempty"`
	Challenge  string `json:"challenge,omitempty"`
	Secret     string `json:"secret,omitempty"` // what all messages are signed with

	ManageURL string `json:"manage_url,omitempty"`
}

type hookAt struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	URL  string `json:"url"`
}

type event struct {
	ID         string            `json:"id"`
	UpdateID   string            `json:"update_id,omitempty"`
	Title      string            `json:"title"`
	Status     statuspage.Phase  `json:"status,omitempty"`
	Impact     statuspage.Impact `json:"impact,omitempty"`
	Text       string            `json:"text"` // Markdown
	Time       time.Time         `json:"time"`
	Start      time.Time         `json:"scheduled_for,omitzero"`
	End        time.Time         `json:"scheduled_until,omitzero"`
	Components []hookComponent   `json:"components"`
	URL        string            `json:"url"`
}

type hookComponent struct {
	ID   statuspage.Ref `json:"id"`
	Name string         `json:"name"`
}

func hookOf(m *message, x store.Subscriber, p Page) hook {
	out := hook{Type: m.kind, Page: hookAt{x.Page, p.Title, p.URL}}
	if m.kind == confirmation {
		out.ConfirmURL, out.Challenge, out.Secret = p.URL+m.path, Token(x), x.Secret
		return out
	}
	out.ManageURL = p.URL + "/subscribe/manage?token=" + url.QueryEscape(Token(x))
	e := &event{
		ID: m.id, UpdateID: m.update, Title: m.title, Status: m.phase, Impact: m.impact, Text: m.text, Time: m.at.UTC(),
		Start: m.start, End: m.end, Components: []hookComponent{}, URL: p.URL + m.path,
	}
	for _, ref := range m.affected {
		if p.Shows(ref) {
			e.Components = append(e.Components, hookComponent{ref, p.Label(ref)})
		}
	}
	if m.kind == "already" {
		e.Title, e.Text = m.heading(words.In(x.Language), p), ""
		e.URL = p.URL
	}
	out.Event = e
	return out
}

// call sends a message to a webhook, signed as Standard Webhooks 1.0 says. It tells
// whether the answer repeats the challenge.
func call(ctx context.Context, client *http.Client, m *message, d store.Delivery, x store.Subscriber, p Page) (confirmed bool, err error) {
	h := hookOf(m, x, p)
	text, err := json.Marshal(h)
	if err != nil {
		return false, fmt.Errorf("write the message to a webhook: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, webhookTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, x.Address, bytes.NewReader(text))
	if err != nil {
		return false, fmt.Errorf("%w: %w", errRefused, withoutURL(err))
	}
	id, now := fmt.Sprintf("msg_%d_%s", d.ID, x.ID), time.Now().Unix()
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "pharos_statuspage/"+version.Version)
	request.Header.Set("Webhook-Id", id)
	request.Header.Set("Webhook-Timestamp", strconv.FormatInt(now, 10))
	request.Header.Set("Webhook-Signature", sign(x.Secret, id, now, text))
	answer, err := client.Do(request)
	if err != nil {
		return false, withoutURL(err)
	}
	defer func() { _ = answer.Body.Close() }()
	said, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	switch code := answer.StatusCode; {
	case code == http.StatusGone:
		return false, fmt.Errorf("%w: it answers 410 Gone", errRefused)
	case code < 200 || code > 299:
		return false, fmt.Errorf("the webhook answers %d", code)
	case err != nil:
		return false, withoutURL(err)
	}
	return h.Challenge != "" && echoes(said, h.Challenge), nil
}

// echoes tells whether an answer is the challenge, as it is or as JSON.
func echoes(answer []byte, challenge string) bool {
	var object struct {
		Challenge string `json:"challenge"`
	}
	return string(bytes.TrimSpace(answer)) == challenge || json.Unmarshal(answer, &object) == nil && object.Challenge == challenge
}

// sign returns the signature of Standard Webhooks: HMAC-SHA256 of id.timestamp.body.
func sign(secret, id string, at int64, body []byte) string {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix))
	if err != nil {
		key = []byte(secret)
	}
	sum := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(sum, "%s.%d.", id, at)
	sum.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(sum.Sum(nil))
}

// withoutURL takes the address out of an error of net/http: it may hold a secret.
func withoutURL(err error) error {
	if u := new(url.Error); errors.As(err, &u) {
		return u.Err
	}
	return err
}

// errPrivate is the error of an address that webhooks may not have.
var errPrivate = errors.New("the address belongs to a private network")

// hookClient returns a client that follows no redirect, uses no proxy and, unless
// private ones are allowed, connects to public addresses only: the check is made of
// the address that is dialled, whatever the name resolved to before.
func hookClient(allowPrivate bool) *http.Client {
	dialer := &net.Dialer{Timeout: webhookTimeout, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		if !allowPrivate && !public(at.Addr().Unmap()) {
			return errPrivate
		}
		return nil
	}}
	return &http.Client{
		Transport:     &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: webhookTimeout, ForceAttemptHTTP2: true, MaxIdleConns: 10, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// public tells whether an address is one of the Internet (RFC 6890).
func public(a netip.Addr) bool {
	for _, special := range [...]string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16",
	} {
		if netip.MustParsePrefix(special).Contains(a) {
			return false
		}
	}
	return a.IsGlobalUnicast() && !a.IsPrivate()
}
