// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	promconfig "github.com/prometheus/common/config"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// web serves handle in the clear.
func web(t *testing.T, handle http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server
}

func newClient(t *testing.T, config promconfig.HTTPClientConfig) *probe.HTTPClient {
	t.Helper()
	client, err := probe.NewHTTPClient(config)
	require.NoError(t, err)
	return client
}

func TestHTTPRedirects(t *testing.T) {
	t.Parallel()
	server := web(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/start":
			http.SetCookie(w, &http.Cookie{Name: "seen", Value: "1"})
			http.Redirect(w, r, "/next", http.StatusFound)
		case "/next":
			http.Redirect(w, r, "/end", http.StatusMovedPermanently)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/nowhere":
			http.Redirect(w, r, "gopher://x/", http.StatusFound)
		default:
			_, err := r.Cookie("seen")
			if err != nil {
				w.WriteHeader(http.StatusForbidden)
			}
		}
	})
	at := func(path string, follow bool) probe.HTTPOptions {
		return probe.HTTPOptions{URL: parse(t, server.URL+path), FollowRedirects: follow, Client: newClient(t, promconfig.HTTPClientConfig{})}
	}
	t.Run("followed", func(t *testing.T) {
		t.Parallel()
		r := probe.HTTP(at("/start", true)).Probe(t.Context())
		require.NoError(t, r.Err)
		require.Equal(t, 2, r.HTTP.Redirects)
		require.Equal(t, 200, r.HTTP.Status)
		var log []string
		for _, e := range r.Events {
			log = append(log, e.What)
		}
		require.Equal(t, []string{"connected", "redirect", "connected", "redirect", "connected", "answered"}, log)
	})
	t.Run("not followed", func(t *testing.T) {
		t.Parallel()
		o := at("/start", false)
		o.StatusCodes = []int{302}
		o.HeaderMust = []probe.HeaderMatch{{Header: "Location", Match: re("^/next$")}}
		r := probe.HTTP(o).Probe(t.Context())
		require.NoError(t, r.Err)
		require.Equal(t, 1, r.HTTP.Redirects)
	})
	t.Run("loop", func(t *testing.T) {
		t.Parallel()
		r := probe.HTTP(at("/loop", true)).Probe(t.Context())
		requireFailure(t, probe.Limits{}.Judge(r), status.Dead, status.HTTPStatus, "redirected more than 10 times")
		require.Equal(t, probe.MaxRedirects+1, r.HTTP.Redirects)
		require.Equal(t, 302, r.HTTP.Status)
	})
	t.Run("nowhere", func(t *testing.T) {
		t.Parallel()
		v := verdict(t, probe.HTTP(at("/nowhere", true)), patience)
		requireFailure(t, v, status.Dead, status.Protocol, "unsupported protocol scheme")
	})
}

// TestHTTPSecretsStayAtHome keeps that a redirect to another host takes nothing
// along that says who asks.
func TestHTTPSecretsStayAtHome(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("hush\n"), 0o600))
	headers := &promconfig.Headers{Headers: map[string]promconfig.Header{
		"X-Token": {Secrets: []promconfig.Secret{"hush"}, Files: []string{secret}}, "X-Open": {Values: []string{"fine"}},
	}}
	configs := map[string]promconfig.HTTPClientConfig{
		"basic":  {BasicAuth: &promconfig.BasicAuth{Username: "me", PasswordFile: secret}},
		"bearer": {Authorization: &promconfig.Authorization{Credentials: "hush"}},
		"header": {HTTPHeaders: headers, BasicAuth: &promconfig.BasicAuth{Username: "me", Password: "hush"}},
		"URL":    {},
	}
	for name, config := range configs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var home, away http.Header
			other := web(t, func(_ http.ResponseWriter, r *http.Request) { away = r.Header })
			first := web(t, func(w http.ResponseWriter, r *http.Request) {
				home = r.Header
				http.Redirect(w, r, strings.Replace(other.URL, "127.0.0.1", "localhost", 1), http.StatusFound)
			})
			o := probe.HTTPOptions{URL: parse(t, first.URL), FollowRedirects: true, Client: newClient(t, config)}
			if name == "URL" {
				o.URL.User = url.UserPassword("me", "hush")
			}
			r := probe.HTTP(o).Probe(t.Context())
			require.NoError(t, r.Err)
			require.NotEmpty(t, home.Get("Authorization"))
			require.Empty(t, away.Get("Authorization"))
			require.Empty(t, away.Get("X-Token"))
			if name == "header" {
				require.Equal(t, []string{"hush", "hush"}, home.Values("X-Token"))
				require.Equal(t, "fine", home.Get("X-Open"))
				require.Equal(t, "fine", away.Get("X-Open"))
			}
			for _, e := range r.Events {
				require.NotContains(t, e.Detail, "hush")
			}
		})
	}
}

