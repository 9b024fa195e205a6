// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/nflog"
	"github.com/prometheus/alertmanager/nflog/nflogpb"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/schema"
)

const (
	dead0, alive0 = "firing ReplicaDead replica-0000", "resolved ReplicaDead replica-0000"
	dead1, alive1 = "firing ReplicaDead replica-0001", "resolved ReplicaDead replica-0001"
	dead2         = "firing ReplicaDead replica-0002"
)

// The ways to keep alerts of replica 0 back. Each returns how to end it.
var mutings = map[string]func(*rig) (end func()){
	"inhibited": func(r *rig) func() {
		r.reroute("", `inhibit_rules: [{source_matchers: ['replica="replica-0001"'], target_matchers: ['replica="replica-0000"']}]`)
		r.exporter.set(1, false)
		r.next(dead1)
		r.logged("replica-0001")
		return func() { r.exporter.set(1, true) }
	},
	"silenced": func(r *rig) func() {
		id := r.silence("replica", "replica-0000")
		return func() { r.unsilence(id) }
	},
	"at a muted time": func(r *rig) func() {
		r.reroute("mute_time_intervals: [always]", "time_intervals: [{name: always, time_intervals: [{months: ['1:12']}]}]")
		return func() { r.reroute("") }
	},
	"at no active time": func(r *rig) func() {
		r.reroute("active_time_intervals: [never]", "time_intervals: [{name: never, time_intervals: [{years: ['1999']}]}]")
		return func() { r.reroute("") }
	},
}

// reroute changes the only route while the engine runs. Its groups stay the same.
func (r *rig) reroute(times string, more ...string) {
	r.t.Helper()
	r.alertmanager("group_by: ['...'], routes: [{group_interval: 200ms, "+times+"}]", "", more...)
	require.NoError(r.t, r.Reload())
}

func (r *rig) unsilence(id string) {
	r.t.Helper()
	code, body := r.call(http.MethodDelete, "/alertmanager/api/v2/silence/"+id, "")
	require.Equal(r.t, http.StatusOK, code, body)
}

// flushed waits until Alertmanager has looked through its groups twice.
func (r *rig) flushed() {
	r.t.Helper()
	const lookups = "alertmanager_nflog_queries_total"
	groups := r.sum("alertmanager_dispatcher_aggregation_groups")
	before := r.sum(lookups)
	r.eventually(func() bool { return r.sum(lookups) >= before+4*groups }, "no flush")
}

// quiet makes sure that nobody is told anything.
func (r *rig) quiet() {
	r.t.Helper()
	r.flushed()
	require.Empty(r.t, r.pages)
}

func (r *rig) drain() {
	for len(r.pages) > 0 {
		<-r.pages
	}
}

func TestTheEndOfWhatWasToldIsToldThoughItIsMuted(t *testing.T) {
	t.Parallel()
	for name, mute := range mutings {
		for _, crash := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, crash %t", name, crash), func(t *testing.T) {
				t.Parallel()
				r := newRig(t, 2)
				r.start()
				r.reroute("")
				r.exporter.set(0, false)
				r.next(dead0)
				r.logged("replica-0000")

				unmute := mute(r)
				if crash {
					r.crash()
					r.exporter.set(0, true)
					r.exporter.set(1, name != "inhibited")
					r.start()
				} else {
					r.exporter.set(0, true)
				}
				r.next(alive0)

				r.exporter.set(0, false)
				r.eventually(func() bool { return len(r.query(`ALERTS{replica="replica-0000"}`)) == 1 }, "does not fire")
				r.quiet()
				unmute()
				r.page(dead0)
			})
		}
	}
}

// grouped starts an engine whose receiver is told of all replicas in one message.
func grouped(t *testing.T, replicas int) *rig {
	t.Helper()
	r := newRig(t, replicas)
	r.alertmanager("group_by: [alertname], routes: [{group_interval: 200ms}]", "")
	r.start()
	return r
}

func TestWhatBeganAndEndedMutedIsNotTold(t *testing.T) {
	t.Parallel()
	r := grouped(t, 2)
	r.silence("replica", "replica-0000")
	r.exporter.set(1, false)
	r.next(dead1)
	r.exporter.set(0, false)
	r.eventually(func() bool { return len(r.query(`ALERTS`)) == 2 }, "does not fire")
	r.quiet()
	r.exporter.set(0, true)
	r.quiet()
}

// A message that said nothing of the other one would close the incident.
func TestTheEndOfAMutedAlertSaysWhatIsNotOver(t *testing.T) {
	t.Parallel()
	r := grouped(t, 3)
	for i, dead := range []string{dead0, dead1} {
		r.exporter.set(i, false)
		r.page(dead)
	}
	r.logged()
	r.drain()
	id := r.silence("alertname", "ReplicaDead")

	r.exporter.set(0, true)
	require.ElementsMatch(t, []string{alive0, dead1}, []string{<-r.pages, <-r.pages})
	r.exporter.set(1, true)
	r.next(alive1)
	r.unsilence(id)
	r.exporter.set(0, false)
	r.next(dead0)
}

