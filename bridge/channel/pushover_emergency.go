// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/schema"
)

const (
	pushoverMinRetry  = 30 * time.Second
	pushoverMaxExpire = 3 * time.Hour
	// pushoverTags is of how many services at once the end makes Pushover stop: it is
	// asked for each. What is repeated of others ends with its time.
	pushoverTags = 20
)

// PushoverEmergency makes Pushover repeat what is urgent until the user confirms it, or
// it is over.
type PushoverEmergency struct {
	Retry  model.Duration `yaml:"retry"`  // between two times; at least 30 s, 1 min if not set
	Expire model.Duration `yaml:"expire"` // in all; at most 3 h, 1 h if not set
}

func (e *PushoverEmergency) check(c *checker) {
	e.Retry, e.Expire = cmp.Or(e.Retry, model.Duration(time.Minute)), cmp.Or(e.Expire, model.Duration(time.Hour))
	if time.Duration(e.Retry) < pushoverMinRetry {
		c.errorf("retry", "%s is too short; Pushover takes 30s or more", e.Retry)
	}
	if time.Duration(e.Expire) > pushoverMaxExpire {
		c.errorf("expire", "%s is too long; Pushover takes 3h or less", e.Expire)
	}
}

// form adds what has Pushover repeat a message to a user, and the tags by which it can
// be stopped.
func (e *PushoverEmergency) form(form url.Values, user string, m Message) {
	form.Set("priority", "2")
	form.Set("retry", strconv.Itoa(int(time.Duration(e.Retry).Seconds())))
	form.Set("expire", strconv.Itoa(int(time.Duration(e.Expire).Seconds())))
	var tags []string
	for _, topic := range ringing(m) {
		tags = append(tags, pushoverTag(user, topic))
	}
	form.Set("tags", strings.Join(tags, ","))
}

// ringing returns what a message is repeated about: its group, and the services that it
// says are dead. The names are those of [webhook.Notification.VoidsAll].
func ringing(m Message) []string {
	var services []string
	for _, a := range m.Alerts.Firing() {
		name, service := a.Labels["alertname"], a.Labels[schema.Service]
		if service != "" && (name == "PharosServiceDead" || name == "PharosReminder") {
			services = append(services, "service/"+service)
		}
	}
	slices.Sort(services)
	services = slices.Compact(services)
	return append([]string{"group/" + m.GroupKey}, services[:min(len(services), pushoverTags)]...)
}

// pushoverTag returns the tag of what is repeated to a user about a topic. Users have
// tags of their own, as one of them may be told later than another: what is over for
// the one may have begun again for the other.
func pushoverTag(user, topic string) string {
	sum := sha256.Sum256([]byte(user + "\x00" + topic))
	return "pharos-" + hex.EncodeToString(sum[:8])
}

// hush has Pushover repeat nothing more of what a message says is over. It returns an
// error that may pass: whoever is told that it is over should have quiet. What
// Pushover refuses for good ends with its time.
func (o *pushover) hush(ctx context.Context, user string, m Message) error {
	if o.settings.Emergency == nil {
		return nil
	}
	over := m.VoidsAll()
	over = over[:min(len(over), pushoverTags)]
	if !m.Firing() {
		over = append([]string{"group/" + m.GroupKey}, over...)
	}
	for _, topic := range over {
		err := o.call(ctx, "/1/receipts/cancel_by_tag/"+pushoverTag(user, topic)+".json", url.Values{"token": {string(o.settings.Token)}})
		if e, ok := errors.AsType[*Error](err); ok && e.Refused {
			o.logger.Warn("Pushover does not stop to repeat a message", "recipient", user, "err", err)
		} else if ok {
			return &Error{Err: e.Err, After: e.After, Odd: e.Odd} // the message itself was not sent
		} else if err != nil {
			return err
		}
	}
	return nil
}
