// SPDX-License-Identifier: Apache-2.0

package subscribe

import (
	"fmt"
	"net/mail"
	"net/url"
	"strings"
	"unicode"
)

// Limits, in bytes.
const (
	maxAddress = 254 // RFC 5321 §4.5.3.1
	maxURL     = 1000
)

// cleanEmail returns the bare address, its domain in lower case.
func cleanEmail(text string) (string, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxAddress || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r > unicode.MaxASCII }) {
		return "", ErrAddress
	}
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Name != "" || parsed.Address != text {
		return "", fmt.Errorf("%w: write it as name@example.com", ErrAddress)
	}
	at := strings.LastIndexByte(text, '@')
	local, domain := text[:at], strings.ToLower(text[at+1:])
	if !strings.Contains(domain, ".") || strings.ContainsAny(domain, "[]") {
		return "", fmt.Errorf("%w: write it as name@example.com", ErrAddress)
	}
	return local + "@" + domain, nil
}

// cleanURL returns the address of a webhook.
func cleanURL(text string) (string, error) {
	text = strings.TrimSpace(text)
	u, err := url.Parse(text)
	if err != nil || len(text) > maxURL || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return "", fmt.Errorf("%w: write it as https://example.com/hook", ErrAddress)
	}
	u.Host = strings.ToLower(u.Host)
	return u.String(), nil
}
