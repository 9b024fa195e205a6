// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/api"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/store"
)

// A page is the manager API of a status page over a real store, and a terminal.
type page struct {
	t     *testing.T
	url   string
	token string // file
	store *store.Store
}

func newPage(t *testing.T) *page {
	t.Helper()
	handler, s := managerAPI(t)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	dir := folder(t, map[string]string{"token": "hunter2\n", "wrong": "hunter3"})
	return &page{t: t, url: server.URL, token: filepath.Join(dir, "token"), store: s}
}

func managerAPI(t *testing.T) (http.Handler, *store.Store) {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	s, err := store.Open(t.Context(), store.Options{Path: t.TempDir(), Logger: log})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	d := desk.New(desk.Options{Store: s, Layout: func() statuspage.Layout {
		return statuspage.Layout{Services: []statuspage.ServiceLayout{{ID: "web", Nodes: []statuspage.NodeLayout{{ID: "api"}}}, {ID: "db"}}}
	}})
	return api.Handler(api.Options{Token: func() configfile.Secret { return "hunter2" }, Desk: d, Store: s, Logger: log}), s
}

// run runs pharosctl, which must end with a code, and returns what it prints.
func (p *page) run(code int, args ...string) string {
	p.t.Helper()
	got, stdout, stderr := ctl(p.t, append(args, "--url="+p.url, "--token-file="+p.token, "--author=Anna")...)
	require.Equal(p.t, code, got, "%s%s", stdout, stderr)
	require.NotContains(p.t, stdout+stderr, "hunter")
	if code != 0 {
		require.Empty(p.t, stdout)
		return stderr
	}
	require.Empty(p.t, stderr)
	return stdout
}

// matches checks what was printed, and returns what the parentheses hold.
func matches(t *testing.T, pattern, text string) []string {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(text)
	require.NotNil(t, found, "%q does not match %q", text, pattern)
	return found[1:]
}

func TestIncident(t *testing.T) {
	t.Parallel()
	p := newPage(t)
	require.Equal(t, "There are no incidents that are open.\n", p.run(0, "incident"))
	id := matches(t, `^([a-z0-9]{12}) is open: `+p.url+`/incidents/([a-z0-9]{12})\n$`,
		p.run(0, "incident", "open", "API is slow", "--impact=major", "-c", "web/api", "-c", "db", "--text=We look.\n\n* one", "--started=-10m"))[0]
	require.Equal(t, id+" is identified\n", p.run(0, "incident", "update", id, "--phase=identified", "-m", "The disks.", "--impact=critical"))
	text := filepath.Join(folder(t, map[string]string{"text.md": "It is\nover.\n"}), "text.md")
	require.Equal(t, id+" is resolved\n", p.run(0, "incident", "resolve", id, "--text-file="+text))
	require.Equal(t, "pharosctl: the incident is resolved already; to say more of it leave out the phase, or edit the update that says so\n", p.run(1, "incident", "resolve", id, "-m", "Fixed again."))

	lines := strings.Split(p.run(0, "incident", "list", "--state=all"), "\n")
	require.Regexp(t, `^ID +PHASE +IMPACT +STARTED \(UTC\) +RESOLVED \(UTC\) +COMPONENTS +TITLE$`, lines[0])
	const at = `\d{4}-\d\d-\d\d \d\d:\d\d`
	require.Regexp(t, `^`+id+` +resolved +critical +`+at+` +`+at+` +db, web/api +API is slow$`, lines[1])
	require.Regexp(t, `^API is slow\nresolved, impact critical, since `+at+` UTC until `+at+` UTC\nhits db, web/api\n\n`+
		at+`  investigating  \([a-z0-9]{12}\)\n  We look.\n  \n  \* one\n\n`+at+`  identified  .*\n  The disks.\n\n`+at+`  resolved  .*\n  It is\n  over.\n$`,
		p.run(0, "incident", "show", id))
	var i statuspage.Incident
	require.NoError(t, json.Unmarshal([]byte(p.run(0, "incident", "show", id, "-o", "json")), &i))
	require.Equal(t, id, i.ID)
	journal, err := p.store.Journal(t.Context(), id, 0, 1)
	require.NoError(t, err)
	require.Equal(t, "Anna", journal[0].Author)
}

