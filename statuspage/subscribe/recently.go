// SPDX-License-Identifier: Apache-2.0

package subscribe

import (
	"sync"
	"time"
)

// recently remembers when something was done last, for a bounded number of things.
type recently struct {
	mu sync.Mutex
	at map[string]time.Time
}

const maxRecent = 10_000

// allow tells whether it was not done within the time before now, and counts it as
// done now if so. When too much is remembered everything counts as done.
func (r *recently) allow(what string, now time.Time, within time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.at) >= maxRecent {
		for k, at := range r.at {
			if now.Sub(at) >= within {
				delete(r.at, k)
			}
		}
	}
	if at, done := r.at[what]; done && now.Sub(at) < within || len(r.at) >= maxRecent {
		return false
	}
	r.at[what] = now
	return true
}
