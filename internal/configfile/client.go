// SPDX-License-Identifier: Apache-2.0

package configfile

import (
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	promconfig "github.com/prometheus/common/config"
)

// HTTPClient checks the settings of an HTTP client, which stand in the mapping at
// p, and completes them: file names that are relative begin in the folder of the
// file. What such a file holds is read again when it is used; that it can be read
// is found out here.
func (f *File) HTTPClient(p Path, c *promconfig.HTTPClientConfig) Errors {
	var errs Errors
	if err := c.Validate(); err != nil {
		return append(errs, f.Errorf(p, "%v", err))
	}
	c.SetDirectory(filepath.Dir(f.name))
	if _, err := promconfig.NewTLSConfig(&c.TLSConfig); err != nil {
		errs = append(errs, f.Errorf(p.At("tls_config"), "%v", err))
	} else if _, err := promconfig.NewClientFromConfig(*c, "check"); err != nil {
		errs = append(errs, f.Errorf(p, "%v", err))
	}
	for _, s := range secretFiles(c) {
		if err := readable(s.name); err != nil {
			errs = append(errs, f.Errorf(p.At(s.path...), "%v; make the file readable to this program", err))
		}
	}
	return errs
}

type secretFile struct {
	path Path
	name string
}

// secretFiles lists the files that are read again at each request, and whose
// absence would be known only then.
func secretFiles(c *promconfig.HTTPClientConfig) []secretFile {
	var all []secretFile
	if b := c.BasicAuth; b != nil {
		all = append(all, secretFile{Path{"basic_auth", "username_file"}, b.UsernameFile},
			secretFile{Path{"basic_auth", "password_file"}, b.PasswordFile})
	}
	if a := c.Authorization; a != nil {
		all = append(all, secretFile{Path{"authorization", "credentials_file"}, a.CredentialsFile})
	}
	if o := c.OAuth2; o != nil {
		all = append(all, secretFile{Path{"oauth2", "client_secret_file"}, o.ClientSecretFile})
	}
	if h := c.HTTPHeaders; h != nil {
		for _, name := range slices.Sorted(maps.Keys(h.Headers)) {
			for i, file := range h.Headers[name].Files {
				all = append(all, secretFile{Path{"http_headers", name, "files", i}, file})
			}
		}
	}
	return slices.DeleteFunc(all, func(s secretFile) bool { return s.name == "" })
}

func readable(name string) error {
	in, err := os.Open(name)
	if err != nil {
		return err
	}
	return in.Close()
}

// schemeName matches the name of a way to authenticate, such as Bearer or Digest.
// Whoever mistakes the key writes a credential there, which is seldom a short word.
var schemeName = regexp.MustCompile(`^[A-Za-z]{0,16}$`)

// ShownHTTPClient returns c to be shown: without what prometheus/common shows of a
// client though it may be secret.
func ShownHTTPClient(c promconfig.HTTPClientConfig) promconfig.HTTPClientConfig {
	c.ProxyConfig = ShownProxy(c.ProxyConfig)
	if c.Authorization != nil && !schemeName.MatchString(c.Authorization.Type) {
		authorization := *c.Authorization
		authorization.Type = hidden
		c.Authorization = &authorization
	}
	if c.OAuth2 != nil {
		c.OAuth2 = shownOAuth2(*c.OAuth2)
	}
	return c
}

// shownOAuth2 hides what goes to the server that gives out tokens.
func shownOAuth2(o promconfig.OAuth2) *promconfig.OAuth2 {
	o.ProxyConfig = ShownProxy(o.ProxyConfig)
	if u, err := url.Parse(o.TokenURL); err != nil || u.User != nil || u.RawQuery != "" || u.Opaque != "" {
		o.TokenURL = hidden
	}
	o.EndpointParams, o.Claims = maps.Clone(o.EndpointParams), maps.Clone(o.Claims)
	for name := range o.EndpointParams {
		o.EndpointParams[name] = hidden
	}
	for name := range o.Claims {
		o.Claims[name] = hidden
	}
	return &o
}

// ShownProxy returns p to be shown: its URL with xxxxx, which needs no escapes, in
// place of user information and query, or as a whole if it is not one of a host.
func ShownProxy(p promconfig.ProxyConfig) promconfig.ProxyConfig {
	const redacted = "xxxxx"
	if p.ProxyURL.URL == nil {
		return p
	}
	shown := *p.ProxyURL.URL
	if shown.User != nil {
		shown.User = url.User(redacted)
	}
	if shown.RawQuery != "" {
		shown.RawQuery = redacted
	}
	shown.Fragment, shown.RawFragment = "", ""
	if shown.Host == "" && p.ProxyURL.String() != "" {
		shown = url.URL{Opaque: redacted}
	}
	p.ProxyURL.URL = &shown
	return p
}
