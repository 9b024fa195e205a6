// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"errors"
	"time"

	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/store"
)

// draftsKept is for how long drafts that alerts opened are kept once they are over.
const draftsKept = 30 * 24 * time.Hour

// oldDrafts deletes what alerts have drafted, nobody has touched, and is long over. The
// journal keeps it.
func (w *work) oldDrafts(ctx context.Context, c store.Contents, now time.Time) error {
	var errs []error
	for n := range c.Incidents {
		i := &c.Incidents[n]
		if !i.Draft || i.Alert == "" || i.Open() || now.Sub(i.Updated) < draftsKept {
			continue
		}
		touched, err := w.touched(ctx, i.ID)
		if err == nil && !touched {
			err = w.o.Desk.DeleteDraft(ctx, config.Program, i.ID, i.Updated)
		}
		errs = append(errs, w.done(err, "delete old draft", i.ID))
	}
	return errors.Join(errs...)
}
