// SPDX-License-Identifier: Apache-2.0

// Package alerts speaks to the API of Alertmanager, version 2. It creates and
// ends the one silence that holds back reminders, and leaves every other silence
// and alert alone.
package alerts

import (
	"context"
	"errors"
	"net/http"
	"time"

	commonconfig "github.com/prometheus/common/config"
)

// Options are the settings of a [Client].
type Options struct {
	URL       string                        // the address below which /api/v2 is; required
	HTTP      commonconfig.HTTPClientConfig // how to reach it; ignored if Transport is set
	Transport http.RoundTripper             // nil: over the network, as HTTP says
	Timeout   time.Duration                 // of one call; 0: 10 s
}

// A Client speaks to one Alertmanager. It is safe for concurrent use.
type Client struct{ o Options }

// New returns a Client. It connects to nothing yet.
func New(o Options) (*Client, error) { return &Client{o: o}, nil }

// Ignored returns for how long reminders are still held back, 0 if they aren't.
func (c *Client) Ignored(context.Context) (time.Duration, error) { return 0, errors.New("not yet") }

// Ignore holds back reminders for d from now, instead of for what was left.
func (c *Client) Ignore(context.Context, time.Duration) error { return errors.New("not yet") }

// Unignore lets reminders through again.
func (c *Client) Unignore(context.Context) error { return errors.New("not yet") }
