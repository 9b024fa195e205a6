// SPDX-License-Identifier: Apache-2.0

package configdir

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	promconfig "github.com/prometheus/common/config"

	bridgeconfig "github.com/pharos-status/pharos/bridge/config"
	"github.com/pharos-status/pharos/internal/configfile"
)

// webhooks checks what alertmanager.yml posts to the bridge: that each channel is one of
// bridge.yml, and that the token is shown which that demands. Nothing is said where either
// of the files is bad in itself, or there is no bridge.yml: then somebody else listens there.
func webhooks(dir string) error {
	c, err := bridgeconfig.Load(filepath.Join(dir, bridgeFile), bridgeconfig.Options{})
	if err != nil {
		return nil //nolint:nilerr // it is told of bridge.yml
	}
	f, err := configfile.Read(filepath.Join(dir, routingFile))
	var routing struct {
		Global struct {
			HTTP *client `yaml:"http_config"`
		} `yaml:"global"`
		Receivers []struct {
			Webhooks []webhook `yaml:"webhook_configs"`
		} `yaml:"receivers"`
	}
	if err != nil || f.Peek(&routing) != nil {
		return nil //nolint:nilerr // likewise, or it is not there
	}
	var errs configfile.Errors
	for i, receiver := range routing.Receivers {
		for j, hook := range receiver.Webhooks {
			key, address := hook.address()
			path, ok := pathAt(c, address)
			if !ok {
				continue
			}
			p := configfile.Path{"receivers", i, "webhook_configs", j}
			if wrong := misled(c, path); wrong != "" {
				errs = append(errs, f.Errorf(p.At(key), "%s", wrong))
			}
			shown, at := hook.HTTP, p.At("http_config")
			if shown == nil && routing.Global.HTTP != nil {
				shown, at = routing.Global.HTTP, configfile.Path{"global", "http_config"}
			}
			if more, wrong := shown.refused(dir, c.Webhook.Token); wrong != "" {
				errs = append(errs, f.Errorf(at.At(more...), "%s", wrong))
			}
		}
	}
	return errs.Err()
}

// A webhook is where a receiver of Alertmanager posts to.
type webhook struct {
	URL     string  `yaml:"url"`
	URLFile string  `yaml:"url_file"`
	HTTP    *client `yaml:"http_config"` // nil: the global one
}

// address returns the URL, and the key that gives it. As in Alertmanager, a file
// name that is relative begins in the folder of the process.
func (w webhook) address() (key, address string) {
	if w.URLFile == "" {
		return "url", w.URL
	}
	text, err := os.ReadFile(w.URLFile)
	if err != nil {
		return "url_file", "" // it may not be there yet
	}
	return "url_file", strings.TrimSpace(string(text))
}

// A client is what an HTTP client of Alertmanager shows of itself.
type client struct {
	Authorization *struct {
		Type            string `yaml:"type"`
		Credentials     string `yaml:"credentials"`
		CredentialsFile string `yaml:"credentials_file"`
	} `yaml:"authorization"`
	BearerToken     string `yaml:"bearer_token"`
	BearerTokenFile string `yaml:"bearer_token_file"`
}

// refused says why the bridge refuses the client, and at which keys below it; "" if it does
// not, or that can't be seen from here.
func (c *client) refused(dir string, token configfile.Secret) (keys []any, wrong string) {
	if token == "" {
		return nil, ""
	}
	keys, credentials, file := c.credentials()
	if file != "" {
		text, err := os.ReadFile(promconfig.JoinDir(dir, file))
		if err != nil {
			return nil, "" // it may be readable to Alertmanager alone
		}
		credentials = strings.TrimSpace(string(text))
	}
	switch {
	case credentials == "":
		return nil, "bridge.yml demands its webhook.token; show it: http_config: {authorization: {credentials_file: FILE}}"
	case !token.Equal(credentials):
		return keys, "this is another token than webhook.token of bridge.yml"
	}
	return nil, ""
}

// credentials returns the bearer token, or the file that has it, and its keys.
func (c *client) credentials() (keys []any, credentials, file string) {
	switch {
	case c == nil:
	case c.Authorization != nil && c.Authorization.Type != "" && !strings.EqualFold(c.Authorization.Type, "Bearer"):
	case c.Authorization != nil && c.Authorization.CredentialsFile != "":
		return []any{"authorization", "credentials_file"}, "", c.Authorization.CredentialsFile
	case c.Authorization != nil:
		return []any{"authorization", "credentials"}, c.Authorization.Credentials, ""
	case c.BearerTokenFile != "":
		return []any{"bearer_token_file"}, "", c.BearerTokenFile
	case c.BearerToken != "":
		return []any{"bearer_token"}, c.BearerToken, ""
	}
	return nil, "", ""
}

// pathAt returns the path below /bridge/ to which an address leads, if it leads to the
// bridge. Addresses that are templates are known only when they are filled in.
func pathAt(c *bridgeconfig.Config, address string) (path string, ok bool) {
	base := c.External()
	u, err := url.Parse(address)
	if err != nil || strings.Contains(address, "{{") || u.Scheme != base.Scheme || !c.Found(bridgeconfig.HostPort(u)) {
		return "", false
	}
	return strings.CutPrefix(u.Path, base.Path+"/bridge/")
}

// misled says why a path of the bridge takes no notifications; "" if it does.
func misled(c *bridgeconfig.Config, path string) string {
	name, ok := strings.CutPrefix(path, "v1/")
	switch {
	case !ok:
		return "the bridge has nothing there; notifications go to /bridge/v1/CHANNEL"
	case c.Channel(name) == nil:
		return fmt.Sprintf("bridge.yml has no channel %q; %s", name, others(c))
	}
	return ""
}

// others says which channels there are.
func others(c *bridgeconfig.Config) string {
	names := make([]string, len(c.Channels))
	for i, ch := range c.Channels {
		names[i] = ch.Name
	}
	slices.Sort(names)
	if len(names) == 0 {
		return "it has none: add it there"
	}
	return "it has " + strings.Join(names, ", ")
}