func TestHTTPAuthentication(t *testing.T) {
	t.Parallel()
	server := web(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("Authorization"))
	})
	for name, test := range map[string]struct {
		config promconfig.HTTPClientConfig
		want   string
	}{
		"basic":  {promconfig.HTTPClientConfig{BasicAuth: &promconfig.BasicAuth{Username: "me", Password: "hush"}}, "^Basic bWU6aHVzaA==$"},
		"bearer": {promconfig.HTTPClientConfig{BearerToken: "hush"}, "^Bearer hush$"},
		"other":  {promconfig.HTTPClientConfig{Authorization: &promconfig.Authorization{Type: "Token", Credentials: "hush"}}, "^Token hush$"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := probe.HTTPOptions{URL: parse(t, server.URL), Client: newClient(t, test.config), BodyMatch: re(test.want)}
			require.Equal(t, probe.Verdict{Status: status.Healthy}, verdict(t, probe.HTTP(o), patience))
		})
	}
}

func TestHTTPOAuth2(t *testing.T) {
	t.Parallel()
	tokens := web(t, func(w http.ResponseWriter, r *http.Request) {
		if r.PostFormValue("grant_type") != "client_credentials" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]string{"access_token": "granted", "token_type": "Bearer"})
	})
	server := web(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer granted" {
			w.WriteHeader(http.StatusForbidden)
		}
	})
	with := func(tokens string) probe.HTTPOptions {
		config := promconfig.HTTPClientConfig{OAuth2: &promconfig.OAuth2{ClientID: "pharos", ClientSecret: "hush", TokenURL: tokens}}
		return probe.HTTPOptions{URL: parse(t, server.URL), Client: newClient(t, config)}
	}
	r := probe.HTTP(with(tokens.URL)).Probe(t.Context())
	require.NoError(t, r.Err)
	require.Len(t, r.Events, 2, "the way to the tokens is not that to the target: %v", r.Events)

	v := verdict(t, probe.HTTP(with("http://"+serve(t, silence))), 100*time.Millisecond)
	requireFailure(t, v, status.Dead, status.Timeout, "")
}

func TestHTTPSecretThatIsGone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secret")
	client := newClient(t, promconfig.HTTPClientConfig{BasicAuth: &promconfig.BasicAuth{Username: "me", PasswordFile: file}})
	o := probe.HTTPOptions{URL: parse(t, web(t, ok).URL), Client: client}
	requireFailure(t, verdict(t, probe.HTTP(o), patience), status.Unknown, status.Permission, "no such file")
}

func TestNewHTTPClientRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config promconfig.HTTPClientConfig
		want   string
	}{
		"reference": {promconfig.HTTPClientConfig{BasicAuth: &promconfig.BasicAuth{PasswordRef: "x"}}, "secrets by reference"},
		"no file":   {promconfig.HTTPClientConfig{TLSConfig: promconfig.TLSConfig{CAFile: "/none"}}, "no such file"},
		"two":       {promconfig.HTTPClientConfig{BearerToken: "x", BearerTokenFile: "y"}, "at most one of"},
	} {
		_, err := probe.NewHTTPClient(test.config)
		require.ErrorContains(t, err, test.want, name)
	}
}

func TestHTTP2(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, time.Now().Add(time.Hour))
	server := secure(t, &tls.Config{Certificates: []tls.Certificate{a.issue(t, time.Now().Add(time.Hour))}, MinVersion: tls.VersionTLS12}, true, ok)
	for proto, enabled := range map[string]bool{"HTTP/2.0": true, "HTTP/1.1": false} {
		t.Run(proto, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, promconfig.HTTPClientConfig{EnableHTTP2: enabled})
			o := probe.HTTPOptions{URL: parse(t, server.URL), TLS: a.trust(), Client: client, Versions: []string{proto}, BodyMatch: re("ok")}
			r := probe.HTTP(o).Probe(t.Context())
			require.NoError(t, r.Err)
			require.Equal(t, proto, r.HTTP.Proto)
			require.Equal(t, "TLS 1.3", r.TLS.Version)
			require.Positive(t, r.HTTP.Phases.TLS)
		})
	}
}

// TestHTTPClientReadsItsAuthorityAgain keeps that a file that is replaced counts
// from then on.
func TestHTTPClientReadsItsAuthorityAgain(t *testing.T) {
	t.Parallel()
	wrong, right := newAuthority(t, time.Now().Add(time.Hour)), newAuthority(t, time.Now().Add(time.Hour))
	server := secure(t, &tls.Config{Certificates: []tls.Certificate{right.issue(t, time.Now().Add(time.Hour))}, MinVersion: tls.VersionTLS12}, true, ok)
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, wrong.pem(), 0o600))
	client := newClient(t, promconfig.HTTPClientConfig{TLSConfig: promconfig.TLSConfig{CAFile: file}})
	p := probe.HTTP(probe.HTTPOptions{URL: parse(t, server.URL), Client: client})
	requireFailure(t, verdict(t, p, patience), status.Dead, status.TLS, "")
	require.NoError(t, os.WriteFile(file, right.pem(), 0o600))
	require.Equal(t, status.Healthy, verdict(t, p, patience).Status)
	require.NoError(t, os.Remove(file))
	requireFailure(t, verdict(t, p, patience), status.Unknown, status.Permission, "no such file")
}
