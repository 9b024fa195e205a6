// SPDX-License-Identifier: Apache-2.0

package configdir

import (
	"fmt"
	"path/filepath"

	bridgeconfig "github.com/pharos-status/pharos/bridge/config"
	"github.com/pharos-status/pharos/internal/configfile"
	pageconfig "github.com/pharos-status/pharos/statuspage/config"
)

// Bridge checks bridge.yml.
func Bridge(dir string) []File {
	return []File{read(dir, bridgeFile, func(path string) (string, error) {
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
	path := filepath.Join(dir, bridgeFile)
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

// Page returns the title and the address of the status page, as far as statuspage.yml
// of the folder is there and good.
func Page(dir string) (title, address string) {
	c, err := pageconfig.Load(filepath.Join(dir, pageFile))
	if err != nil {
		c = pageconfig.Default()
	}
	return c.Branding.PageTitle, c.Branding.PageURL
}
