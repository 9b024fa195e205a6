// SPDX-License-Identifier: Apache-2.0

package store

import "context"

// Exec runs a statement on the database, past all that the package keeps.
func (s *Store) Exec(ctx context.Context, query string) error {
	_, err := s.db.write.ExecContext(ctx, query)
	return err
}
