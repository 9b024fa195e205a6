// SPDX-License-Identifier: Apache-2.0

package admin_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/store"
)

func TestAnnouncements(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	b := o.loggedIn("anna", password)
	const to = "/admin/announcements"
	wrong := b.get(to).submit(to, "title", "We move", "text", "").requireCode(http.StatusUnprocessableEntity)
	require.Contains(t, wrong.fault("text"), "is empty")
	require.Equal(t, "We move", wrong.form(to).Get("title"))
	made := wrong.submit(to, "text", "To *Lyon*.").requireText("The announcement is on the page", "We move")
	all, err := o.desk.Announcements(t.Context())
	at := to + "/" + only(t, all, err).ID + "/delete"
	require.Len(t, made.find(made.root, "em", "", ""), 1)
	made.submit(at).requireText("off the page", "There is none.")
	made.submit(at).requireCode(http.StatusNotFound)
}

func TestCorrections(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	b := o.loggedIn("anna", password)
	const to = "/admin/corrections"
	wrong := b.get(to).submit(to, "from", "2037-11-02T10:00", "to", "2037-11-02T09:00", "reason", "").requireCode(http.StatusUnprocessableEntity)
	require.Contains(t, wrong.fault("components"), "Components is empty")
	require.Contains(t, wrong.fault("to"), "To is")
	require.NotEmpty(t, wrong.fault("reason"))
	wrong.submit(to, "components", "web/lb", "components", "mail", "to", "2037-11-02T11:00", "reason", "The monitoring lost its network.").requireText("The correction holds", "Load balancer", "lost its network")
	all, err := o.desk.Corrections(t.Context())
	c := only(t, all, err)
	require.Equal(t, status.Healthy, c.Status)
	require.Equal(t, []statuspage.Ref{{Service: "mail"}, {Service: "web", Node: "lb"}}, c.Components)
	again := b.get(to).submit(to, "components", "web", "from", "2037-11-02T10:30", "to", "2037-11-02T12:00", "status", "dead", "reason", "Again.").requireCode(http.StatusUnprocessableEntity)
	require.Contains(t, again.fault("from"), "overlaps")
	b.get(to).submit(to + "/" + c.ID + "/delete").requireText("The correction is withdrawn")
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	b := o.loggedIn("anna", password)
	const to = "/admin/templates/new"
	require.Contains(t, b.get(to).submit(to, "name", "").requireCode(http.StatusUnprocessableEntity).fault("name"), "is empty")
	b.get(to).submit(to, "name", "Mail", "title", "Mail is slow", "impact", "major", "phase", "identified", "text", "It *takes* time.", "components", "mail").requireText("The template is kept", "Mail is slow")
	all, err := o.desk.Templates(t.Context())
	made := only(t, all, err)

	form := b.get("/admin/incidents/new?template=" + made.ID).form("/admin/incidents/new")
	require.Equal(t, []string{"Mail is slow", "major", "identified", "It *takes* time.", "mail"},
		[]string{form.Get("title"), form.Get("impact"), form.Get("phase"), form.Get("text"), form.Get("components")})
	opened := b.post("/admin/incidents/new", form).requireCode(http.StatusOK)
	update := b.get(opened.path + "?template=" + made.ID).form(opened.path)
	require.Equal(t, "It *takes* time.", update.Get("text"))

	at := "/admin/templates/" + made.ID
	b.get(at).submit(at, "name", "Slow mail").requireText("Slow mail")
	require.Contains(t, b.get(to).submit(to, "name", "Slow mail").requireCode(http.StatusUnprocessableEntity).fault("name"), "another template")
	require.NotEmpty(t, b.get(to).submit(to, "name", "x", "components", "a/b/c").requireCode(http.StatusUnprocessableEntity).fault("components"))
	b.get(at).submit(at+"/delete").requireText("It is deleted", "There is none yet.")
	b.get(at).requireCode(http.StatusNotFound)
}

func TestSubscribers(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	b := o.loggedIn("anna", password)
	b.get("/admin/subscribers").requireText("0 by e-mail and 0 by webhook", "There is none yet.")
	for i := range 60 {
		s := store.Subscriber{
			ID: "subscriber" + string(rune('a'+i/10)) + string(rune('a'+i%10)), Page: "main", Kind: store.ByEmail, Language: "en", Created: now, Confirmed: now,
			Address: "p" + string(rune('a'+i/10)) + string(rune('a'+i%10)) + "@example.com",
		}
		if i == 0 {
			s.Kind, s.Address, s.Secret = store.ByWebhook, "https://hooks.example.com/x", "the secret"
			s.Components, s.MajorOnly = []statuspage.Ref{{Service: "web"}}, true
		}
		require.NoError(t, o.store.PutSubscriber(t.Context(), "test", s))
	}
	first := b.get("/admin/subscribers").requireText("59 by e-mail and 1 by webhook", "https://hooks.example.com/x", "Web nodes", "major incidents only", "More →")
	next, _ := attribute(first.find(first.root, "a", "rel", "next")[0], "href")
	b.get("/admin/subscribers" + next).requireText("pfj@example.com")
	b.get("/admin/subscribers?address=pff%40example.com").requireText("pff@example.com")
	b.get("/admin/subscribers?address=nobody%40example.com").requireText("Nobody has subscribed with that address.")

	export := b.get("/admin/subscribers/export")
	require.Contains(t, export.header.Get("Content-Disposition"), "attachment")
	require.NotContains(t, export.body, "the secret")
	var got struct {
		Subscribers []struct{ ID, Address string }
	}
	require.NoError(t, json.Unmarshal([]byte(export.body), &got))
	require.Len(t, got.Subscribers, 60)
	one := b.get("/admin/subscribers/subscriberff/export")
	require.Contains(t, one.body, `"address": "pff@example.com"`)

	found := b.get("/admin/subscribers?address=pff%40example.com")
	found.submit("/admin/subscribers/subscriberff/erase").requireText("The subscriber is erased", "58 by e-mail")
	require.NotContains(t, b.get("/admin/journal").body, "pff@example.com")
	b.get("/admin/subscribers/subscriberff/export").requireCode(http.StatusNotFound)
}

func TestJournalGoesOn(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	b := o.loggedIn("anna", password)
	for i := range 60 {
		_, err := o.desk.Announce(t.Context(), "bert", desk.AnnouncementInput{Title: new("Number " + string(rune('a'+i/10)) + string(rune('a'+i%10))), Text: new("Text.")})
		require.NoError(t, err)
	}
	first := b.get("/admin/journal").requireText("Number fj")
	require.NotContains(t, first.text(), "Number aa")
	next, _ := attribute(first.find(first.root, "a", "rel", "next")[0], "href")
	b.get("/admin/journal"+next).requireText("Number aa", "bert created the announcement")
}
