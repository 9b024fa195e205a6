// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"cmp"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/internal/status"
)

// formsOf returns a secret as it is, and as it stands in parts of a URL.
func formsOf(secret string) []string {
	if secret == "" {
		return nil
	}
	forms := []string{secret}
	for _, form := range []string{url.QueryEscape(secret), url.PathEscape(secret)} {
		if form != secret {
			forms = append(forms, form)
		}
	}
	return forms
}

// secretsOf returns what is secret in the settings of a client, apart from what its
// requests show of them.
func secretsOf(c *promconfig.HTTPClientConfig) []string {
	var all []string
	if c.OAuth2 != nil {
		all = append(all, string(c.OAuth2.ClientSecret))
	}
	if proxy := c.ProxyURL.URL; proxy != nil {
		password, _ := proxy.User.Password()
		all = append(all, password)
	}
	if c.HTTPHeaders != nil {
		for _, header := range c.HTTPHeaders.Headers {
			for _, secret := range header.Secrets {
				all = append(all, string(secret))
			}
		}
	}
	return all
}

// Credentials are what a request shows to say who it comes from, wherever it got them
// from.
type credentials struct {
	mu      sync.Mutex
	secrets []string
}

// field takes note of a field of the header of a request.
func (c *credentials) field(name string, values []string) {
	if name = http.CanonicalHeaderKey(name); name != "Authorization" && name != "Proxy-Authorization" && name != "Cookie" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, value := range values {
		_, secret, _ := strings.Cut(value, " ") // after Basic or Bearer
		c.secrets = append(c.secrets, formsOf(cmp.Or(secret, value))...)
		if text, err := base64.StdEncoding.DecodeString(secret); err == nil {
			_, password, _ := strings.Cut(string(text), ":")
			c.secrets = append(c.secrets, formsOf(password)...)
		}
	}
}

// knowing returns the client for one request, with what that has shown.
func (c *httpClient) knowing(shown *credentials) *httpClient {
	shown.mu.Lock()
	defer shown.mu.Unlock()
	one := *c
	one.secrets = slices.Concat(c.secrets, shown.secrets)
	// One may be a part of another, of which the rest would be left.
	slices.SortFunc(one.secrets, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return &one
}

// hide takes the secrets out of a text.
func (c *httpClient) hide(text string) string {
	for _, secret := range c.secrets {
		text = strings.ReplaceAll(text, secret, "<secret>")
	}
	return text
}

// clean makes one short line of what a service says: without secrets, and without
// what would change how a terminal or a log shows it.
func (c *httpClient) clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(c.hide(text), "\uFFFD"))
	return status.Shorten(strings.Join(strings.Fields(text), " "))
}

// safe returns the error as it is, if its text is clean.
func (c *httpClient) safe(err error) error {
	if text := c.clean(err.Error()); text != err.Error() {
		return errors.New(text)
	}
	return err
}
