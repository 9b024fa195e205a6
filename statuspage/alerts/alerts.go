// SPDX-License-Identifier: Apache-2.0

// Package alerts speaks to the API of Alertmanager, version 2. It lists the alerts
// that fire, keeps the one silence that holds back reminders, and sets silences that
// it marks as its own; every other silence it leaves alone. What to silence, and what
// follows from an alert, is left to package duty.
package alerts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	commonconfig "github.com/prometheus/common/config"
)

const (
	defaultTimeout = 10 * time.Second
	maxBody        = 16 << 20 // of an answer, in bytes
	maxMessage     = 500      // of what an error answer is quoted with, in bytes
)

// Options are the settings of a [Client].
type Options struct {
	URL       string                        // the address below which /api/v2 is; required
	HTTP      commonconfig.HTTPClientConfig // how to reach it; ignored if Transport is set
	Transport http.RoundTripper             // nil: over the network, as HTTP says
	Timeout   time.Duration                 // of one call; 0: 10 s
}

// A Client speaks to one Alertmanager. It is safe for concurrent use.
type Client struct {
	base    *url.URL
	http    *http.Client
	timeout time.Duration
	change  sync.Mutex // held while silences are changed, so that two calls don't make two
}

// New returns a Client. It connects to nothing yet.
func New(o Options) (*Client, error) {
	base, err := url.Parse(o.URL)
	if err != nil {
		return nil, fmt.Errorf("address of Alertmanager: %w", err)
	}
	if base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, fmt.Errorf("address of Alertmanager: %q is no http or https URL", base.Redacted())
	}
	client := &http.Client{Transport: o.Transport}
	if o.Transport == nil {
		if client, err = commonconfig.NewClientFromConfig(o.HTTP, "alertmanager"); err != nil {
			return nil, fmt.Errorf("client of Alertmanager at %s: %w", base.Redacted(), err)
		}
	}
	c := &Client{base: base, http: client, timeout: o.Timeout}
	if c.timeout == 0 {
		c.timeout = defaultTimeout
	}
	return c, nil
}

// URL returns the address, without a password.
func (c *Client) URL() string { return c.base.Redacted() }

// Close gives up the connections that are kept for the next call. Calls may still
// follow; they make their own.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// call sends in as JSON, unless it is nil, and stores the JSON of the answer in
// out, unless that is nil.
func (c *Client) call(ctx context.Context, method, path string, query url.Values, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := c.request(ctx, method, path, query, in)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("ask Alertmanager: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case err != nil:
		return fmt.Errorf("ask Alertmanager: %s %s: %w", method, path, err)
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("ask Alertmanager: %s %s: %s: %s", method, path, resp.Status, quote(body))
	case len(body) > maxBody:
		return fmt.Errorf("ask Alertmanager: %s %s: the answer is larger than %d MiB", method, path, maxBody>>20)
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("ask Alertmanager: %s %s: %w", method, path, err)
	}
	return nil
}

func (c *Client) request(ctx context.Context, method, path string, query url.Values, in any) (*http.Request, error) {
	u := c.base.JoinPath("api/v2", path)
	u.RawQuery = query.Encode()
	var body io.Reader = http.NoBody
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return nil, errors.Join(errors.New("ask Alertmanager"), err)
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, fmt.Errorf("ask Alertmanager: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

func quote(body []byte) string {
	text := strings.TrimSpace(string(body))
	if len(text) > maxMessage {
		text = text[:maxMessage] + "…"
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}
