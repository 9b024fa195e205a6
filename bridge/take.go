// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/pharos-status/pharos/bridge/spool"
	"github.com/pharos-status/pharos/bridge/webhook"
)

// take takes a notification for a channel. Once it answers with 200, the notification is
// on disk.
func (b *Bridge) take(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("channel")
	recipients, ok := b.settings.Load().recipients[name]
	if !ok {
		return refusal{code: http.StatusNotFound, text: "there is no such channel in bridge.yml"}
	}
	body, release, err := b.intake.read(w, r)
	if err != nil {
		return err
	}
	defer release()
	n, err := webhook.Parse(body)
	if err != nil {
		return refusal{code: http.StatusBadRequest, text: err.Error()}
	}
	payload, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("write a notification to be kept: %w", err)
	}
	accepted, err := b.spool.Accept(r.Context(), spool.Submission{
		Channel: name, Recipients: recipients,
		Digest: n.Digest(), Payload: payload, Accepted: time.Now(),
		Group: n.GroupKey, Topics: n.Topics(), Voids: n.Voids(), VoidsAll: n.VoidsAll(),
	})
	if err != nil {
		return err
	}
	b.deliverer.Count(name, len(recipients), accepted)
	status := "accepted"
	if accepted.Duplicate {
		status = "duplicate"
	}
	b.answer(w, http.StatusOK, map[string]string{"status": status})
	return nil
}
