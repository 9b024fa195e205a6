// SPDX-License-Identifier: Apache-2.0

package configdir

import (
	"fmt"
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

// InProcess checks what pharos asks of bridge.yml besides, as its Alertmanager reaches
// the bridge within the process. Nothing is said where the file is bad in itself.
func InProcess(dir string) error {
	path := filepath.Join(dir, "bridge.yml")
	c, err := bridgeconfig.Load(path, bridgeconfig.Options{})
	if err != nil || c.External().Scheme != "https" {
		return nil //nolint:nilerr // it is told by Bridge
	}
	f, err := configfile.Read(path)
	if err != nil {
		return err
	}
	return f.Errorf(configfile.Path{"external_url"}, "pharos hands notifications to the bridge within the process, which https does not lead to; "+
		"begin it with http, here and in alertmanager.yml")
}

// channels checks that each channel of the bridge to which alertmanager.yml posts is
// one of bridge.yml. Nothing is said where either of the files is bad in itself, or
// there is no bridge.yml: then somebody else listens there.
func channels(dir string) error {
	c, err := bridgeconfig.Load(filepath.Join(dir, "bridge.yml"), bridgeconfig.Options{})
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
			if name, ok := channelAt(c, address); ok && c.Channel(name) == nil {
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

// channelAt returns the channel of the bridge to which an address leads, if
// it leads to one. Addresses that are templates are known only when they are filled in.
func channelAt(c *bridgeconfig.Config, address string) (name string, ok bool) {
	base := c.External()
	u, err := url.Parse(address)
	if err != nil || strings.Contains(address, "{{") || u.Scheme != base.Scheme || !c.Found(bridgeconfig.HostPort(u)) {
		return "", false
	}
	return strings.CutPrefix(u.Path, base.Path+"/bridge/v1/")
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
