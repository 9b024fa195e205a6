// SPDX-License-Identifier: Apache-2.0

package configdir

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	bridgeconfig "github.com/pharos-status/pharos/bridge/config"
	"github.com/pharos-status/pharos/internal/configfile"
	pageconfig "github.com/pharos-status/pharos/statuspage/config"
)

// Bridge checks bridge.yml.
func Bridge(dir string) []File {
	return []File{read(dir, "bridge.yml", func(path string) (string, error) {
		c, err := bridgeconfig.Load(path, bridgeconfig.Options{})
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("channels: %d", len(c.Channels)), nil
	})}
}

// channels checks that each channel of the bridge to which alertmanager.yml posts is
// one of bridge.yml. Nothing is said where either of the files is bad in itself.
func channels(dir string) error {
	c, err := bridgeconfig.Load(filepath.Join(dir, "bridge.yml"), bridgeconfig.Options{})
	if errors.Is(err, fs.ErrNotExist) {
		c, err = bridgeconfig.Default(bridgeconfig.Options{})
	}
	if err != nil {
		return nil //nolint:nilerr // it is told of bridge.yml
	}
	f, err := configfile.Read(filepath.Join(dir, "alertmanager.yml"))
	var routing struct {
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
			if name, ok := channelAt(c.External(), address); ok && c.Channel(name) == nil {
				p := configfile.Path{"receivers", i, "webhook_configs", j, key}
				errs = append(errs, f.Errorf(p, "bridge.yml has no channel %q; %s", name, others(c)))
			}
		}
	}
	return errs.Err()
}

// A webhook is where a receiver of Alertmanager posts to.
type webhook struct {
	URL     string `yaml:"url"`
	URLFile string `yaml:"url_file"`
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

// channelAt returns the channel of the bridge at base to which an address leads, if
// it leads to one. Addresses that are templates are known only when they are filled in.
func channelAt(base *url.URL, address string) (name string, ok bool) {
	u, err := url.Parse(address)
	if err != nil || strings.Contains(address, "{{") || u.Scheme != base.Scheme || !strings.EqualFold(hostPort(u), hostPort(base)) {
		return "", false
	}
	return strings.CutPrefix(u.Path, base.Path+"/bridge/v1/")
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Hostname() + ":" + port
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

// Page returns the title and the address of the status page, as far as statuspage.yml
// of the folder is there and good.
func Page(dir string) (title, address string) {
	c, err := pageconfig.Load(filepath.Join(dir, "statuspage.yml"))
	if err != nil {
		c = pageconfig.Default()
	}
	return c.Branding.PageTitle, c.Branding.PageURL
}
