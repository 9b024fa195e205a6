// SPDX-License-Identifier: Apache-2.0

package desk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/store"
)

// open opens an incident of a plain kind.
func (e *env) open(t *testing.T) statuspage.Incident {
	t.Helper()
	i, err := e.OpenIncident(t.Context(), anna, desk.IncidentInput{Title: new("Slow"), Text: new("We look into it.")})
	require.NoError(t, err)
	return i
}

func TestOpenIncident(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.news(t)
	got, err := e.OpenIncident(t.Context(), anna, desk.IncidentInput{
		Title: new(" API is down "), Impact: new(statuspage.ImpactMajor), Text: new("Line\r\nline\n"),
		Components: new([]string{"web/a%2Fb", "db", "web/api", "db"}), Started: new(e.now.Add(-time.Hour)),
	})
	require.NoError(t, err)
	require.Regexp(t, `^[a-z0-9]{12}$`, got.ID)
	require.Empty(t, cmp.Diff(statuspage.Incident{
		ID: got.ID, Title: "API is down", Impact: statuspage.ImpactMajor, Started: e.now.Add(-time.Hour), Created: e.now, Updated: e.now,
		Components: []statuspage.Ref{{Service: "db"}, {Service: "web", Node: "a/b"}, {Service: "web", Node: "api"}},
		Updates:    []statuspage.Update{{ID: got.Updates[0].ID, Phase: statuspage.Investigating, Text: "Line\nline", Time: e.now, Created: e.now}},
	}, got))
	kept, err := e.Incident(t.Context(), got.ID)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(got, kept))
	require.Equal(t, 1, e.changed)

	news := e.news(t)
	require.Empty(t, cmp.Diff([]store.News{{
		Kind: store.NewsIncident, Subject: got.ID, Update: got.Updates[0].ID, Components: got.Components, Major: true, Time: e.now,
	}}, news, cmpopts.IgnoreFields(store.News{}, "ID")))
	journal, err := e.store.Journal(t.Context(), got.ID, 0, 10)
	require.NoError(t, err)
	require.Equal(t, anna, journal[0].Author)
}

func TestAnIncidentThatIsOver(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	began, ended := e.now.Add(-3*time.Hour), e.now.Add(-time.Hour)
	i, err := e.OpenIncident(t.Context(), anna, desk.IncidentInput{Title: new("Was slow"), Text: new("It is over."), Started: &began, Resolved: &ended})
	require.NoError(t, err)
	require.Equal(t, ended, i.Resolved)
	require.Equal(t, statuspage.Resolved, i.Phase())
	require.Equal(t, ended, i.Updates[0].Time)
	require.Empty(t, e.news(t), "nobody is told of the past")

	i, err = e.ChangeIncident(t.Context(), anna, i.ID, desk.IncidentInput{Resolved: new(ended.Add(time.Minute)), Impact: new(statuspage.ImpactNone)})
	require.NoError(t, err)
	require.Equal(t, ended.Add(time.Minute), i.Resolved)
	i, err = e.UpdateIncident(t.Context(), anna, i.ID, desk.UpdateInput{Phase: new(statuspage.Postmortem), Text: new("Why.")})
	require.NoError(t, err)
	require.Equal(t, ended.Add(time.Minute), i.Resolved, "what was said by hand stays")
	require.Len(t, e.news(t), 1)
}

