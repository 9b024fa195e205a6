// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/pharos-status/pharos/bridge/spool"
	"github.com/pharos-status/pharos/bridge/webhook"
	"github.com/pharos-status/pharos/bridge/words"
)

// A DeadLetter is a message that was given up, as GET /bridge/v1/dead-letters lists it.
type DeadLetter struct {
	ID        uint64    `json:"id"`
	Channel   string    `json:"channel"`
	Recipient string    `json:"recipient"`
	Accepted  time.Time `json:"accepted"`
	Died      time.Time `json:"died"`
	Outcome   string    `json:"outcome"` // schema.OutcomeRefused or schema.OutcomeExpired
	Reason    string    `json:"reason"`  // the last error
	Attempts  int       `json:"attempts"`
	Title     string    `json:"title"` // of the message; of a very large one, how large it is
}

// maxTitled is how large a payload may be, in bytes, to be read for its title: a list may
// have thousands.
const maxTitled = 256 << 10

func (b *Bridge) listDeadLetters(w http.ResponseWriter, r *http.Request) error {
	channel := r.URL.Query().Get("channel")
	letters := b.spool.DeadLetters(channel)
	if channel != "" && len(letters) == 0 {
		if _, err := b.recipients(channel); err != nil {
			return err // it is misspelt, more likely than not
		}
	}
	all := make([]DeadLetter, len(letters)) // [] in JSON, not null
	for i := range letters {
		all[i] = b.deadLetter(&letters[i])
	}
	b.answer(w, http.StatusOK, all)
	return nil
}

// deadLetter returns what is told of a dead letter. One that has left in the meantime
// has no title.
func (b *Bridge) deadLetter(d *spool.DeadLetter) DeadLetter {
	shown := DeadLetter{
		ID: d.ID, Channel: d.Lane.Channel, Recipient: d.Lane.Recipient, Accepted: d.Accepted.UTC(), Died: d.Died.UTC(),
		Outcome: d.Outcome, Reason: d.Reason, Attempts: d.Attempts,
	}
	payload, err := b.spool.Payload(d.ID)
	if err != nil {
		return shown
	}
	if len(payload) > maxTitled {
		shown.Title = fmt.Sprintf("A notification of %.1f MiB", float64(len(payload))/(1<<20))
	} else if n, err := webhook.Parse(payload); err == nil {
		shown.Title = b.settings.Load().config.Words().Text(words.Title, n)
	}
	return shown
}

func (b *Bridge) sendDeadLetter(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	lane, err := b.reaches(id)
	if err != nil {
		return err
	}
	overtaken, err := b.spool.Revive(id)
	if err != nil {
		return err
	}
	if overtaken {
		b.deliverer.Count(lane.Channel, 1, spool.Accepted{Overtaken: []spool.Lane{lane}})
		b.answer(w, http.StatusOK, map[string]string{"status": "overtaken"})
		return nil
	}
	b.answer(w, http.StatusAccepted, map[string]string{"status": "waiting"})
	return nil
}

// reaches returns the lane of a dead letter, or why it would not reach anybody by the
// configuration of now.
func (b *Bridge) reaches(id uint64) (spool.Lane, error) {
	all := b.spool.DeadLetters("")
	at := slices.IndexFunc(all, func(d spool.DeadLetter) bool { return d.ID == id })
	if at < 0 {
		return spool.Lane{}, spool.ErrGone
	}
	lane := all[at].Lane
	recipients, ok := b.settings.Load().recipients[lane.Channel]
	switch {
	case !ok:
		return lane, refusal{code: http.StatusConflict, text: fmt.Sprintf("bridge.yml has no channel %q any more; add it again, or discard the dead letter", lane.Channel)}
	case !slices.Contains(recipients, lane.Recipient):
		return lane, refusal{code: http.StatusConflict, text: fmt.Sprintf("the channel %q of bridge.yml has no recipient %q any more; add it again, or discard the dead letter", lane.Channel, lane.Recipient)}
	}
	return lane, nil
}

func (b *Bridge) discardDeadLetter(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	if err := b.spool.Discard(id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func idOf(r *http.Request) (uint64, error) {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, spool.ErrGone
	}
	return id, nil
}
