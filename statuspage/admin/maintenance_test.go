// SPDX-License-Identifier: Apache-2.0

package admin_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

func (o *office) maintenance() statuspage.Maintenance {
	o.t.Helper()
	all, err := o.desk.Maintenances(o.t.Context())
	return only(o.t, all, err)
}

func TestMaintenanceFromPlanToEnd(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	b := o.loggedIn("anna", password)
	const to = "/admin/maintenance/new"

	// The dates are shown before anything is planned, in the zone of the maintenance:
	// over the change of the clocks the hour stays.
	plan := b.get(to).submit(to, "title", "New disks", "text", "Short breaks.", "start", "2038-03-22T22:00", "end", "2038-03-22T23:30",
		"time_zone", "Europe/Paris", "repeat", "FREQ=WEEKLY", "components", "web", "action", "preview").requireCode(http.StatusOK)
	plan.requireText("Mon 22 Mar 2038, 22:00–23:30 CET", "Mon 29 Mar 2038, 22:00–23:30 CEST", "and so on")
	all, err := o.desk.Maintenances(t.Context())
	require.NoError(t, err)
	require.Empty(t, all)

	planned := plan.submit(to).requireCode(http.StatusOK).requireText("The maintenance is planned", "Mon 22 Mar 2038 22:00–23:30 CET")
	m := o.maintenance()
	at := "/admin/maintenance/" + m.ID
	require.Equal(t, at, planned.path)
	require.Equal(t, time.Date(2038, 3, 22, 21, 0, 0, 0, time.UTC), m.Start)
	require.Equal(t, "FREQ=WEEKLY", m.RRule)
	require.Equal(t, []statuspage.Ref{{Service: "web"}}, m.Components)

	// One of the dates is called off.
	skipped := planned.submit(at + "/skip").requireCode(http.StatusOK).requireText("That date is called off")
	require.NotContains(t, skipped.text(), "22 Mar 2038")
	require.Len(t, o.maintenance().Cuts, 1)

	require.False(t, m.Quiet)
	noWord := b.get(at + "/edit").form(at + "/edit")
	noWord.Del("begin_notify")
	b.post(at+"/edit", noWord).requireText("The change is made")
	require.True(t, o.maintenance().Quiet)
	require.Empty(t, b.get(at+"/edit").form(at+"/edit").Get("begin_notify"))

	// A change of the words touches no time.
	sequence := o.maintenance().Sequence
	b.get(at+"/edit").submit(at+"/edit", "title", "New disks, at last").requireText("The change is made")
	m = o.maintenance()
	require.Equal(t, "New disks, at last", m.Title)
	require.Equal(t, sequence, m.Sequence)
	require.Len(t, m.Cuts, 1)

	// A change of the times does; a rule of one's own is kept as it is.
	b.get(at+"/edit").submit(at+"/edit", "repeat", "custom", "rrule", "FREQ=MONTHLY;BYDAY=1SU", "start", "2038-04-04T08:00", "end", "2038-04-04T09:00").requireText("Sun 4 Apr 2038 08:00–09:00 CEST", "FREQ=MONTHLY;BYDAY=1SU")
	require.Greater(t, o.maintenance().Sequence, sequence)
	form := b.get(at + "/edit").form(at + "/edit")
	require.Equal(t, "custom", form.Get("repeat"))
	require.Equal(t, "FREQ=MONTHLY;BYDAY=1SU", form.Get("rrule"))

	b.get(at).submit(at + "/cancel").requireText("Called off")
	require.True(t, o.maintenance().Cancelled)
	b.get(at).submit(at+"/delete").requireText("It is deleted", "There was none yet.")
	b.get("/admin/journal?subject="+m.ID).requireText("anna deleted the maintenance", "anna created the maintenance")
}

