// SPDX-License-Identifier: Apache-2.0

package admin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/store"
)

func only[T any](t testing.TB, all []T, err error) T {
	t.Helper()
	require.NoError(t, err)
	require.Len(t, all, 1)
	return all[0]
}

func (o *office) incident() statuspage.Incident {
	o.t.Helper()
	all, err := o.desk.Incidents(o.t.Context())
	return only(o.t, all, err)
}

func TestIncidentFromFirstWordToLast(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	b := o.loggedIn("anna", password)

	// The overview tells what is wrong, and leads to the form for it.
	b.get("/admin/").requireText("Load balancer", "Dead for 20 minutes", "None is open.")
	form := b.get("/admin/incidents/new?component=web%2Flb")
	require.Equal(t, []string{"web/lb"}, form.form("/admin/incidents/new")["components"])

	// What does not fit is told at its field, and what was typed stays.
	wrong := form.submit("/admin/incidents/new", "title", "", "text", "We are **looking**.", "started", "2037-11-03T15:00", "impact", "major", "components", "web/lb").requireCode(http.StatusUnprocessableEntity)
	require.Contains(t, wrong.fault("title"), "Title is empty")
	require.Contains(t, wrong.fault("started"), "future")
	require.Equal(t, "We are **looking**.", wrong.form("/admin/incidents/new").Get("text"))
	require.Equal(t, "major", wrong.form("/admin/incidents/new").Get("impact"))
	require.Equal(t, []string{"web/lb"}, wrong.form("/admin/incidents/new")["components"])
	invalid, _ := attribute(wrong.find(wrong.root, "input", "id", "title")[0], "aria-invalid")
	require.Equal(t, "true", invalid)

	opened := wrong.submit("/admin/incidents/new", "title", "The load balancer is down", "started", "2037-11-03T13:45").requireCode(http.StatusOK)
	opened.requireText("The incident is open", "The load balancer is down", "Major", "We are looking")
	i := o.incident()
	require.Equal(t, "/admin/incidents/"+i.ID, opened.path)
	require.Equal(t, statuspage.ImpactMajor, i.Impact)
	require.Equal(t, []statuspage.Ref{{Service: "web", Node: "lb"}}, i.Components)
	require.Equal(t, time.Date(2037, 11, 3, 13, 45, 0, 0, time.UTC), i.Started)
	b.get("/admin/").requireText("Told", "The load balancer is down")

	o.later(10 * time.Minute)
	at := "/admin/incidents/" + i.ID
	opened.submit(at, "phase", "identified", "text", "A cable.").requireText("The update is on the page", "Identified", "A cable.")
	i = o.incident()
	require.Len(t, i.Updates, 2)
	require.Equal(t, now.Add(10*time.Minute), i.Updates[1].Time)
	require.Equal(t, statuspage.ImpactMajor, i.Impact)

	edit := at + "/updates/" + i.Updates[1].ID
	b.get(edit).submit(edit, "text", "A cable, cut by a digger.").requireText("The change is made", "cut by a digger", "edited")
	i = o.incident()
	require.Equal(t, now.Add(10*time.Minute), i.Updates[1].Time, "the time was not touched")

	b.get(at+"/edit").submit(at+"/edit", "title", "The load balancer was down", "impact", "critical", "components", "web").requireCode(http.StatusOK)
	i = o.incident()
	require.Equal(t, statuspage.ImpactCritical, i.Impact)
	require.Equal(t, []statuspage.Ref{{Service: "web"}}, i.Components)
	require.Equal(t, time.Date(2037, 11, 3, 13, 45, 0, 0, time.UTC), i.Started)

	o.later(time.Minute)
	b.get(at).submit(at, "phase", "resolved", "text", "It is mended.").requireText("Resolved", "after 31 minutes")
	i = o.incident()
	require.False(t, i.Open())
	b.get(at).submit(at, "text", "We are sorry.").requireText("The update is on the page")
	require.Equal(t, statuspage.Resolved, o.incident().Updates[3].Phase, "as the form has it")
	b.get(edit).submit(edit + "/delete")
	require.Len(t, o.incident().Updates, 3)

	b.get("/admin/journal?subject="+i.ID).requireText("anna changed the incident", "anna created the incident", "digger")
	gone := b.get(at).submit(at + "/delete").requireText("It is deleted")
	require.Equal(t, "/admin/incidents", gone.path)
	b.get(at).requireCode(http.StatusNotFound)
}

