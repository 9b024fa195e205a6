// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/pharos-status/pharos/statuspage"
)

// Layout returns the layout saved last, an empty one if there is none.
func (s *Store) Layout() (statuspage.Layout, error) {
	s.mu.Lock()
	saved := s.layout
	s.mu.Unlock()
	var l statuspage.Layout
	if len(saved) == 0 {
		return l, nil
	}
	if err := json.Unmarshal(saved, &l); err != nil {
		return statuspage.Layout{}, s.file.Damaged(err)
	}
	return l, nil
}

// SaveLayout keeps the layout. It writes only if the layout is not the one saved
// last, so it may be called at each refresh.
func (s *Store) SaveLayout(l statuspage.Layout) error {
	value, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("write the layout: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if bytes.Equal(value, s.layout) {
		return nil
	}
	if err := s.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(bucketPage()).Put(keyLayout(), value) }); err != nil {
		return fmt.Errorf("write the layout: %w", err)
	}
	s.layout = value
	return nil
}
