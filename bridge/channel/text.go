// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"errors"
	"net/url"
	"strings"
	"unicode"

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
