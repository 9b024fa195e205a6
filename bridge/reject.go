// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

// rejectionsEvery is how often the log tells that requests are turned away for the same
// reason.
const rejectionsEvery = time.Minute

// rejections know when the log last told of each reason to turn requests away. Reasons
// are texts of this package, so there are few. They are safe for concurrent use.
type rejections struct {
	mu   sync.Mutex
	told map[string]time.Time
}

// due tells whether the log is to tell of a reason now, and takes it that it will.
func (r *rejections) due(reason string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if last, ok := r.told[reason]; ok && now.Sub(last) < rejectionsEvery {
		return false
	}
	if r.told == nil {
		r.told = map[string]time.Time{}
	}
	r.told[reason] = now
	return true
}

// tellRejected logs a request that may not be served, or leads nowhere: Alertmanager does
// not send it again, so somebody is not told.
func (b *Bridge) tellRejected(r *http.Request, answer refusal) {
	switch answer.code {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
	default:
		return
	}
	if !b.rejections.due(answer.text, time.Now()) {
		return
	}
	b.o.Logger.Warn("The bridge turned a request away", "code", answer.code, "reason", answer.text,
		"channel", foreign(r.PathValue("channel")), "path", foreign(r.URL.Path), "remote_addr", r.RemoteAddr)
}

// foreign returns a text from outside as the log may have it.
func foreign(text string) string { return status.Shorten(strings.ToValidUTF8(text, "�")) }
