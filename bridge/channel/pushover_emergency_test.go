// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A pushoverPhone rings as Pushover would have it: until somebody cancels by a tag of
// the message.
type pushoverPhone struct {
	t       testing.TB
	mu      sync.Mutex
	ringing map[string][]string // the tags of messages, by their text
	fails   string              // the answer to a cancel, if not success
	status  int                 // of it
}

func (p *pushoverPhone) answer(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.PostFormValue("token") != pushoverApp || r.Method != http.MethodPost {
		p.t.Error(r.Method, r.Form)
	}
	tag, cancels := strings.CutPrefix(r.URL.Path, "/1/receipts/cancel_by_tag/")
	switch {
	case cancels && p.status != 0:
		says(p.status, p.fails)(w, r)
	case cancels:
		before := len(p.ringing)
		for text, tags := range p.ringing {
			if slices.Contains(tags, strings.TrimSuffix(tag, ".json")) {
				delete(p.ringing, text)
			}
		}
		says(http.StatusOK, fmt.Sprintf(`{"canceled": %d, "status": 1, "request": "1"}`, before-len(p.ringing)))(w, r)
	case r.PostFormValue("priority") == "2":
		p.ringing[r.PostFormValue("user")+" "+r.PostFormValue("message")] = strings.Split(r.PostFormValue("tags"), ",")
		says(http.StatusOK, pushoverTaken)(w, r)
	default:
		says(http.StatusOK, pushoverTaken)(w, r)
	}
}

func (p *pushoverPhone) rings() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.ringing)
}

func TestPushoverStops(t *testing.T) {
	t.Parallel()
	phone := &pushoverPhone{t: t, ringing: map[string][]string{}}
	c := openPushover(t, newFake(t, phone.answer).URL, "emergency: {}")
	send := func(user, sample string) {
		t.Helper()
		require.NoError(t, c.Send(t.Context(), user, message(t, sample)))
	}
	send("alice", "firing")
	send("bob", "firing")
	send("alice", "reminder")
	require.Equal(t, 3, phone.rings())
	send("alice", "resolved")
	require.Equal(t, 1, phone.rings(), "reminders have stopped too, and bob has his own")
	send("bob", "resolved")
	require.Zero(t, phone.rings())

	send("alice", "reminder")
	send("alice", "reminder-over")
	require.Zero(t, phone.rings())

	// A group without services.
	m := message(t, "foreign")
	m.Alerts[0].Labels["severity"] = "critical"
	require.NoError(t, c.Send(t.Context(), "alice", m))
	require.Equal(t, 1, phone.rings())
	m.Status, m.Alerts[0].Status = "resolved", "resolved"
	require.NoError(t, c.Send(t.Context(), "alice", m))
	require.Zero(t, phone.rings())
}

// Of a group that goes on, what is over stops, and the rest rings anew.
func TestPushoverStopsInPart(t *testing.T) {
	t.Parallel()
	phone := &pushoverPhone{t: t, ringing: map[string][]string{}}
	service := newFake(t, phone.answer)
	c := openPushover(t, service.URL, "emergency: {}\ntext: '{{ len .Alerts.Firing }} dead'")
	var group []sampleAlert
	for i := range 2 * pushoverTags {
		group = append(group, sampleAlert{labels: labels{"alertname": "PharosServiceDead", "service": fmt.Sprintf("s%03d", i), "severity": "critical"}})
	}
	one := Message{Notification: parsed(t, "firing", labels{}, group), Key: testKey}
	require.NoError(t, c.Send(t.Context(), "alice", one))
	require.Len(t, strings.Split(service.only(t).form(t)["tags"], ","), 1+pushoverTags)
	group[0].over = true
	two := Message{Notification: parsed(t, "firing", labels{}, group), Key: testKey}
	require.NoError(t, c.Send(t.Context(), "alice", two))
	require.Len(t, service.all(), 2)
	require.Equal(t, 1, phone.rings())
	for i := range group {
		group[i].over = true
	}
	three := Message{Notification: parsed(t, "resolved", labels{}, group), Key: testKey}
	require.NoError(t, c.Send(t.Context(), "alice", three))
	require.Len(t, service.all(), 1+pushoverTags+1, "not more than there is time for")
	require.Zero(t, phone.rings())
}

// While Pushover can't be asked to stop, the message waits; if it won't, the message
// goes.
func TestPushoverDoesNotStop(t *testing.T) {
	t.Parallel()
	phone := &pushoverPhone{t: t, ringing: map[string][]string{}, status: http.StatusServiceUnavailable}
	service := newFake(t, phone.answer)
	c := openPushover(t, service.URL, "emergency: {}")
	err := c.Send(t.Context(), "alice", message(t, "resolved"))
	troubled{}.requireOutcome(t, err, outcome{least: pushoverPause, most: pushoverPause + time.Second, words: "answered 503"})
	require.Len(t, service.all(), 1)

	for status, answer := range map[int]string{http.StatusBadRequest: strings.ReplaceAll(pushoverRefused, "%s", "no"), http.StatusOK: `{"status": 0}`} {
		phone.mu.Lock()
		phone.status, phone.fails = status, answer
		phone.mu.Unlock()
		require.NoError(t, c.Send(t.Context(), "alice", message(t, "resolved")))
		requests := service.all()
		require.Len(t, requests, 3, "the group, the service, the message")
		require.Equal(t, "/1/messages.json", requests[2].URI)
	}

	quiet := newFake(t, says(http.StatusOK, pushoverTaken))
	require.NoError(t, openPushover(t, quiet.URL, "").Send(t.Context(), "alice", message(t, "resolved")))
	quiet.only(t)
}
