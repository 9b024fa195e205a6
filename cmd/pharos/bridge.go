// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"net"
	"net/http"

	"github.com/pharos-status/pharos/bridge"
	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/configdir"
)

// openBridge makes the bridge, and the server by which Alertmanager reaches it.
func (s *stack) openBridge(b *app.Builder, f *flags) (err error) {
	log := s.log.With("component", "bridge")
	if s.bridge, err = bridge.New(bridge.Options{
		ConfigFile:  f.file("bridge.yml"),
		StoragePath: f.storagePath,
		Page: func() (title, address string) {
			title, address = configdir.Page(f.configDir)
			return title, cmp.Or(address, f.publicURL)
		},
		Logger:     log,
		Registerer: s.own,
		Gatherer:   s.own,
	}); err != nil {
		return err
	}
	b.Undo(s.bridge.Close)
	s.inbox = app.NewMemoryServer(app.CollapseSlashes(http.HandlerFunc(s.receive)), log)
	return nil
}

// receive hands to the bridge what was posted to its external URL, whose path is a
// prefix that the bridge does not know.
func (s *stack) receive(w http.ResponseWriter, r *http.Request) {
	http.StripPrefix(s.bridge.ExternalURL().Path, s.bridge.Handler()).ServeHTTP(w, r)
}

// dial connects Alertmanager's receivers: to the bridge within the process, to all
// else by the network.
func (s *stack) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if s.bridge.Found(address) {
		return s.inbox.Dial(ctx)
	}
	var d net.Dialer
	return d.DialContext(ctx, network, address)
}
