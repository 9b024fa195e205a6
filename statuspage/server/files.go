// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"html"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/format"
	"github.com/pharos-status/pharos/statuspage/view"
)

// drawFiles draws everything that can be served without a server, by the name of its
// file: in the language of the page, or in English.
func drawFiles(s *site) (map[string][]byte, error) {
	paths := []string{}
	for p := range s.studio.routes {
		paths = append(paths, p)
	}
	for _, month := range view.Months(s.page) {
		paths = append(paths, view.MonthPath(month))
	}
	for _, in := range s.page.Incidents {
		paths = append(paths, view.IncidentPath(in.ID))
	}
	for _, m := range s.page.Maintenances {
		paths = append(paths, view.MaintenancePath(m.ID))
	}
	badges := map[string]*route{}
	for _, one := range s.page.Services {
		paths = append(paths, view.ServicePath(one.ID))
		for _, feed := range []string{"/feed.atom", "/feed.rss", "/feed.json", "/maintenance.ics"} {
			paths = append(paths, feed+"?service="+url.QueryEscape(one.ID))
		}
		addBadges(badges, one.ID, "")
		for _, n := range one.Nodes {
			addBadges(badges, one.ID, n.ID)
		}
	}
	files := map[string][]byte{}
	for _, a := range view.Assets() {
		files[strings.TrimPrefix(a.Path, "/")] = a.Body
	}
	for _, p := range paths {
		name, query, _ := strings.Cut(p, "?")
		t, ok := s.studio.routes.find(name, query)
		if !ok {
			continue
		}
		if err := drawFile(files, s, fileOf(p), t.route); err != nil {
			return nil, err
		}
	}
	if err := drawUnknown(files, s); err != nil {
		return nil, err
	}
	for name, r := range badges {
		if err := drawFile(files, s, name, r); err != nil {
			return nil, err
		}
	}
	return files, drawFile(files, s, notFoundFile, s.studio.notFound)
}

// unknownFile stands beside each page that tells how things are. Its script shows this
// in place of it once the copy is too old: whoever makes copies may have stopped.
const unknownFile = "unknown.html"

// drawUnknown draws the pages for a copy that is too old.
func drawUnknown(files map[string][]byte, s *site) error {
	old := *s
	old.page, old.until = s.unknown(), time.Time{}
	pages := []string{"/"}
	for _, one := range s.page.Services {
		pages = append(pages, view.ServicePath(one.ID))
	}
	for _, p := range pages {
		t, _ := s.studio.routes.find(p, "")
		if err := drawFile(files, &old, path.Join(path.Dir(fileOf(p)), unknownFile), t.route); err != nil {
			return err
		}
	}
	return nil
}

// ages tells whether a page is another one once its data is old.
func ages(name string) bool {
	folder, file := path.Split(name)
	return file == "index.html" && (folder == "" || strings.HasPrefix(folder, "services/"))
}

// notFoundFile is what hosts show for a path of which there is no file.
const notFoundFile = "404.html"

// withoutClashes takes out the files of which the name needs a folder where another
// file is: a service can be called as Vigil's badges are. It returns their names.
func withoutClashes(files map[string][]byte) []string {
	var clashes []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		for folder := path.Dir(name); folder != "."; folder = path.Dir(folder) {
			if _, taken := files[folder]; taken {
				delete(files, name)
				clashes = append(clashes, name)
				break
			}
		}
	}
	return clashes
}

// addBadges adds the routes of the badges of a component. As with a server, the uptime
// of a service goes before a node that is called so.
func addBadges(all map[string]*route, service, node string) {
	parts := []string{service}
	name := "badge/" + fileName(service)
	if node != "" {
		parts, name = append(parts, node), name+"/"+fileName(node)
	}
	ref := refOf(parts)
	if all[name+".svg"] == nil {
		all[name+".svg"] = badgeRoute(format.Badge(ref, format.Flat))
	}
	all[name+"/uptime.svg"] = badgeRoute(format.UptimeBadge(ref, format.MaxBadgeDays, format.Flat))
}

func drawFile(files map[string][]byte, s *site, name string, r *route) error {
	d := s.drawing(cmp.Or(s.face.language, defaultLanguage), false)
	d.view.Live, d.view.Subscribe, d.view.Languages = false, view.Subscribe{}, nil
	d.static = true
	d.view.Link = func(to string) string { return relative(name, to) }
	if name == notFoundFile { // which is shown at any depth
		d.view.Link = func(to string) string { return rooted(s.page.Brand.URL, to) }
	}
	if ages(name) {
		d.view.Until, d.view.Unknown = s.until, unknownFile
	}
	var b bytes.Buffer
	switch err := r.draw(&b, d); {
	case errors.Is(err, view.ErrNotThere), errors.Is(err, format.ErrNotThere):
		return nil // a month or a badge of which there is nothing to tell
	case err != nil:
		return fmt.Errorf("draw %s: %w", name, err)
	}
	files[name] = b.Bytes()
	if r.contentType == typeHTML {
		files[name] = withPolicy(b.Bytes(), s.face.brand)
	}
	return nil
}

// withPolicy puts the Content-Security-Policy into a page that comes without headers.
func withPolicy(page []byte, b statuspage.Brand) []byte {
	const first = `<meta charset="utf-8">` + "\n"
	return bytes.Replace(page, []byte(first), []byte(first+`<meta http-equiv="Content-Security-Policy" content="`+html.EscapeString(policy(b))+`">`+"\n"), 1)
}

// fileOf returns the name of the file of a path of the page, percent-encoded. A page is
// the index of a folder, so that hosts find it at the path that it has with a server. Of what a
// query may choose there are files of the feeds of a service, and of nothing else.
func fileOf(to string) string {
	urlPath, query, _ := strings.Cut(to, "?")
	if q, _ := url.ParseQuery(query); q.Get("service") != "" {
		return "services/" + fileName(q.Get("service")) + path.Ext(urlPath)
	}
	if urlPath == "/" {
		return "index.html"
	}
	parts := strings.Split(strings.TrimPrefix(urlPath, "/"), "/")
	for i, part := range parts {
		parts[i] = fileName(unescaped(part))
	}
	name := strings.Join(parts, "/")
	switch parts[0] {
	case "history", "incidents", "maintenance", "services", "subscribe":
		return name + "/index.html"
	}
	return name
}

// relative returns what a link in a file holds that leads to a path of the page.
func relative(from, to string) string {
	return linked(strings.Repeat("../", strings.Count(path.Clean(from), "/")), to)
}

// rooted returns what a link holds that leads to a path of the page from wherever, if
// the files are where the page is said to be.
func rooted(pageURL, to string) string {
	root := "/"
	if u, err := url.Parse(pageURL); err == nil {
		root = strings.TrimRight(u.EscapedPath(), "/") + "/"
	}
	return linked(root, to)
}

func linked(folder, to string) string {
	to, anchor, _ := strings.Cut(to, "#")
	if !strings.HasPrefix(to, "/") {
		return to
	}
	name := folder + fileOf(to)
	if anchor != "" {
		name += "#" + anchor
	}
	return name
}

// fileName returns a name of one file for any text, the same for the same text, and
// another one for another text: letters, digits and a few more stay, the rest is
// written in hexadecimal behind a tilde.
func fileName(text string) string {
	text = status.Shorten(text)
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		plain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' && i > 0
		if plain {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "~%02X", c)
		}
	}
	return b.String()
}

func unescaped(part string) string {
	if text, err := url.PathUnescape(part); err == nil {
		return text
	}
	return part
}
