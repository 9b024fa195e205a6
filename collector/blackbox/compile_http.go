// SPDX-License-Identifier: Apache-2.0

package blackbox

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/collector/probe"
)

func compileHTTP(m *module.HTTP, o Options) (maker, error) {
	base, err := httpOptions(m, o)
	if err != nil {
		return nil, err
	}
	settings := newTLSSettings(&m.Client.TLSConfig)
	return func(target, hostname string) (probe.Prober, error) {
		u, err := httpURL(target)
		if err != nil {
			return nil, err
		}
		options := *base
		options.URL = u
		if hostname != "" {
			options.Headers = maps.Clone(options.Headers)
			options.Headers.Set("Host", hostname)
		}
		return settings.prober(func(config *tls.Config) (probe.Prober, error) {
			now := options
			now.TLS = called(config, now.Headers.Get("Host")) // with its port, as blackbox_exporter has it
			return probe.HTTP(now), nil
		})
	}, nil
}

// httpOptions returns what does not depend on the target.
func httpOptions(m *module.HTTP, o Options) (*probe.HTTPOptions, error) {
	settings := m.Client
	settings.TLSConfig = promconfig.TLSConfig{} // its files are looked after here
	client, err := probe.NewHTTPClient(settings)
	if err != nil {
		return nil, err
	}
	must, err := compileCEL(m.JSONNotMatches)
	if err != nil {
		return nil, err
	}
	not, err := compileCEL(m.JSONMatches)
	if err != nil {
		return nil, err
	}
	return &probe.HTTPOptions{
		Method: cmp.Or(m.Method, http.MethodGet), Headers: m.Headers.Header(),
		Body: string(m.Body), BodyFile: m.BodyFile, UserAgent: o.UserAgent, ExactURL: true,
		Dial: dialOptions(m.IP, module.Source{}), Client: client,
		ResolveForProxy: !m.SkipResolve, FollowRedirects: m.Client.FollowRedirects, HTTP3: m.HTTP3,
		StatusFrom: http.StatusOK, StatusBelow: http.StatusMultipleChoices,
		StatusCodes: m.ValidStatusCodes, Versions: m.ValidVersions,
		FailIfTLS: m.FailIfSSL, FailIfNotTLS: m.FailIfNotSSL,
		HeaderMust: headerMatches(m.HeaderNotMatches), HeaderNot: headerMatches(m.HeaderMatches),
		BodyMust: regexps(m.BodyNotMatches), BodyNot: regexps(m.BodyMatches),
		JSONMust: must, JSONNot: not,
		ReadBody: true, BodyLimit: int64(m.BodySizeLimit), Compression: strings.ToLower(m.Compression),
	}, nil
}

func compileCEL(c *module.CEL) (*probe.CEL, error) {
	if c == nil {
		return nil, nil //nolint:nilnil // no condition is one
	}
	return probe.NewCEL(c.Expression)
}

func headerMatches(all []module.HeaderMatch) []probe.HeaderMatch {
	out := make([]probe.HeaderMatch, len(all))
	for i, m := range all {
		out[i] = probe.HeaderMatch{Header: m.Header, Match: m.Regexp.Regexp, AllowMissing: m.AllowMissing}
	}
	return out
}

func regexps(all []module.Regexp) []*regexp.Regexp {
	out := make([]*regexp.Regexp, len(all))
	for i, r := range all {
		out[i] = r.Regexp
	}
	return out
}

func compileWebsocket(m *module.Websocket, o Options) (maker, error) {
	settings := newTLSSettings(&m.Client.TLSConfig)
	conversation := exchanges(m.QueryResponse)
	return func(target, hostname string) (probe.Prober, error) {
		u, err := websocketURL(target)
		if err != nil {
			return nil, err
		}
		made := func() (probe.Prober, error) {
			headers, err := websocketHeaders(m)
			if err != nil {
				return nil, err
			}
			config, err := settings.current()
			if err != nil {
				return nil, err
			}
			return probe.WebSocket(probe.WebSocketOptions{
				URL: u, Headers: headers, UserAgent: o.UserAgent, Conversation: conversation,
				TLS: called(config, hostname), Dial: dialOptions(m.IP, module.Source{}),
			}), nil
		}
		if _, err := made(); err != nil {
			return nil, err
		}
		return remade(made), nil
	}, nil
}

// websocketHeaders returns the headers of the opening, with the credentials.
func websocketHeaders(m *module.Websocket) (http.Header, error) {
	headers := http.Header{}
	for name, h := range m.Headers.Headers {
		values := slices.Clone(h.Values)
		for _, secret := range h.Secrets {
			values = append(values, string(secret))
		}
		for _, file := range h.Files {
			text, err := secret("", file)
			if err != nil {
				return nil, fmt.Errorf("read header %s: %w", name, err)
			}
			values = append(values, text)
		}
		headers[http.CanonicalHeaderKey(name)] = values
	}
	credentials, err := authorization(&m.Client)
	if err != nil {
		return nil, err
	}
	if credentials != "" {
		headers.Set("Authorization", credentials)
	}
	return headers, nil
}

// authorization returns the value of the header of that name, empty if there is none.
func authorization(c *promconfig.HTTPClientConfig) (string, error) {
	switch {
	case c.BasicAuth != nil:
		user, err := secret(promconfig.Secret(c.BasicAuth.Username), c.BasicAuth.UsernameFile)
		if err != nil {
			return "", fmt.Errorf("read the user name: %w", err)
		}
		password, err := secret(c.BasicAuth.Password, c.BasicAuth.PasswordFile)
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password)), nil
	case c.Authorization != nil:
		credentials, err := secret(c.Authorization.Credentials, c.Authorization.CredentialsFile)
		if err != nil {
			return "", fmt.Errorf("read the credentials: %w", err)
		}
		return c.Authorization.Type + " " + credentials, nil
	}
	return "", nil
}

// secret returns what the file holds, or the value if there is none.
func secret(value promconfig.Secret, file string) (string, error) {
	if file == "" {
		return string(value), nil
	}
	text, err := os.ReadFile(file)
	return string(bytes.TrimSpace(text)), err
}
