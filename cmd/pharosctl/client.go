// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"cmp"
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
)

const (
	clientTimeout = 30 * time.Second
	maxAnswer     = 256 << 20 // bytes; every dead letter that a bridge of many channels may keep
)

var (
	// errUnreachable is in the error of each request that nobody answered.
	errUnreachable = errors.New("nobody answers")
	// errNotThere is in that of a request for a path that the one who answers does not have.
	errNotThere = errors.New("it is not there")
)

// A client asks a part of Pharos that runs.
type client struct {
	peer
	url       string // of --url, once settled where it is
	from      string // where the URL comes from, unless that is plain
	tokenFile string
	http      string // file of the settings of the client
	author    string // who asks; empty: not told
}

// A peer is who is asked, in words.
type peer struct {
	name    string // such as "bridge"
	listens string // help of --url
	usual   string // its URL, where nobody says another
	address string // key of the setting of its URL
	token   string // the key of the configuration that holds its token; empty: it takes none
	secret  string // key of the setting of the file of the token
	start   string // what to do if nobody answers
}

func (c *client) flags(cmd *kingpin.CmdClause) {
	cmd.Flag("url", c.listens+" Default: "+c.usual+"."+said(c.address)).PlaceHolder("URL").SetValue(&clientURL{&c.url, c.usual})
	if c.token != "" {
		cmd.Flag("token-file", "File with "+c.token+"."+said(c.secret)).PlaceHolder("FILE").StringVar(&c.tokenFile)
	}
	cmd.Flag("http.config.file", "Settings of the HTTP client, in Prometheus' format: certificates, proxies."+said(settingHTTPConfigFile)).
		PlaceHolder("FILE").StringVar(&c.http)
}

// settle completes what the command line says by the settings of the user.
func (c *client) settle() error {
	s, err := readSettings(os.LookupEnv)
	if err != nil {
		return err
	}
	if c.url == "" {
		found := s.find(c.address)
		c.url, c.from = found.value, found.from
	}
	c.url = cmp.Or(c.url, c.usual)
	c.tokenFile = s.or(c.tokenFile, c.secret)
	c.http = s.or(c.http, settingHTTPConfigFile)
	return nil
}

// A clientURL is the value of --url.
type clientURL struct {
	target  *string
	example string
}

// Set implements [kingpin.Value].
func (v *clientURL) Set(text string) error {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("--url: %q is no URL; write it as %s", text, v.example)
	}
	*v.target = text
	return nil
}

// String implements [kingpin.Value].
func (v *clientURL) String() string { return *v.target }

// do sends in as JSON, unless it is nil, and returns the body of a good answer.
func (c *client) do(ctx context.Context, method, path string, in any) ([]byte, error) {
	if err := c.settle(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, clientTimeout)
	defer cancel()
	req, err := c.request(ctx, method, path, in)
	if err != nil {
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

func (c *client) request(ctx context.Context, method, path string, in any) (*http.Request, error) {
	var body io.Reader = http.NoBody
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(c.url, "/")+path, body)
	if err != nil {
		return nil, err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.author != "" {
		req.Header.Set("X-Pharos-Author", c.author)
	}
	return req, c.authorize(req)
}

func (c *client) authorize(req *http.Request) error {
	token, err := c.readToken()
	if err != nil || token == "" {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return nil
}

// readToken returns the token, which is empty if no file is named.
func (c *client) readToken() (string, error) {
	if c.tokenFile == "" {
		return "", nil
	}
	text, err := os.ReadFile(c.tokenFile)
	if err != nil {
		return "", fmt.Errorf("read the token: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if token == "" {
		return "", fmt.Errorf("read the token: %s is empty; write %s into it", c.tokenFile, c.token)
	}
	return token, nil
}

// client returns a client that follows no redirect: the token is for the bridge alone.
func (c *client) client() (*http.Client, error) {
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
func (c *client) unreached(err error) error {
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	_, garbled := errors.AsType[tls.RecordHeaderError](err)
	refused, alert := errors.AsType[*net.OpError](err)
	hint := c.start
	switch {
	case untrusted:
		hint = "name its authority, tls_config: {ca_file: FILE}, in the file of --http.config.file, and have --url say a name that its certificate has"
	case garbled, errors.Is(err, http.ErrSchemeMismatch):
		hint = "it has no TLS: begin --url with http"
	case alert && refused.Op == "remote error":
		hint = "it refuses the connection: give a client certificate, tls_config: {cert_file: FILE, key_file: FILE}, in the file of --http.config.file"
	}
	return kind{errUnreachable, fmt.Errorf("no %s answers at %s: %w; %s", c.name, c.at(), err, hint)}
}

// at is the URL, and where it comes from if that may be forgotten.
func (c *client) at() string {
	if c.from == "" {
		return c.url
	}
	return c.url + " (" + c.from + ")"
}

// A kind is an error that is also of a kind, which its words don't say.
type kind struct {
	of error
	error
}

func (k kind) Is(target error) bool { return target == k.of }

func (k kind) Unwrap() error { return k.error }

// refused says why the peer did not do what it was asked.
func (c *client) refused(resp *http.Response, body []byte) error {
	said, ours := whatIsSaid(body)
	if !ours {
		said = resp.Status
	}
	switch {
	case !ours && strings.HasPrefix(resp.Header.Get("WWW-Authenticate"), "Basic"):
		return fmt.Errorf("the listener at %s demands a name and a password; give basic_auth: {username: NAME, password_file: FILE} in the file of --http.config.file", c.url)
	case resp.StatusCode == http.StatusBadRequest && strings.Contains(string(body), "HTTP request to an HTTPS server"):
		return fmt.Errorf("the listener at %s has TLS; begin --url with https", c.url)
	case resp.StatusCode == http.StatusUnauthorized, resp.StatusCode == http.StatusForbidden:
		if c.token == "" {
			return fmt.Errorf("the %s refuses: %s; say who you are in the file of --http.config.file", c.name, said)
		}
		if c.tokenFile != "" {
			return fmt.Errorf("the %s refuses: %s; %s has to hold %s", c.name, said, c.tokenFile, c.token)
		}
		return fmt.Errorf("the %s refuses: %s; give %s by --token-file", c.name, said, c.token)
	case !ours && resp.StatusCode == http.StatusNotFound:
		return kind{errNotThere, fmt.Errorf("there is no %s at %s: it answers %s; see --url", c.name, c.at(), said)}
	case !ours:
		return fmt.Errorf("there is no %s at %s: it answers %s; see --url", c.name, c.at(), said)
	}
	return errors.New(said)
}

// whatIsSaid returns the problem that a body tells, as Pharos and Alertmanager do.
func whatIsSaid(body []byte) (text string, ok bool) {
	var answer struct {
		Error   string `json:"error"`
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &text) != nil && json.Unmarshal(body, &answer) == nil {
		text = cmp.Or(answer.Error, answer.Message)
	}
	return printable(text), text != ""
}
