// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"
	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/bridge"
	"github.com/pharos-status/pharos/internal/schema"
)

const (
	lettersPath   = "/bridge/v1/dead-letters"
	clientTimeout = 30 * time.Second
	maxAnswer     = 256 << 20 // bytes; every dead letter that a bridge of many channels may keep
)

// errUnreachable is in the error of each request that nobody answered.
var errUnreachable = errors.New("no bridge answers")

// A bridgeClient asks a bridge that runs.
type bridgeClient struct {
	url       string
	tokenFile string
	http      string // file of the settings of the client
}

func (c *bridgeClient) flags(cmd *kingpin.CmdClause) {
	c.url = "http://127.0.0.1:9642"
	cmd.Flag("url", "Where the bridge listens.").PlaceHolder(c.url).SetValue((*bridgeURL)(&c.url))
	cmd.Flag("token-file", "File with webhook.token of bridge.yml.").PlaceHolder("FILE").StringVar(&c.tokenFile)
	cmd.Flag("http.config.file", "Settings of the HTTP client, in Prometheus' format: certificates, proxies.").PlaceHolder("FILE").StringVar(&c.http)
}

// A bridgeURL is the value of --url.
type bridgeURL string

// Set implements [kingpin.Value].
func (v *bridgeURL) Set(text string) error {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("--url: %q is no URL; write it as http://127.0.0.1:9642", text)
	}
	*v = bridgeURL(text)
	return nil
}

// String implements [kingpin.Value].
func (v *bridgeURL) String() string { return string(*v) }

// list returns the dead letters of a channel, or of all if it is empty.
func (c *bridgeClient) list(ctx context.Context, channel string) (all []bridge.DeadLetter, err error) {
	path := lettersPath
	if channel != "" {
		path += "?channel=" + url.QueryEscape(channel)
	}
	body, err := c.do(ctx, http.MethodGet, path)
	if err != nil {
		return nil, fmt.Errorf("list dead letters: %w", err)
	}
	if err := json.Unmarshal(body, &all); err != nil {
		return nil, fmt.Errorf("list dead letters: %s answers otherwise than a bridge: %w", c.url, err)
	}
	return all, nil
}

// send sends a dead letter again, and returns what has become of it.
func (c *bridgeClient) send(ctx context.Context, id uint64) (done string, err error) {
	body, err := c.do(ctx, http.MethodPost, idPath(id)+"/send")
	if err != nil {
		return "", err
	}
	var answer struct {
		Status string `json:"status"`
	}
	if json.Unmarshal(body, &answer) == nil && answer.Status == schema.OutcomeOvertaken {
		return "removed: it reminds of what is over, or there has been newer word since", nil
	}
	return "sent again", nil
}

func (c *bridgeClient) discard(ctx context.Context, id uint64) (done string, err error) {
	_, err = c.do(ctx, http.MethodDelete, idPath(id))
	return "discarded", err
}

// do returns the body of a good answer.
func (c *bridgeClient) do(ctx context.Context, method, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, clientTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(c.url, "/")+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	if err := c.authorize(req); err != nil {
		return nil, err
	}
	client, err := c.client()
	if err != nil {
		return nil, err
	}
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		if cause, ok := errors.AsType[*url.Error](err); ok {
			err = cause.Err
		}
		return nil, c.unreached(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		return nil, c.refused(resp, body)
	}
	return body, nil
}

func (c *bridgeClient) authorize(req *http.Request) error {
	if c.tokenFile == "" {
		return nil
	}
	token, err := os.ReadFile(c.tokenFile)
	if err != nil {
		return fmt.Errorf("read the token: %w", err)
	}
	token = bytes.TrimSpace(token)
	if len(token) == 0 {
		return fmt.Errorf("read the token: %s is empty; write webhook.token of bridge.yml into it", c.tokenFile)
	}
	req.Header.Set("Authorization", "Bearer "+string(token))
	return nil
}

// client returns a client that follows no redirect: the token is for the bridge alone.
func (c *bridgeClient) client() (*http.Client, error) {
	settings := promconfig.DefaultHTTPClientConfig
	if c.http != "" {
		read, _, err := promconfig.LoadHTTPConfigFile(c.http)
		if err != nil {
			return nil, fmt.Errorf("read --http.config.file: %w", err)
		}
		settings = *read
	}
	settings.FollowRedirects = false
	client, err := promconfig.NewClientFromConfig(settings, "pharosctl", promconfig.WithUserAgent("pharosctl"))
	if err != nil {
		return nil, fmt.Errorf("make the HTTP client: %w", err)
	}
	return client, nil
}

// unreached says why there was no answer, and what to do.
func (c *bridgeClient) unreached(err error) error {
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	_, garbled := errors.AsType[tls.RecordHeaderError](err)
	refused, alert := errors.AsType[*net.OpError](err)
	hint := "start pharos_bridge, or name the operations listener of pharos, such as --url=http://127.0.0.1:9640"
	switch {
	case untrusted:
		hint = "name its authority, tls_config: {ca_file: FILE}, in the file of --http.config.file, and have --url say a name that its certificate has"
	case garbled, errors.Is(err, http.ErrSchemeMismatch):
		hint = "it has no TLS: begin --url with http"
	case alert && refused.Op == "remote error":
		hint = "it refuses the connection: give a client certificate, tls_config: {cert_file: FILE, key_file: FILE}, in the file of --http.config.file"
	}
	return fmt.Errorf("%w at %s: %w; %s", errUnreachable, c.url, err, hint)
}

// refused says why the bridge did not do what it was asked.
func (c *bridgeClient) refused(resp *http.Response, body []byte) error {
	var answer struct {
		Error string `json:"error"`
	}
	said := resp.Status
	isBridge := json.Unmarshal(body, &answer) == nil && answer.Error != ""
	if isBridge {
		said = printable(answer.Error)
	}
	switch {
	case strings.HasPrefix(resp.Header.Get("WWW-Authenticate"), "Basic"):
		return fmt.Errorf("the listener at %s demands a name and a password; give basic_auth: {username: NAME, password_file: FILE} in the file of --http.config.file", c.url)
	case resp.StatusCode == http.StatusBadRequest && strings.Contains(string(body), "HTTP request to an HTTPS server"):
		return fmt.Errorf("the listener at %s has TLS; begin --url with https", c.url)
	case resp.StatusCode == http.StatusUnauthorized, resp.StatusCode == http.StatusForbidden:
		if c.tokenFile != "" {
			return fmt.Errorf("the bridge refuses: %s; %s has to hold webhook.token of bridge.yml", said, c.tokenFile)
		}
		return fmt.Errorf("the bridge refuses: %s; give webhook.token of bridge.yml by --token-file", said)
	case !isBridge:
		return fmt.Errorf("there is no bridge at %s: it answers %s; see --url", c.url, said)
	}
	return errors.New(said)
}
