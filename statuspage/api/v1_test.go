// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

func TestIncidents(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	r := request(http.MethodPost, "/manager/v1/incidents", `{"title":"API is down","impact":"major","components":["web/api"],"text":"We look into it.","draft":true,"started":"2026-11-21T12:30:00+01:00"}`)
	r.Header.Set("X-Pharos-Author", "Zoë")
	w := e.do(r)
	require.Equal(t, http.StatusCreated, w.Code, w.Body)
	var i statuspage.Incident
	at := w.Header().Get("Location")
	e.must(http.StatusOK, http.MethodGet, at, "", &i)
	require.Equal(t, e.now.Add(-30*time.Minute), i.Started)
	require.True(t, i.Draft)
	e.must(http.StatusOK, http.MethodPatch, at, `{"draft":false,"title":null}`, &i)
	require.False(t, i.Draft)
	require.Equal(t, "API is down", i.Title, "null is as if it were missing")
	e.must(http.StatusCreated, http.MethodPost, at+"/updates/", `{"phase":"resolved","text":"Over."}`, &i)
	require.Equal(t, e.now, i.Resolved)
	e.must(http.StatusOK, http.MethodPatch, at+"/updates/"+i.Updates[1].ID, `{"text":"It is over."}`, &i)
	require.Equal(t, "It is over.", i.Updates[1].Text)
	e.must(http.StatusOK, http.MethodDelete, at+"/updates/"+i.Updates[1].ID, "", &i)
	require.True(t, i.Open())
	e.must(http.StatusConflict, http.MethodDelete, at+"/updates/"+i.Updates[0].ID, "", nil)

	for n := range 3 {
		e.must(http.StatusCreated, http.MethodPost, "/manager/v1/incidents", fmt.Sprintf(`{"title":"Old %d","text":"x","started":"2026-10-0%[1]dT00:00:00Z","resolved":"2026-10-05T00:00:00Z"}`, n+1), nil)
	}
	var list struct {
		Incidents []statuspage.Incident
		Next      string
	}
	titles := func(query string) (all []string) {
		t.Helper()
		e.must(http.StatusOK, http.MethodGet, "/manager/v1/incidents?"+query, "", &list)
		for _, i := range list.Incidents {
			all = append(all, i.Title)
		}
		return all
	}
	require.Equal(t, []string{"API is down", "Old 3", "Old 2", "Old 1"}, titles(""))
	require.Equal(t, []string{"API is down"}, titles("state=open"))
	require.Equal(t, []string{"Old 3", "Old 2"}, titles("state=resolved&limit=2"))
	require.Equal(t, []string{"Old 1"}, titles("state=resolved&limit=2&after="+list.Next))
	require.Empty(t, list.Next)
	require.Empty(t, titles("state=draft"))

	e.must(http.StatusNoContent, http.MethodDelete, at, "", nil)
	e.must(http.StatusNotFound, http.MethodDelete, at, "", nil)
	var journal struct {
		Entries []struct{ Author, Action, Kind string }
		Next    string
	}
	e.must(http.StatusOK, http.MethodGet, "/manager/v1/journal?subject="+i.ID+"&limit=5", "", &journal)
	require.Equal(t, "deleted", journal.Entries[0].Action)
	require.Equal(t, "manager", journal.Entries[0].Author)
	e.must(http.StatusOK, http.MethodGet, "/manager/v1/journal?subject="+i.ID+"&after="+journal.Next, "", &journal)
	require.Len(t, journal.Entries, 1)
	require.Equal(t, "Zoë", journal.Entries[0].Author)
}

func TestMaintenance(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	w := e.do(request(http.MethodPost, "/manager/v1/maintenance", `{"title":"New disks","start":"2026-11-21T11:00:00Z","end":"2026-11-21T13:00:00Z","rrule":"FREQ=DAILY","time_zone":"Europe/Paris","components":["db"]}`))
	require.Equal(t, http.StatusCreated, w.Code, w.Body)
	at := w.Header().Get("Location")
	var m struct {
		statuspage.Maintenance
		Occurrences []statuspage.Cut
	}
	e.must(http.StatusCreated, http.MethodPost, at+"/updates", `{"text":"Half of it is done.","phase":"verifying"}`, &m)
	require.Len(t, m.Occurrences, 5)
	update := at + "/updates/" + m.Updates[0].ID
	e.must(http.StatusOK, http.MethodPatch, update, `{"text":"Most of it is done.","seen":"`+m.Updated.Format(time.RFC3339Nano)+`"}`, &m)
	require.Equal(t, "Most of it is done.", m.Updates[0].Text)
	e.now = e.now.Add(time.Second)
	e.must(http.StatusBadRequest, http.MethodPatch, update, `{"phase":"completed"}`, nil)
	e.must(http.StatusConflict, http.MethodPatch, update, `{"text":"x","seen":"2026-11-21T01:00:00Z"}`, nil)
	e.must(http.StatusConflict, http.MethodPatch, at, `{"title":"x","seen":"2026-11-21T01:00:00Z","quiet":true}`, nil)
	e.must(http.StatusConflict, http.MethodDelete, update, "", nil)
	e.must(http.StatusCreated, http.MethodPost, at+"/updates", `{"text":"Nearly.","phase":"verifying"}`, &m)
	e.must(http.StatusOK, http.MethodDelete, update, "", &m)
	e.must(http.StatusNotFound, http.MethodDelete, update, "", nil)
	require.Len(t, m.Updates, 1)
	e.must(http.StatusConflict, http.MethodPost, at+"/cancel", "", nil)
	e.must(http.StatusOK, http.MethodPost, at+"/end", "", &m)
	next := m.Occurrences[0].Start
	require.Equal(t, time.Date(2026, 11, 22, 11, 0, 0, 0, time.UTC), next)
	e.must(http.StatusOK, http.MethodPost, at+"/skip", `{"start":"`+next.Format(time.RFC3339)+`"}`, &m)
	require.Equal(t, next.AddDate(0, 0, 1), m.Occurrences[0].Start)
	e.must(http.StatusOK, http.MethodPatch, at, `{"title":"Disks","quiet":true}`, &m)
	require.True(t, m.Quiet)
	e.must(http.StatusOK, http.MethodPost, at+"/cancel/", "", &m)
	require.True(t, m.Cancelled)
	require.Empty(t, m.Occurrences)
	e.must(http.StatusOK, http.MethodGet, at, "", &m)

	var list struct{ Maintenance []struct{ Title string } }
	e.must(http.StatusOK, http.MethodGet, "/manager/v1/maintenance?state=over", "", &list)
	require.Len(t, list.Maintenance, 1)
	e.must(http.StatusOK, http.MethodGet, "/manager/v1/maintenance?state=planned", "", &list)
	require.Empty(t, list.Maintenance)
	e.must(http.StatusNoContent, http.MethodDelete, at, "", nil)
}

