// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"reflect"

	"github.com/pharos-status/pharos/statuspage"
)

// Layout returns the layout saved last, an empty one if there is none; it is kept in
// the folder too, for the time when the store is away.
func (s *Store) Layout(ctx context.Context) (l statuspage.Layout, err error) {
	err = s.do(ctx, "read the layout", func(ctx context.Context) error {
		var document []byte
		err := s.db.read.QueryRowContext(ctx, "SELECT document FROM layout").Scan(&document)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		return json.Unmarshal(document, &l)
	})
	if err == nil {
		return l, nil
	}
	s.known.mu.Lock()
	document, marshalErr := json.Marshal(s.known.copied.Layout)
	s.known.mu.Unlock()
	if marshalErr == nil {
		marshalErr = json.Unmarshal(document, &l) // a copy that the caller may change
	}
	if errors.Is(err, ErrAway) && marshalErr == nil && len(l.Services) > 0 {
		return l, nil
	}
	return l, err
}

// SaveLayout keeps the layout. It writes only if it differs from the one saved last.
func (s *Store) SaveLayout(ctx context.Context, l statuspage.Layout) error {
	document, err := json.Marshal(l)
	if err != nil {
		return err
	}
	var own statuspage.Layout
	if err := json.Unmarshal(document, &own); err != nil {
		return err
	}
	s.known.mu.Lock()
	same := reflect.DeepEqual(s.known.copied.Layout, own)
	saved := same && s.known.saved
	s.known.mu.Unlock()
	if saved {
		return nil
	}
	if !same {
		s.remember(func(k *known) { k.copied.Layout, k.saved = own, false })
	}
	err = s.do(ctx, "save the layout", func(ctx context.Context) error {
		_, err := s.db.write.ExecContext(ctx, `INSERT INTO layout (one, document) VALUES (1, $1)
			ON CONFLICT (one) DO UPDATE SET document = excluded.document WHERE layout.document <> excluded.document`, string(document))
		return err
	})
	if err != nil {
		return err
	}
	s.known.mu.Lock()
	defer s.known.mu.Unlock()
	s.known.saved = reflect.DeepEqual(s.known.copied.Layout, own)
	return nil
}