func TestIncidentDraft(t *testing.T) {
	t.Parallel()
	p := newPage(t)
	id := matches(t, `^(\w+) is kept as a draft; pharosctl incident publish (\w+) shows it to the public\n$`, p.run(0, "incident", "open", "Down?", "--draft"))[0]
	require.Regexp(t, id+" +draft ", p.run(0, "incident", "list", "--state=draft"))
	require.Equal(t, "pharosctl: text is missing; say what people should know, in Markdown\n", p.run(1, "incident", "publish", id))
	require.Contains(t, p.run(0, "incident", "publish", id, "--text=It is down.", "--quiet"), id+" is public: ")
	require.Equal(t, `pharosctl: there is no incident "x/y"; see pharosctl incident list`+"\n", p.run(1, "incident", "show", "x/y"))
	require.Equal(t, `pharosctl: title is empty; say in a few words what is wrong. components[0] is "wbe", which is unknown; there are the services web, db. text is empty; say what people should know, in Markdown`+"\n",
		p.run(1, "incident", "open", " ", "--text=", "-c", "wbe"))
}

func TestMaintenance(t *testing.T) {
	t.Parallel()
	p := newPage(t)
	require.Equal(t, "There is no maintenance that is planned.\n", p.run(0, "maintenance"))
	day := time.Now().UTC().AddDate(0, 0, 3).Format(time.DateOnly)
	once := matches(t, `^(\w+) is planned: `+p.url+`/maintenance/`, p.run(0, "maintenance", "plan", "New disks", "--start="+day+" 22:00", "--end="+day+" 23:30", "-c", "db"))[0]
	again := matches(t, `^(\w+) is planned`, p.run(0, "maintenance", "plan", "Updates", "--start=now", "--for=1h", "--rrule=FREQ=DAILY", "--time-zone=Europe/Paris", "--text=Short.", "--quiet"))[0]
	table := p.run(0, "maintenance", "list")
	require.Regexp(t, `(?m)^ID +PHASE +START \(UTC\) +END \(UTC\) +RECURS +UPDATES +COMPONENTS +TITLE\n`+once+` +planned +`+day+` 22:00 +`+day+` 23:30 +- +0 +db +New disks\n`+again+` +under way .* FREQ=DAILY +0 +Updates$`, table)

	require.Equal(t, "pharosctl: the maintenance is under way; end it first\n", p.run(1, "maintenance", "cancel", again))
	next := matches(t, `^`+again+` has ended; next at (.*) UTC\n$`, p.run(0, "maintenance", "end", again))[0]
	require.Contains(t, p.run(1, "maintenance", "skip", again, "+1h"), "pharosctl: start is ")
	var list struct{ Maintenance []planned }
	require.NoError(t, json.Unmarshal([]byte(p.run(0, "maintenance", "-o", "json")), &list))
	require.Equal(t, next, list.Maintenance[1].Occurrences[0].Start.Format("2006-01-02 15:04"))
	require.Contains(t, p.run(0, "maintenance", "skip", again, next), again+" does not take place at "+next+" UTC; next at ")
	require.Equal(t, once+" is cancelled\n", p.run(0, "maintenance", "cancel", once))
	require.Regexp(t, once+" +cancelled ", p.run(0, "maintenance", "list", "--state=all"))
}

func TestAnnounce(t *testing.T) {
	t.Parallel()
	p := newPage(t)
	require.Equal(t, "There are no announcements.\n", p.run(0, "announce", "list"))
	id := matches(t, `^(\w+) is announced: http`, p.run(0, "announce", "New region", "--text=Soon.", "--quiet"))[0]
	require.Regexp(t, `^ID +TIME \(UTC\) +TITLE\n`+id+` +\S+ \S+ +New region\n$`, p.run(0, "announce", "list"))
	require.Equal(t, id+" is retracted\n", p.run(0, "announce", "retract", id))
	require.Equal(t, `pharosctl: there is no announcement "`+id+`"; see pharosctl announce list`+"\n", p.run(1, "announce", "retract", id))
}

func TestManagerRefuses(t *testing.T) {
	t.Parallel()
	p := newPage(t)
	code, _, stderr := ctl(t, "incident", "--url="+p.url)
	require.Equal(t, 1, code)
	require.Equal(t, "pharosctl: the status page refuses: wrong or missing token; send it as the password of Basic authentication; give manager.token of statuspage.yml by --token-file\n", stderr)
	wrong := filepath.Join(filepath.Dir(p.token), "wrong")
	_, _, stderr = ctl(t, "incident", "--url="+p.url, "--token-file="+wrong)
	require.Contains(t, stderr, wrong+" has to hold manager.token of statuspage.yml")
	require.NotContains(t, stderr, "hunter")
	other := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	_, _, stderr = ctl(t, "announce", "list", "--url="+other.URL)
	require.Equal(t, "pharosctl: there is no status page at "+other.URL+": it answers 404 Not Found; see --url\n", stderr)
}