func TestTimeline(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	i := e.open(t)
	e.now = e.now.Add(time.Minute)
	say := func(phase statuspage.Phase) {
		e.now = e.now.Add(time.Minute)
		var err error
		i, err = e.UpdateIncident(t.Context(), anna, i.ID, desk.UpdateInput{Phase: &phase, Text: new("x")})
		require.NoError(t, err)
	}
	say(statuspage.Monitoring)
	require.True(t, i.Open())
	say(statuspage.Resolved)
	require.Equal(t, e.now, i.Resolved)
	over := e.now
	say(statuspage.Postmortem)
	require.Equal(t, over, i.Resolved)
	say(statuspage.Identified)
	require.True(t, i.Open(), "it goes on")
	say(statuspage.Resolved)
	require.Equal(t, e.now, i.Resolved, "from the last time on")

	e.now = e.now.Add(time.Minute)
	late, err := e.UpdateIncident(t.Context(), anna, i.ID, desk.UpdateInput{Text: new("forgotten"), Time: new(over.Add(-time.Second))})
	require.NoError(t, err)
	require.Equal(t, "forgotten", late.Updates[2].Text, "in the order of the times")
	require.Equal(t, statuspage.Monitoring, late.Updates[2].Phase, "the phase of then")
	require.Equal(t, i.Resolved, late.Resolved)

	last := i.Updates[len(i.Updates)-1]
	edited, err := e.EditUpdate(t.Context(), anna, i.ID, last.ID, desk.UpdateInput{Time: new(last.Time.Add(-30 * time.Second)), Text: new("y")})
	require.NoError(t, err)
	require.Equal(t, last.Time.Add(-30*time.Second), edited.Resolved, "it follows the update that said so")
	require.Equal(t, e.now, edited.Updates[len(edited.Updates)-1].Edited)
	opened, err := e.DeleteUpdate(t.Context(), anna, i.ID, last.ID)
	require.NoError(t, err)
	require.True(t, opened.Open())
	require.Equal(t, statuspage.Identified, opened.Phase())

	_, err = e.EditUpdate(t.Context(), anna, i.ID, last.ID, desk.UpdateInput{})
	require.ErrorIs(t, err, desk.ErrNotFound)
	_, err = e.DeleteUpdate(t.Context(), anna, i.ID, last.ID)
	require.ErrorIs(t, err, desk.ErrNotFound)
}

func TestUpdatesChangeTheIncident(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	i := e.open(t)
	e.news(t)
	i, err := e.UpdateIncident(t.Context(), anna, i.ID, desk.UpdateInput{
		Text: new("Worse."), Impact: new(statuspage.ImpactCritical), Components: new([]string{"db"}),
	})
	require.NoError(t, err)
	require.Equal(t, statuspage.ImpactCritical, i.Impact)
	require.Equal(t, []statuspage.Ref{{Service: "db"}}, i.Components)
	news := e.news(t)
	require.True(t, news[0].Major)
	require.Equal(t, i.Components, news[0].Components)

	e.layout = statuspage.Layout{}
	_, err = e.UpdateIncident(t.Context(), anna, i.ID, desk.UpdateInput{Text: new("x"), Components: new([]string{"db"}), Notify: new(false)})
	require.NoError(t, err, "what is gone may stay")
	require.Empty(t, e.news(t))
}

func TestDrafts(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	i, err := e.OpenIncident(t.Context(), "pharos", desk.IncidentInput{Title: new("Down?"), Draft: new(true), Alert: "web"})
	require.NoError(t, err)
	require.Empty(t, i.Updates)
	require.Equal(t, "web", i.Alert)
	publish := desk.IncidentInput{Draft: new(false)}
	e.refused(t, "text", "is missing; say what people should know, in Markdown", func() error {
		_, err := e.ChangeIncident(t.Context(), anna, i.ID, publish)
		return err
	})
	i, err = e.ChangeIncident(t.Context(), anna, i.ID, desk.IncidentInput{Text: new("First."), Phase: new(statuspage.Identified)})
	require.NoError(t, err)
	i, err = e.ChangeIncident(t.Context(), anna, i.ID, desk.IncidentInput{Text: new("Better.")})
	require.NoError(t, err)
	require.Len(t, i.Updates, 1)
	require.Equal(t, statuspage.Identified, i.Phase())
	_, err = e.UpdateIncident(t.Context(), anna, i.ID, desk.UpdateInput{Text: new("Second.")})
	require.NoError(t, err)
	require.Empty(t, e.news(t), "of a draft nobody is told")

	i, err = e.ChangeIncident(t.Context(), anna, i.ID, publish)
	require.NoError(t, err)
	require.False(t, i.Draft)
	require.Equal(t, i.Updates[1].ID, e.news(t)[0].Update, "the newest")
	e.refused(t, "draft", "can't be true again: people have seen the incident; delete it if it was a mistake", func() error {
		_, err := e.ChangeIncident(t.Context(), anna, i.ID, desk.IncidentInput{Draft: new(true)})
		return err
	})
	e.refused(t, "text", "is of an update, as the phase is, since the incident is public; add an update, or edit one", func() error {
		_, err := e.ChangeIncident(t.Context(), anna, i.ID, desk.IncidentInput{Text: new("x")})
		return err
	})
	_, err = e.DeleteUpdate(t.Context(), anna, i.ID, i.Updates[0].ID)
	require.NoError(t, err)
	e.impossible(t, "it is the only update; edit it, or delete the incident", func() error {
		_, err := e.DeleteUpdate(t.Context(), anna, i.ID, i.Updates[1].ID)
		return err
	})
	require.NoError(t, e.DeleteIncident(t.Context(), anna, i.ID))
	all, err := e.Incidents(t.Context())
	require.NoError(t, err)
	require.Empty(t, all)
}

