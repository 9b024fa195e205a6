// SPDX-License-Identifier: Apache-2.0

package store

import "errors"

func openPostgreSQL(o Options) (database, error) { return database{}, errors.ErrUnsupported }
