// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"bytes"
	"encoding/json"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/pharos-status/pharos/statuspage/store"
)

// journalPage is what journal.html shows.
type journalPage struct {
	frame
	Entries []entry
	Subject string // of which the journal is shown; "" of all
	Older   int64  // where it goes on; 0 if it does not
}

// An entry is a line of the journal, and what it changed.
type entry struct {
	store.Entry
	When    template.HTML
	Link    string // to what it is about, if that has a page
	Changes []change
}

// A change is a field that is not as it was.
type change struct{ Field, Before, After string }

func (a *Admin) journal(w http.ResponseWriter, r *http.Request, v *visit) error {
	p := &journalPage{frame: a.newFrame(r, v, "Journal", "journal"), Subject: r.URL.Query().Get("subject")}
	before, err := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
	if err != nil || before < 0 {
		before = 0
	}
	all, err := a.Store.Journal(r.Context(), p.Subject, before, perPage+1)
	if err := p.know(err); err != nil {
		return err
	}
	if len(all) > perPage {
		all = all[:perPage]
		p.Older = all[perPage-1].ID
	}
	p.Entries = p.entries(all)
	a.render(w, http.StatusOK, "journal", p)
	return nil
}

func (f *frame) entries(all []store.Entry) (entries []entry) {
	for _, e := range all {
		line := entry{Entry: e, When: f.Ago(e.Time), Changes: changes(e.Before, e.After)}
		if e.Action != "deleted" {
			switch e.Kind {
			case "incident":
				line.Link = "/admin/incidents/" + e.Subject
			case "maintenance":
				line.Link = "/admin/maintenance/" + e.Subject
			case "template":
				line.Link = "/admin/templates/" + e.Subject
			}
		}
		entries = append(entries, line)
	}
	return entries
}

// Verb is what was done.
func (e entry) Verb() string { return e.Action + " the " + e.Kind }

// changes compares two documents field by field.
func changes(before, after []byte) (all []change) {
	was, is := fields(before), fields(after)
	names := slices.Collect(maps.Keys(is))
	for name := range was {
		if _, both := is[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if name == "updated" || name == "id" || bytes.Equal(was[name], is[name]) {
			continue
		}
		all = append(all, change{strings.ReplaceAll(name, "_", " "), readable(was[name]), readable(is[name])})
	}
	return all
}

func fields(document []byte) map[string]json.RawMessage {
	all := map[string]json.RawMessage{}
	if json.Unmarshal(document, &all) != nil {
		return nil // there is none, or it is no object
	}
	return all
}

// readable writes a value for people: texts as they are, all else as JSON.
func readable(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	var texts []string
	if json.Unmarshal(value, &texts) == nil {
		return strings.Join(texts, ", ")
	}
	var b bytes.Buffer
	if json.Indent(&b, value, "", "  ") != nil {
		return ""
	}
	return b.String()
}