func TestNotices(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	var made struct{ ID, Title string }
	e.must(http.StatusCreated, http.MethodPost, "/manager/v1/announcements", `{"title":"New region","text":"Soon.","notify":false}`, &made)
	e.must(http.StatusOK, http.MethodGet, "/manager/v1/announcements", "", nil)
	e.must(http.StatusNoContent, http.MethodDelete, "/manager/v1/announcements/"+made.ID, "", nil)

	e.must(http.StatusCreated, http.MethodPost, "/manager/v1/corrections", `{"components":["web"],"from":"2026-11-20T10:00:00Z","to":"2026-11-20T11:00:00Z","reason":"Our probe was ill.","status":"sick"}`, &made)
	e.must(http.StatusOK, http.MethodGet, "/manager/v1/corrections", "", nil)
	e.must(http.StatusNoContent, http.MethodDelete, "/manager/v1/corrections/"+made.ID, "", nil)

	e.must(http.StatusCreated, http.MethodPost, "/manager/v1/templates", `{"name":"Slow","components":["db","web/api"]}`, &made)
	e.must(http.StatusOK, http.MethodPut, "/manager/v1/templates/"+made.ID, `{"name":"Slow","title":"It is slow","impact":"none","phase":"identified","text":"x"}`, &made)
	require.Equal(t, "It is slow", made.Title)
	e.must(http.StatusOK, http.MethodGet, "/manager/v1/templates", "", nil)
	e.must(http.StatusNoContent, http.MethodDelete, "/manager/v1/templates/"+made.ID, "", nil)
	e.must(http.StatusNotFound, http.MethodPut, "/manager/v1/templates/"+made.ID, `{"name":"Slow"}`, nil)
	require.Equal(t, 7, e.changed)
}

func TestSubscribers(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	for n := range 5 {
		require.NoError(t, e.store.PutSubscriber(t.Context(), "x", store.Subscriber{
			ID: fmt.Sprint("s", n), Page: "main", Kind: store.ByWebhook, Address: fmt.Sprintf("https://example.com/%d?k=v&x", n), Secret: "canary",
			Components: []statuspage.Ref{{Service: "web"}}, Created: e.now, Confirmed: e.now,
		}))
	}
	var list struct {
		Subscribers []struct{ ID, Address string }
		Next        string
	}
	e.must(http.StatusOK, http.MethodGet, "/manager/v1/subscribers?limit=3", "", &list)
	require.Equal(t, "s2", list.Next)
	e.must(http.StatusOK, http.MethodGet, "/manager/v1/subscribers?after=s2", "", &list)
	require.Len(t, list.Subscribers, 2)
	code, body := e.call(http.MethodGet, "/manager/v1/subscribers?address=https%3A%2F%2Fexample.com%2F3%3Fk%3Dv%26x", "")
	require.Equal(t, http.StatusOK, code)
	require.Contains(t, body, `"id":"s3"`)
	require.NotContains(t, body, `"id":"s2"`)
	require.NotContains(t, body, "canary")
	e.must(http.StatusNoContent, http.MethodDelete, "/manager/v1/subscribers/s3", "", nil)
	e.must(http.StatusNotFound, http.MethodDelete, "/manager/v1/subscribers/s3", "", nil)
}

func TestInternalErrorsAreLoggedOnly(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.reading.At, e.down = time.Time{}, errors.New("dial 10.0.0.1:9093: refused")
	code, body := e.call(http.MethodGet, "/manager/prober/alerts/ignored", "")
	require.Equal(t, http.StatusBadGateway, code)
	require.NotContains(t, body, "10.0.0.1")
	require.Contains(t, e.log.String(), "10.0.0.1")
}