func TestDraft(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	b := o.loggedIn("anna", password)
	draft := b.get("/admin/incidents/new").submit("/admin/incidents/new", "title", "Mail is slow", "action", "draft").requireText("The draft is kept", "Only operators see this")
	i := o.incident()
	require.True(t, i.Draft)
	at := "/admin/incidents/" + i.ID + "/edit"
	require.Equal(t, at, draft.path)
	require.Equal(t, at, b.get("/admin/incidents/"+i.ID).path)
	b.get("/admin/").requireText("Drafts")

	kept := draft.submit(at, "impact", "none", "action", "draft").requireText("The draft is kept")
	refused := kept.submit(at, "action", "publish").requireCode(http.StatusUnprocessableEntity)
	require.Contains(t, refused.fault("text"), "is missing")
	require.True(t, o.incident().Draft)
	refused.submit(at, "text", "It takes minutes.", "phase", "monitoring", "action", "publish").requireText("The incident is published")
	i = o.incident()
	require.False(t, i.Draft)
	require.Equal(t, statuspage.Monitoring, i.Phase())
	require.Equal(t, statuspage.ImpactNone, i.Impact)
}

func TestPreviewWithoutJavaScript(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	b := o.loggedIn("anna", password)
	seen := b.get("/admin/incidents/new").submit("/admin/incidents/new", "text", "We are **looking**. <script>alert(1)</script>", "action", "preview").requireCode(http.StatusOK)
	preview := seen.find(seen.root, "section", "id", "text-preview")[0]
	require.Len(t, seen.find(preview, "strong", "", ""), 1)
	require.Empty(t, seen.find(preview, "script", "", ""))
	require.Contains(t, text(preview), "We are looking")
	all, err := o.desk.Incidents(t.Context())
	require.NoError(t, err)
	require.Empty(t, all)

	form := seen.form("/admin/incidents/new")
	fragment := b.post("/admin/preview/text", form).requireCode(http.StatusOK)
	require.True(t, strings.HasPrefix(strings.TrimSpace(fragment.body), `<div class="prose"><p>We are <strong>looking</strong>.`), fragment.body)
	form.Del("csrf")
	b.post("/admin/preview/text", form).requireCode(http.StatusForbidden)
}

// Two who write at once: the second one is told, and may go on.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	anna, bert := o.loggedIn("anna", password), o.loggedIn("bert", "another long password")
	title, words := "Mail is slow", "We look."
	i, err := o.desk.OpenIncident(t.Context(), "anna", desk.IncidentInput{Title: &title, Text: &words})
	require.NoError(t, err)
	o.later(time.Second)
	at := "/admin/incidents/" + i.ID
	hers, his := anna.get(at), bert.get(at)
	hers.submit(at, "phase", "identified", "text", "It is the disk.").requireCode(http.StatusOK)
	told := his.submit(at, "phase", "identified", "text", "I have found it.").requireCode(http.StatusConflict)
	told.requireText("Somebody has changed this", "It is the disk.")
	require.Equal(t, "I have found it.", told.form(at).Get("text"))
	require.Len(t, o.incident().Updates, 2)
	told.submit(at).requireCode(http.StatusOK)
	require.Len(t, o.incident().Updates, 3)

	o.later(time.Second)
	edit := at + "/edit"
	hers, his = anna.get(edit), bert.get(edit)
	hers.submit(edit, "title", "Mail is very slow")
	his.submit(edit, "impact", "critical").requireCode(http.StatusConflict)
	require.Equal(t, "Mail is very slow", o.incident().Title)
}

func TestPastIncident(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	b := o.loggedIn("anna", password)
	b.get("/admin/incidents/new").submit("/admin/incidents/new", "title", "There was a gap", "text", "It was short.",
		"started", "2037-11-01T10:00", "resolved", "2037-11-01T10:30").requireCode(http.StatusOK)
	i := o.incident()
	require.Equal(t, time.Date(2037, 11, 1, 10, 30, 0, 0, time.UTC), i.Resolved)
	b.get("/admin/incidents").requireText("There was a gap", "lasted 30 minutes")
	wrong := b.get("/admin/incidents/new").submit("/admin/incidents/new", "title", "x", "text", "y", "started", "yesterday").requireCode(http.StatusUnprocessableEntity)
	require.Contains(t, wrong.fault("started"), "Started is no date and time")
}
