// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"context"
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
	if _, err := b.recipients(name); err != nil {
		return err // without reading what comes
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
	status, err := b.accept(r.Context(), name, n)
	if err != nil {
		return err
	}
	b.answer(w, http.StatusOK, map[string]string{"status": status})
	return nil
}

// accept keeps a notification for the recipients of a channel, and returns what became
// of it.
func (b *Bridge) accept(ctx context.Context, name string, n *webhook.Notification) (status string, err error) {
	payload, err := json.Marshal(n)
	if err != nil {
		return "", fmt.Errorf("write a notification to be kept: %w", err)
	}
	recipients, err := b.recipients(name)
	if err != nil {
		return "", err
	}
	accepted, err := b.spool.Accept(ctx, spool.Submission{
		Channel: name, Recipients: recipients,
		Digest: n.Digest(), Payload: payload, Accepted: time.Now(),
		Repeats: n.Repeats(), Group: n.GroupKey, Topics: n.Topics(), Outages: n.Outages(), Began: n.OutageBegan(),
		Voids: n.Voids(), VoidsAll: n.VoidsAll(), Ended: n.OutageEnded(),
	})
	if !accepted.Duplicate {
		b.disk.kept(len(payload), err)
	}
	if err != nil {
		return "", fmt.Errorf("keep a notification: %w", err)
	}
	b.deliverer.Count(name, len(recipients), accepted)
	if accepted.Duplicate {
		return "duplicate", nil
	}
	return "accepted", nil
}

// recipients returns whom a channel reaches.
func (b *Bridge) recipients(name string) ([]string, error) {
	recipients, ok := b.settings.Load().recipients[name]
	if !ok {
		return nil, refusal{code: http.StatusNotFound, text: "there is no such channel in bridge.yml"}
	}
	return recipients, nil
}
