// SPDX-License-Identifier: Apache-2.0

package desk_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/store"
)

func TestAnnouncements(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	for n := range desk.MaxAnnouncements {
		_, err := e.Announce(t.Context(), anna, announcement(fmt.Sprint("Title ", n), "Text"))
		require.NoError(t, err)
		e.now = e.now.Add(time.Second)
	}
	require.Equal(t, store.NewsAnnouncement, e.news(t)[0].Kind)
	e.impossible(t, "too many announcements: there are 100; retract one first", func() error {
		_, err := e.Announce(t.Context(), anna, announcement("a", "b"))
		return err
	})
	all, err := e.Announcements(t.Context())
	require.NoError(t, err)
	require.Equal(t, "Title 99", all[0].Title, "newest first")
	require.NoError(t, e.Retract(t.Context(), anna, all[0].ID))
	e.refused(t, "title", "is empty; say in a few words what it is about", func() error {
		_, err := e.Announce(t.Context(), anna, announcement("", "b"))
		return err
	})
	e.refused(t, "text", "is empty; say what people should know, in Markdown", func() error {
		_, err := e.Announce(t.Context(), anna, announcement("a", "\r\n"))
		return err
	})
}

func TestCorrections(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	in := desk.CorrectionInput{
		Components: new([]string{"web/api"}), From: new(e.now.Add(-time.Hour)), To: new(e.now.Add(-30 * time.Minute)), Reason: new("The probe was wrong."),
	}
	c, err := e.Correct(t.Context(), anna, in)
	require.NoError(t, err)
	require.Equal(t, status.Healthy, c.Status)
	all, err := e.Corrections(t.Context())
	require.NoError(t, err)
	require.Equal(t, []statuspage.Correction{c}, all)

	correct := func(change func(*desk.CorrectionInput)) func() error {
		return func() error {
			in := in
			change(&in)
			_, err := e.Correct(t.Context(), anna, in)
			return err
		}
	}
	overlaps := "begins an interval that overlaps with the correction " + c.ID + ", from 2026-11-21T11:00:00Z to 2026-11-21T11:30:00Z; " +
		"withdraw that one, or leave its interval or its components out"
	for name, x := range map[string]struct {
		field, problem string
		change         func(*desk.CorrectionInput)
	}{
		"same":       {"from", overlaps, func(*desk.CorrectionInput) {}},
		"the whole":  {"from", overlaps, func(in *desk.CorrectionInput) { in.Components = new([]string{"db", "web"}) }},
		"nothing":    {"components", "is empty; name what was not as it was measured", func(in *desk.CorrectionInput) { in.Components = nil }},
		"unknown":    {"components[0]", `is "x", which is unknown; there are the services web, db`, func(in *desk.CorrectionInput) { in.Components = new([]string{"x"}) }},
		"no from":    {"from", "is missing; say when the interval begins", func(in *desk.CorrectionInput) { in.From = nil }},
		"no to":      {"to", "is missing; say when the interval ends", func(in *desk.CorrectionInput) { in.To = nil }},
		"future":     {"to", "lies in the future; it is 2026-11-21T12:00:00Z now", func(in *desk.CorrectionInput) { in.To = new(e.now.Add(time.Hour)) }},
		"short":      {"to", "is 2026-11-21T11:00:00Z, not a minute or more after from at 2026-11-21T11:00:00Z", func(in *desk.CorrectionInput) { in.To = in.From }},
		"long":       {"to", "is 2026-11-21T11:30:00Z, more than 366 days after from; make several", func(in *desk.CorrectionInput) { in.From = new(e.now.AddDate(-2, 0, 0)) }},
		"status":     {"status", `is "maintenance"; it is one of healthy, sick, dead, unknown`, func(in *desk.CorrectionInput) { in.Status = new("maintenance") }},
		"no reason":  {"reason", "is missing; say what people should know, in Markdown", func(in *desk.CorrectionInput) { in.Reason = nil }},
		"not a text": {"reason", "is not valid UTF-8; send it so", func(in *desk.CorrectionInput) { in.Reason = new("\xff") }},
	} {
		t.Log(name)
		e.refused(t, x.field, x.problem, correct(x.change))
	}
	require.NoError(t, correct(func(in *desk.CorrectionInput) { in.Components = new([]string{"web/a%2Fb"}) })(), "another node")
	require.NoError(t, correct(func(in *desk.CorrectionInput) { in.From, in.To, in.Status = in.To, &e.now, new("dead") })(), "next to it")
	require.NoError(t, e.WithdrawCorrection(t.Context(), anna, c.ID))
	require.NoError(t, correct(func(*desk.CorrectionInput) {})())
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	made, err := e.PutTemplate(t.Context(), anna, statuspage.Template{Name: "Slow", Components: []statuspage.Ref{{Service: "db"}}})
	require.NoError(t, err)
	require.Equal(t, statuspage.Template{
		ID: made.ID, Name: "Slow", Impact: statuspage.ImpactMinor, Phase: statuspage.Investigating, Components: []statuspage.Ref{{Service: "db"}},
	}, made)
	e.layout = statuspage.Layout{}
	made.Title, made.Text = "API is slow", "We look into it."
	_, err = e.PutTemplate(t.Context(), anna, made)
	require.NoError(t, err)
	changed := e.changed
	all, err := e.Templates(t.Context())
	require.NoError(t, err)
	require.Equal(t, []statuspage.Template{made}, all)
	require.Equal(t, changed, e.changed)

	put := func(x statuspage.Template) func() error {
		return func() error { _, err := e.PutTemplate(t.Context(), anna, x); return err }
	}
	require.ErrorIs(t, e.untouched(t, put(statuspage.Template{ID: "nothing", Name: "x"})), desk.ErrNotFound)
	e.refused(t, "name", `is "Slow", as another template is called`, put(statuspage.Template{Name: "Slow"}))
	e.refused(t, "name", "is empty; say what it is for", put(statuspage.Template{}))
	e.refused(t, "phase", `is "x"; it is one of investigating, identified, monitoring, resolved, postmortem`, put(statuspage.Template{Name: "x", Phase: "x"}))
	for n := range desk.MaxTemplates - 1 {
		require.NoError(t, put(statuspage.Template{Name: fmt.Sprint("More ", n)})())
	}
	e.impossible(t, "there are 100 templates; delete one first", put(statuspage.Template{Name: "x"}))
	require.NoError(t, e.DeleteTemplate(t.Context(), anna, made.ID))
}

func TestAQuietAnnouncement(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	in := announcement("a", "b")
	in.Notify = new(false)
	_, err := e.Announce(t.Context(), anna, in)
	require.NoError(t, err)
	require.Empty(t, e.news(t))
}

func announcement(title, text string) desk.AnnouncementInput {
	return desk.AnnouncementInput{Title: &title, Text: &text}
}