func TestBadIncidents(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	title, text := new("Slow"), new("We look into it.")
	many := make([]string, 101)
	for name, c := range map[string]struct {
		in             desk.IncidentInput
		field, problem string
	}{
		"no title":     {desk.IncidentInput{Text: text}, "title", "is missing; say in a few words what is wrong"},
		"empty title":  {desk.IncidentInput{Text: text, Title: new(" \n")}, "title", "is empty; say in a few words what is wrong"},
		"long title":   {desk.IncidentInput{Text: text, Title: new(strings.Repeat("ü", 201))}, "title", "is longer than 200 characters; it has 201"},
		"two lines":    {desk.IncidentInput{Text: text, Title: new("a\nb")}, "title", "holds the control character U+000A; leave it out"},
		"not UTF-8":    {desk.IncidentInput{Text: new("\xff"), Title: title}, "text", "is not valid UTF-8; send it so"},
		"bell":         {desk.IncidentInput{Text: new("a\ab"), Title: title}, "text", "holds the control character U+0007; leave it out"},
		"no text":      {desk.IncidentInput{Title: title}, "text", "is missing; say what people should know, in Markdown"},
		"empty text":   {desk.IncidentInput{Title: title, Text: new("")}, "text", "is empty; say what people should know, in Markdown"},
		"long text":    {desk.IncidentInput{Title: title, Text: new(strings.Repeat("ü", 20_001))}, "text", "is longer than 20000 characters; it has 20001"},
		"impact":       {desk.IncidentInput{Title: title, Text: text, Impact: new(statuspage.Impact("bad"))}, "impact", `is "bad"; it is one of none, minor, major, critical`},
		"phase":        {desk.IncidentInput{Title: title, Text: text, Phase: new(statuspage.InProgress)}, "phase", `is "in_progress"; it is one of investigating, identified, monitoring, resolved, postmortem`},
		"postmortem":   {desk.IncidentInput{Title: title, Text: text, Phase: new(statuspage.Postmortem)}, "phase", "is postmortem, though the incident is not resolved; add an update with the phase resolved first"},
		"future":       {desk.IncidentInput{Title: title, Text: text, Started: new(e.now.Add(2 * time.Minute))}, "started", "lies in the future; it is 2026-11-21T12:00:00Z now"},
		"long ago":     {desk.IncidentInput{Title: title, Text: text, Started: new(time.Time{})}, "started", "is 0001-01-01T00:00:00Z; give a time after 2000"},
		"ends early":   {desk.IncidentInput{Title: title, Text: text, Resolved: new(e.now.Add(-time.Hour))}, "resolved", "is 2026-11-21T11:00:00Z, before the incident started at 2026-11-21T12:00:00Z"},
		"over or not":  {desk.IncidentInput{Title: title, Text: text, Resolved: &e.now, Phase: new(statuspage.Monitoring)}, "phase", `is "monitoring", though resolved says that the incident is over; leave out one of them`},
		"service":      {desk.IncidentInput{Title: title, Text: text, Components: new([]string{"web", "wbe"})}, "components[1]", `is "wbe", which is unknown; there are the services web, db`},
		"node":         {desk.IncidentInput{Title: title, Text: text, Components: new([]string{"web/b"})}, "components[0]", `is "web/b", which is unknown; the service has web/api, web/a%2Fb`},
		"no component": {desk.IncidentInput{Title: title, Text: text, Components: new([]string{"/"})}, "components[0]", `is "/"; write "service" or "service/node"`},
		"many":         {desk.IncidentInput{Title: title, Text: text, Components: &many}, "components", "has 101 entries; at most 100 are possible: name whole services"},
	} {
		t.Log(name)
		e.refused(t, c.field, c.problem, func() error {
			_, err := e.OpenIncident(t.Context(), anna, c.in)
			return err
		})
	}
	err := e.untouched(t, func() error { _, err := e.OpenIncident(t.Context(), anna, desk.IncidentInput{}); return err })
	require.EqualError(t, err, "title is missing; say in a few words what is wrong\ntext is missing; say what people should know, in Markdown", "all of it at once")
	e.layout = statuspage.Layout{}
	e.refused(t, "components[0]", `is "web", which is unknown, as every component is so far: Prometheus has named none`, func() error {
		_, err := e.OpenIncident(t.Context(), anna, desk.IncidentInput{Title: title, Text: text, Components: new([]string{"web"})})
		return err
	})
}

