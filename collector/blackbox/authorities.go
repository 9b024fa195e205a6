// SPDX-License-Identifier: Apache-2.0

package blackbox

import (
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// Settings of TLS are those of a module. The file with its authorities is read
// again when it is another one than before, so that a rotation needs no restart;
// those of the module's own certificate are read at each handshake.
type tlsSettings struct {
	config *promconfig.TLSConfig

	mu   sync.Mutex // protects all following fields
	made *tls.Config
	file os.FileInfo // of the authorities that made has; nil if they are in no file
}

func newTLSSettings(c *promconfig.TLSConfig) *tlsSettings { return &tlsSettings{config: c} }

// current returns the configuration as the files are now. It is nil if nothing is set.
func (s *tlsSettings) current() (*tls.Config, error) {
	if *s.config == (promconfig.TLSConfig{}) {
		return nil, nil //nolint:nilnil // no configuration is one
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var file os.FileInfo
	if s.config.CAFile != "" {
		var err error
		if file, err = os.Stat(s.config.CAFile); err != nil { // before it is read: a change in between is seen the next time
			return nil, fmt.Errorf("prepare TLS: %w", err)
		}
	}
	if s.made != nil && unchanged(s.file, file) {
		return s.made, nil
	}
	made, err := promconfig.NewTLSConfig(s.config)
	if err != nil {
		return nil, fmt.Errorf("prepare TLS: %w", err)
	}
	s.made, s.file = made, file
	return made, nil
}

func unchanged(before, now os.FileInfo) bool {
	if before == nil || now == nil {
		return before == now
	}
	return os.SameFile(before, now) && before.Size() == now.Size() && before.ModTime().Equal(now.ModTime())
}

// prober returns the prober that is made of a configuration. If there is a file
// of authorities, it is made for each probe, of what is in it then.
func (s *tlsSettings) prober(of func(*tls.Config) (probe.Prober, error)) (probe.Prober, error) {
	now := func() (probe.Prober, error) {
		config, err := s.current()
		if err != nil {
			return nil, err
		}
		return of(config)
	}
	prober, err := now()
	if err != nil || s.config.CAFile == "" {
		return prober, err
	}
	return remade(now), nil
}

// A remade prober is made for each probe, because it is made of files. If that
// fails, nothing is known of the target.
type remade func() (probe.Prober, error)

// Probe implements [probe.Prober].
func (r remade) Probe(ctx context.Context) probe.Result {
	prober, err := r()
	if err != nil {
		return probe.Result{At: time.Now(), Err: &probe.Failure{Status: status.Unknown, Reason: status.Permission, Err: err}}
	}
	return prober.Probe(ctx)
}
