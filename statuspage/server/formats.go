// SPDX-License-Identifier: Apache-2.0

package server

import (
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/format"
	"github.com/pharos-status/pharos/statuspage/view"
)

// formats returns the routes of programs. Scripts of other sites may read them.
func formats() routes {
	all := routes{}
	for path, f := range map[string]struct {
		draw        format.Func
		contentType string
	}{
		"/status/text":   {format.Text, typeText},
		"/status/report": {format.Report, typeJSON},
		"/badge/icon":    {format.BadgeIcon, typeSVG},
		"/badge/color":   {format.BadgeColor, typeSVG},
		"/index.md":      {format.Markdown, typeMarkdown},
		"/llms.txt":      {format.LLMs, typeText},
		"/og.png":        {format.OpenGraph, typePNG},
		"/robots.txt":    {format.Robots, typeText},
		"/sitemap.xml":   {format.Sitemap, typeXML},

		"/api/v2/status.json":                          {format.StatusJSON, typeJSON},
		"/api/v2/summary.json":                         {format.SummaryJSON, typeJSON},
		"/api/v2/components.json":                      {format.ComponentsJSON, typeJSON},
		"/api/v2/incidents.json":                       {format.IncidentsJSON, typeJSON},
		"/api/v2/incidents/unresolved.json":            {format.UnresolvedJSON, typeJSON},
		"/api/v2/scheduled-maintenances.json":          {format.MaintenancesJSON(format.All), typeJSON},
		"/api/v2/scheduled-maintenances/upcoming.json": {format.MaintenancesJSON(format.Upcoming), typeJSON},
		"/api/v2/scheduled-maintenances/active.json":   {format.MaintenancesJSON(format.Active), typeJSON},
	} {
		all[path] = &route{draw: formatted(f.draw), contentType: f.contentType, anyOrigin: true}
	}
	for path, f := range map[string]struct {
		draw        format.Func
		contentType string
	}{
		"/feed.atom":       {format.Atom, typeAtom},
		"/feed.rss":        {format.RSS, typeRSS},
		"/feed.json":       {format.JSONFeed, typeFeed},
		"/maintenance.ics": {format.Calendar, typeCalendar},
	} {
		all[path] = &route{draw: formatted(f.draw), vary: feed(f.draw), contentType: f.contentType, anyOrigin: true}
	}
	all["/favicon.ico"] = &route{draw: icon, contentType: typeSVG, anyOrigin: true}
	all["/embed.js"] = &route{
		draw:        func(w io.Writer, d *drawing) error { return format.EmbedScript(d.face.embed)(w, d.page, d.format()) },
		contentType: typeJavaScript, anyOrigin: true,
	}
	all["/badge.svg"] = badgeRoute(format.Badge(statuspage.Ref{}, format.Flat))
	all["/badge.svg"].vary = func(q url.Values) (drawFunc, string) {
		kind := kindOf(q)
		return formatted(format.Badge(statuspage.Ref{}, kind)), string(kind)
	}
	return all
}

// icon draws what browsers ask for of themselves.
func icon(w io.Writer, _ *drawing) error {
	for _, a := range view.Assets() {
		if a.ContentType == typeSVG {
			_, err := w.Write(a.Body)
			return err
		}
	}
	return view.ErrNotThere
}

// formatted makes something to draw of a format.
func formatted(f format.Func) drawFunc {
	return func(w io.Writer, d *drawing) error { return f(w, d.page, d.format()) }
}

// feed returns what a query makes of a feed: major=true, service=ID.
func feed(f format.Func) func(q url.Values) (drawFunc, string) {
	return func(q url.Values) (drawFunc, string) {
		major, _ := strconv.ParseBool(q.Get("major")) // anything else is no
		service := q.Get("service")
		if !major && service == "" {
			return nil, ""
		}
		draw := func(w io.Writer, d *drawing) error {
			if service != "" && !slices.ContainsFunc(d.page.Services, func(s statuspage.Service) bool { return s.ID == service }) {
				return format.ErrNotThere
			}
			o := d.format()
			o.Major, o.Service = major, service
			return f(w, d.page, o)
		}
		return draw, "major=" + strconv.FormatBool(major) + "&service=" + service
	}
}

// kindOf returns the kind of badge that a query names, else the usual one.
func kindOf(q url.Values) format.BadgeKind {
	kind := format.BadgeKind(q.Get("style"))
	if slices.Contains(format.BadgeKinds(), kind) {
		return kind
	}
	return format.BadgeKinds()[0]
}

// badge returns the badge of a component: of {service}.svg, {service}/{node}.svg, or
// with /uptime.svg behind either name, that of its uptime. Path is percent-encoded in
// one way, parts are what it holds below /badge/.
func badge(path string, parts []string, q url.Values) (target, bool) {
	last := len(parts) - 1
	if last < 0 || last > 2 {
		return target{}, false
	}
	name, ok := strings.CutSuffix(parts[last], ".svg")
	if !ok || name == "" {
		return target{}, false
	}
	kind := kindOf(q)
	if last > 0 && name == "uptime" {
		days, ok := daysOf(q)
		if !ok {
			return target{}, false
		}
		return target{
			badgeRoute(format.UptimeBadge(refOf(parts[:last]), days, kind)),
			path + "?" + string(kind) + "&days=" + strconv.Itoa(days),
		}, true
	}
	if last > 1 {
		return target{}, false
	}
	parts = append(slices.Clone(parts[:last]), name)
	return target{badgeRoute(format.Badge(refOf(parts), kind)), path + "?" + string(kind)}, true
}

// daysOf returns how many days a query wants, all if it doesn't say.
func daysOf(q url.Values) (days int, ok bool) {
	if !q.Has("days") {
		return format.MaxBadgeDays, true
	}
	days, err := strconv.Atoi(q.Get("days"))
	return days, err == nil
}

func refOf(parts []string) statuspage.Ref {
	r := statuspage.Ref{Service: parts[0]}
	if len(parts) > 1 {
		r.Node = parts[1]
	}
	return r
}

func badgeRoute(f format.Func) *route {
	return &route{draw: formatted(f), contentType: typeSVG, anyOrigin: true}
}