func TestBadUpdates(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	i := e.open(t)
	for name, c := range map[string]struct {
		in             desk.UpdateInput
		field, problem string
	}{
		"no text":    {desk.UpdateInput{}, "text", "is missing; say what people should know, in Markdown"},
		"phase":      {desk.UpdateInput{Text: new("x"), Phase: new(statuspage.Completed)}, "phase", `is "completed"; it is one of investigating, identified, monitoring, resolved, postmortem`},
		"postmortem": {desk.UpdateInput{Text: new("x"), Phase: new(statuspage.Postmortem)}, "phase", "is postmortem, though the incident is not resolved; add an update with the phase resolved first"},
		"future":     {desk.UpdateInput{Text: new("x"), Time: new(e.now.Add(time.Hour))}, "time", "lies in the future; it is 2026-11-21T12:00:00Z now"},
		"before":     {desk.UpdateInput{Text: new("x"), Time: new(e.now.Add(-time.Hour))}, "time", "is 2026-11-21T11:00:00Z, before the incident started at 2026-11-21T12:00:00Z; change started first"},
	} {
		t.Log(name)
		e.refused(t, c.field, c.problem, func() error {
			_, err := e.UpdateIncident(t.Context(), anna, i.ID, c.in)
			return err
		})
	}
	e.refused(t, "impact", "is not part of an update that is there; change the incident itself", func() error {
		_, err := e.EditUpdate(t.Context(), anna, i.ID, i.Updates[0].ID, desk.UpdateInput{Impact: new(statuspage.ImpactNone)})
		return err
	})
	e.refused(t, "resolved", "can't be given while the incident is open; add an update with the phase resolved", func() error {
		_, err := e.ChangeIncident(t.Context(), anna, i.ID, desk.IncidentInput{Resolved: &e.now})
		return err
	})
	e.now = e.now.Add(time.Hour)
	e.refused(t, "started", "is 2026-11-21T12:30:00Z, after the first update at 2026-11-21T12:00:00Z; an incident starts before", func() error {
		_, err := e.ChangeIncident(t.Context(), anna, i.ID, desk.IncidentInput{Started: new(e.now.Add(-30 * time.Minute))})
		return err
	})
}

func TestLimitsOfIncidents(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	i := e.open(t)
	for len(i.Updates) < desk.MaxUpdates {
		i.Updates = append(i.Updates, i.Updates[0])
	}
	e.fill(t, 1, func(tx *store.Tx, _ int) error { return tx.PutIncident(i) })
	e.fill(t, desk.MaxOpen-1, func(tx *store.Tx, n int) error {
		return tx.PutIncident(statuspage.Incident{ID: fmt.Sprint("open", n), Started: e.now})
	})
	e.impossible(t, "there are 200 updates; edit or delete one", func() error {
		_, err := e.UpdateIncident(t.Context(), anna, i.ID, desk.UpdateInput{Text: new("x")})
		return err
	})
	full := i
	closed, err := e.UpdateIncident(t.Context(), anna, i.ID, desk.UpdateInput{Text: new("x"), Phase: new(statuspage.Resolved)})
	require.NoError(t, err, "what closes it has room")
	require.False(t, closed.Open())
	e.fill(t, 1, func(tx *store.Tx, _ int) error { return tx.PutIncident(full) })
	e.impossible(t, "there are 1000 open incidents; resolve one first, or delete a draft", func() error {
		_, err := e.OpenIncident(t.Context(), anna, desk.IncidentInput{Title: new("a"), Text: new("b")})
		return err
	})
	_, err = e.OpenIncident(t.Context(), anna, desk.IncidentInput{Title: new("a"), Text: new("b"), Phase: new(statuspage.Resolved)})
	require.NoError(t, err, "what is over takes no room")
}
