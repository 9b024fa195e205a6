// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

// tellIncident tells subscribers of the newest update, or of one that is named. A
// draft is nobody's business.
func tellIncident(tx *store.Tx, i statuspage.Incident, update string, now time.Time) error {
	if i.Draft {
		return nil
	}
	return tx.Tell(store.News{
		Kind: store.NewsIncident, Subject: i.ID, Update: update, Components: i.Components,
		Major: i.Impact == statuspage.ImpactMajor || i.Impact == statuspage.ImpactCritical, Time: now,
	})
}

// tellMaintenance tells subscribers of an update, of the plan itself if update is empty.
func tellMaintenance(tx *store.Tx, m statuspage.Maintenance, update string, now time.Time) error {
	return tx.Tell(store.News{Kind: store.NewsMaintenance, Subject: m.ID, Update: update, Components: m.Components, Time: now})
}
