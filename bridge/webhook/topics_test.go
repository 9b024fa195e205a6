// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/webhook"
)

func TestTopics(t *testing.T) {
	t.Parallel()
	dead, other := one("firing", "PharosServiceDead", "service", "web"), one("firing", "PharosNodeDead", "service", "web", "node", "api")
	over, otherOver := one("resolved", "PharosServiceDead", "service", "web"), one("resolved", "PharosNodeDead", "service", "web", "node", "api")
	repeated := group("g", dead)
	repeated.NotificationReason = "repeat interval elapsed"
	untold := one("firing", "PharosReminder", "notification", "reminder")
	for name, tc := range map[string]struct {
		n                                *webhook.Notification
		topics, outages, voids, voidsAll []string
	}{
		"a change":                 {group("g", dead, other), nil, nil, []string{"group/g"}, nil},
		"a repetition":             {repeated, []string{"group/g"}, nil, []string{"group/g"}, nil},
		"the end":                  {group("g", otherOver, over), nil, nil, []string{"group/g"}, []string{"service/web"}},
		"the end of death alone":   {group("g", over, other), nil, nil, []string{"group/g"}, []string{"service/web"}},
		"the end of something":     {group("g", otherOver, dead), nil, nil, []string{"group/g"}, nil},
		"an old death, and a new":  {group("g", over, dead), nil, nil, []string{"group/g"}, nil},
		"a reminder":               {group("r", reminder("firing", "web", "1")), []string{"group/r"}, []string{"service/web"}, []string{"group/r", "service/web"}, nil},
		"the next reminder":        {group("r", reminder("resolved", "db", "1"), reminder("firing", "web", "2")), []string{"group/r"}, []string{"service/web"}, []string{"group/r", "service/web"}, nil},
		"the last reminder":        {group("r", reminder("resolved", "web", "2")), []string{"group/r"}, nil, []string{"group/r"}, nil},
		"somebody else's":          {group("g", one("resolved", "Down", "service", "web")), nil, nil, []string{"group/g"}, nil},
		"a death without service":  {group("g", one("resolved", "PharosServiceDead")), nil, nil, []string{"group/g"}, nil},
		"reminders of two of them": {group("r", reminder("firing", "web", "1"), reminder("firing", "db", "1")), []string{"group/r"}, []string{"service/db", "service/web"}, []string{"group/r", "service/db", "service/web"}, nil},
		"reminders of none, too":   {group("r", reminder("firing", "web", "1"), untold), []string{"group/r"}, nil, []string{"group/r"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.topics, tc.n.Topics())
			require.Equal(t, tc.outages, tc.n.Outages())
			require.Equal(t, tc.voids, tc.n.Voids())
			require.Equal(t, tc.voidsAll, tc.n.VoidsAll())
		})
	}
}

func TestOutageBegan(t *testing.T) {
	t.Parallel()
	began := noon.Add(-10 * time.Minute)
	web, db := reminder("firing", "web", "1"), reminder("firing", "db", "1")
	db.Labels["outage"] = "1777636201"
	require.Equal(t, began.Add(time.Second), group("r", db, web).OutageBegan(), "the last of them")
	require.Equal(t, began, group("r", web, reminder("resolved", "db", "1")).OutageBegan())
	require.Zero(t, group("r", reminder("resolved", "web", "1")).OutageBegan())
	require.Zero(t, group("g", one("firing", "PharosServiceDead", "service", "web")).OutageBegan())
	delete(db.Labels, "outage")
	require.Equal(t, noon, group("r", web, db).OutageBegan(), "not after it was due")
	db.StartsAt = time.Time{}
	require.Zero(t, group("r", web, db).OutageBegan())
}

func TestOutageEnded(t *testing.T) {
	t.Parallel()
	web, db := one("resolved", "PharosServiceDead", "service", "web"), one("resolved", "PharosServiceDead", "service", "db")
	web.EndsAt, db.EndsAt = noon.Add(1900*time.Millisecond), noon.Add(time.Minute)
	require.Equal(t, noon.Add(time.Second), group("g", db, web).OutageEnded(), "the first of them")
	require.Equal(t, noon.Add(time.Minute), group("g", db, web, one("firing", "PharosServiceDead", "service", "web")).OutageEnded())
	require.Zero(t, group("g", one("resolved", "PharosNodeDead", "service", "web")).OutageEnded())
	db.EndsAt = time.Time{}
	require.Zero(t, group("g", web, db).OutageEnded())
}