// The others of a group are told meanwhile, without what is muted.
func TestTheLogKeepsWhatIsMuted(t *testing.T) {
	t.Parallel()
	r := grouped(t, 3)
	r.exporter.set(0, false)
	r.next(dead0)
	r.exporter.set(1, false)
	r.page(dead1)
	r.drain()
	r.silence("replica", "replica-0000")

	r.exporter.set(2, false)
	require.ElementsMatch(t, []string{dead1, dead2}, []string{<-r.pages, <-r.pages})
	r.exporter.set(0, true)
	require.ElementsMatch(t, []string{alive0, dead1, dead2}, []string{<-r.pages, <-r.pages, <-r.pages})
	r.quiet()
}

func TestWhoDoesNotHearOfEndsHearsOfTheNextOutage(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2)
	r.alertmanager("group_by: [alertname], routes: [{group_interval: 200ms}]", "send_resolved: false")
	r.start()
	r.exporter.set(0, false)
	r.next(dead0)
	r.exporter.set(1, false)
	r.page(dead1)
	r.drain()

	r.exporter.set(0, true)
	r.quiet()
	r.exporter.set(0, false)
	require.ElementsMatch(t, []string{dead0, dead1}, []string{<-r.pages, <-r.pages})
}

// reminderRules remind once more of each replica that is dead: so a test needs no
// time.
const reminderRules = `groups:
- name: reminders
  rules:
  - alert: PharosReminder
    expr: count_values by () ("reminder", count(max by (replica) (pharos_replica_status{status="dead"}) == 1))
    labels: {notification: reminder, replica: "{{ $labels.reminder }}"}
`

func reminderRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, 5, func(o *Options) { o.testRules = map[string][]byte{"test.rules.yml": []byte(reminderRules)} })
	r.alertmanager("group_by: [notification], routes: [{group_interval: 200ms}]", "send_resolved: true")
	r.start()
	return r
}

// again tells Alertmanager once more that reminders are over, as Prometheus does
// each minute for a quarter of an hour.
func (r *rig) again(reminders ...int) {
	r.t.Helper()
	var ended []map[string]any
	for _, n := range reminders {
		id := strconv.Itoa(n)
		ended = append(ended, map[string]any{
			"labels":   map[string]string{"alertname": "PharosReminder", schema.Notification: schema.NotificationReminder, "reminder": id, "replica": id},
			"startsAt": time.Now().Add(-time.Minute), "endsAt": time.Now().Add(-time.Millisecond),
		})
	}
	body, err := json.Marshal(ended)
	require.NoError(r.t, err)
	code, answer := r.call(http.MethodPost, "/alertmanager/api/v2/alerts", string(body))
	require.Equal(r.t, http.StatusOK, code, answer)
}

// reminded waits for a reminder. With it, so many messages have come, and others are
// in them only as over.
func (r *rig) reminded(messages int64, number int) {
	r.t.Helper()
	r.page(fmt.Sprintf("firing PharosReminder %d", number))
	r.flushed()
	for len(r.pages) > 0 {
		require.Contains(r.t, <-r.pages, "resolved")
	}
	require.Equal(r.t, messages, r.messages.Load())
}

// forgotten waits until the notification log lists no reminder as told.
func (r *rig) forgotten() {
	r.t.Helper()
	r.eventually(func() bool {
		entries, err := r.pager.notified.Query(nflog.QGroupKey(`{}/{}:{notification="reminder"}`),
			nflog.QReceiver(&nflogpb.Receiver{GroupName: "hook", Integration: "webhook"}))
		return err == nil && len(entries[0].FiringAlerts) == 0
	}, "a reminder is listed as told")
}

func TestEachReminderIsOneMessage(t *testing.T) {
	t.Parallel()
	r := reminderRig(t)
	for n := range 3 {
		r.exporter.set(n, false)
		r.reminded(int64(n+1), n+1)
		for ended := range n {
			r.again(ended + 1)
			r.flushed()
		}
	}
	require.Equal(t, int64(3), r.messages.Load())
	r.logged()

	r.crash()
	for i := range 4 {
		r.exporter.set(i, false)
	}
	r.start() // it also ends what fired before
	r.reminded(4, 4)
	r.again(1, 2, 3)
	r.flushed()
	require.Equal(t, int64(4), r.messages.Load())

	for i := range 4 {
		r.exporter.set(i, true)
	}
	r.page("resolved PharosReminder 4")
	r.forgotten()
	over := r.messages.Load()
	r.again(1, 2, 3, 4)
	r.exporter.set(0, false) // the next outage, soon after
	r.reminded(over+1, 1)
}

func TestTheMutedEndOfAReminderIsNotTold(t *testing.T) {
	t.Parallel()
	r := reminderRig(t)
	r.exporter.set(0, false)
	r.reminded(1, 1)
	id := r.silence("reminder", "1")
	r.exporter.set(0, true)
	r.forgotten()
	require.Equal(t, int64(1), r.messages.Load())
	r.unsilence(id)
	r.exporter.set(0, false)
	r.reminded(2, 1)
}
