// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"net/http"
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
	Title     string    `json:"title"` // of the message
}

func (b *Bridge) listDeadLetters(w http.ResponseWriter, r *http.Request) error {
	letters := b.spool.DeadLetters(r.URL.Query().Get("channel"))
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
	if n, err := webhook.Parse(payload); err == nil {
		shown.Title = b.settings.Load().config.Words().Text(words.Title, n)
	}
	return shown
}

func (b *Bridge) sendDeadLetter(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	if err := b.spool.Revive(id); err != nil {
		return err
	}
	b.answer(w, http.StatusAccepted, map[string]string{"status": "waiting"})
	return nil
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
		return 0, refusal{code: http.StatusNotFound, text: "there is no such dead letter"}
	}
	return id, nil
}