func TestMaintenanceUnderWay(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	b := o.loggedIn("anna", password)
	const to = "/admin/maintenance/new"
	b.get(to).submit(to, "title", "Router", "start", "2037-11-03T14:30", "end", "2037-11-03T16:00").requireCode(http.StatusOK)
	at := "/admin/maintenance/" + o.maintenance().ID
	o.later(40 * time.Minute)
	b.get("/admin/").requireText("Under way")
	b.get("/admin/maintenance").requireText("Under way")
	b.get(at).submit(at, "phase", "verifying", "text", "We look whether it **works**.").requireText("The update is on the page", "Verifying")
	update := at + "/updates/" + o.maintenance().Updates[0].ID
	b.get(at).requireText("Edit")
	stale := b.get(update)
	b.get(update).submit(update, "text", " ").requireCode(http.StatusUnprocessableEntity)
	b.get(update).submit(update, "text", "We look **again**.").requireText("The change is made", "We look again", "edited")
	require.Equal(t, statuspage.Verifying, o.maintenance().Updates[0].Phase)
	o.later(time.Second)
	b.get(at).submit(at, "phase", "verifying", "text", "Nearly.").requireText("The update is on the page")
	stale.submit(update, "text", "Mine.").requireCode(http.StatusConflict).requireText("Somebody has changed this")
	b.get(update).submit(update+"/delete").requireText("It is deleted", "Nearly.")
	b.get(update).requireCode(http.StatusNotFound)
	last := at + "/updates/" + o.maintenance().Updates[0].ID
	b.get(last).submit(last + "/delete").requireCode(http.StatusConflict).requireText("It is the only update that says that the maintenance has begun")
	b.get(at).submit(at+"/end").requireText("The maintenance has ended", "Over")
	m := o.maintenance()
	require.False(t, m.Quiet)
	require.Equal(t, now.Add(40*time.Minute+time.Second), m.Cuts[0].End)
	b.post(at+"/end", b.get(at).form(at+"/delete")).requireCode(http.StatusConflict).requireText("That can’t be done now")
}

func TestMaintenanceThatDoesNotFit(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	b := o.loggedIn("anna", password)
	const to = "/admin/maintenance/new"
	good := []string{"title", "Router", "start", "2037-11-04T14:30", "end", "2037-11-04T16:00"}
	for name, c := range map[string]struct {
		typed        []string
		field, fault string
	}{
		"no title":           {[]string{"title", " "}, "title", "Title is empty"},
		"no start":           {[]string{"start", ""}, "start", "Start is missing"},
		"end before start":   {[]string{"end", "2037-11-04T14:00"}, "end", "End is"},
		"no zone":            {[]string{"time_zone", "Mars/Olympus"}, "time_zone", "Time zone is no zone"},
		"the machine's zone": {[]string{"time_zone", "Local"}, "time_zone", "Time zone is no zone"},
		"no rule":            {[]string{"repeat", "custom"}, "rrule", "Rule is empty"},
		"impossible rule":    {[]string{"repeat", "custom", "rrule", "FREQ=SOMETIMES"}, "rrule", "Rule"},
		"every second":       {[]string{"repeat", "custom", "rrule", "FREQ=SECONDLY"}, "rrule", "Rule"},
		"unknown component":  {[]string{"components", "web/nope"}, "components", "unknown"},
		"strange component":  {[]string{"components", "a/b/c"}, "components", "service/node"},
	} {
		form := b.get(to).form(to)
		for _, pairs := range [][]string{good, c.typed} {
			for i := 0; i < len(pairs); i += 2 {
				form.Set(pairs[i], pairs[i+1])
			}
		}
		s := b.post(to, form)
		require.Equal(t, http.StatusUnprocessableEntity, s.code, name)
		require.Contains(t, s.fault(c.field), c.fault, name)
		all, err := o.desk.Maintenances(t.Context())
		require.NoError(t, err)
		require.Empty(t, all, name)
		for i := 0; i < len(c.typed); i += 2 {
			if c.typed[i] != "components" {
				require.Equal(t, c.typed[i+1], s.form(to).Get(c.typed[i]), name)
			}
		}
	}
}

func TestPreviewOfDates(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	b := o.loggedIn("anna", password)
	form := b.get("/admin/maintenance/new").form("/admin/maintenance/new")
	ask := func(pairs ...string) string {
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		return b.post("/admin/preview/dates", form).requireCode(http.StatusOK).text()
	}
	require.Contains(t, ask(), "once start and end are there")
	require.Contains(t, ask("start", "2037-11-04T22:00", "end", "2037-11-05T01:00"), "Wed 4 Nov 2037, 22:00 – Thu 5 Nov, 01:00 UTC")
	require.Contains(t, ask("end", "2037-11-04T22:00"), "ends before it starts")
	require.Contains(t, ask("end", "2037-11-04T23:00", "repeat", "custom", "rrule", "FREQ=YEARLY;COUNT=2"), "Thu 4 Nov 2038")
	require.NotContains(t, ask(), "and so on")
	require.NotContains(t, ask("rrule", "FREQ=NO"), "It takes place")
	require.Contains(t, ask("rrule", "FREQ=DAILY", "time_zone", "Nowhere"), "no zone that is known")
}
