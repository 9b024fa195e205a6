// SPDX-License-Identifier: Apache-2.0

package admin_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/store"
)

// While the store is away operators read what was known, are told that nothing can be
// changed, and lose nothing of what they type.
func TestStoreAway(t *testing.T) {
	t.Parallel()
	server := testkit.NewPostgreSQLServer(t)
	o := open(t, store.Options{URL: server.Database(t)})
	b := o.loggedIn("anna", password)
	title, words := "Mail is slow", "We look."
	i, err := o.desk.OpenIncident(t.Context(), "anna", desk.IncidentInput{Title: &title, Text: &words})
	require.NoError(t, err)
	at := "/admin/incidents/" + i.ID
	page, announcement := b.get(at), b.get("/admin/announcements")

	server.Stop(t)
	const away = "The store is away"
	for _, path := range []string{"/admin/", "/admin/incidents", at, at + "/edit", "/admin/incidents/new", "/admin/maintenance", "/admin/maintenance/new", "/admin/announcements", "/admin/corrections", "/admin/templates"} {
		b.get(path).requireCode(http.StatusOK)
	}
	for _, path := range []string{"/admin/", "/admin/incidents", at, "/admin/maintenance", "/admin/announcements", "/admin/corrections", "/admin/templates", "/admin/journal", "/admin/subscribers"} {
		b.get(path).requireText(away)
	}
	b.get(at).requireText("Mail is slow", "We look.")
	b.get("/admin/incidents/nothing").requireCode(http.StatusServiceUnavailable)
	b.get("/admin/subscribers/export").requireCode(http.StatusServiceUnavailable)

	refused := page.submit(at, "phase", "identified", "text", "It is the disk.").requireCode(http.StatusServiceUnavailable).requireText("nothing was changed")
	require.Equal(t, "30", refused.header.Get("Retry-After"))
	require.Equal(t, "It is the disk.", refused.form(at).Get("text"))
	said := announcement.submit("/admin/announcements", "title", "Hello", "text", "World.").requireCode(http.StatusServiceUnavailable)
	require.Equal(t, "World.", said.form("/admin/announcements").Get("text"))
	kept := page.submit(at + "/delete").requireCode(http.StatusServiceUnavailable).requireText(away)

	// Who comes now can log in, and read.
	other := o.loggedIn("bert", "another long password")
	other.get(at).requireCode(http.StatusOK).requireText("Mail is slow")

	server.Start(t)
	require.Eventually(t, func() bool { return refused.submit(at).code == http.StatusOK }, patience, step)
	require.Len(t, o.incident().Updates, 2)
	other.get("/admin/").requireCode(http.StatusOK)
	b.get("/admin/").requireCode(http.StatusOK)
	kept.submit(at + "/delete").requireText("It is deleted")
}
