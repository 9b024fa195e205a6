// SPDX-License-Identifier: Apache-2.0

package view

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

//go:embed templates/*.html
var templateFiles embed.FS

// templates are parsed once, at the first use.
var templates = sync.OnceValue(func() *template.Template { //nolint:gochecknoglobals // parsed once
	return template.Must(template.New("").ParseFS(templateFiles, "templates/*.html"))
})

// HTML writes the page. It works without JavaScript; with it, the page keeps
// itself up to date.
func HTML(w io.Writer, p statuspage.Page) error { return execute(w, "page.html", document(p)) }

// NotFound writes the page for a path that there is not.
func NotFound(w io.Writer, p statuspage.Page) error {
	return execute(w, "notfound.html", document(statuspage.Page{Brand: p.Brand}))
}

// execute renders into a buffer first, so that an error leaves no half page.
func execute(w io.Writer, name string, d htmlDocument) error {
	var b bytes.Buffer
	if err := templates().ExecuteTemplate(&b, name, d); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	_, err := b.WriteTo(w)
	return err
}

// What the templates show, in the words and forms of HTML.
type (
	htmlDocument struct {
		Title, Company string
		Brand          statuspage.Brand
		Icon, IconType string
		CustomHTML     template.HTML // the operator's own
		Style, Script  string        // paths of assets

		Status        status.Status
		Sentence      string
		Problem       string
		Stale         bool
		Since, Age    template.HTML // the time of the data, and how long ago that is
		Announcements []htmlAnnouncement
		Services      []htmlService
		Legend        []htmlLegend
	}
	htmlAnnouncement struct {
		Anchor, Title, Text string
		Time                template.HTML
	}
	htmlService struct {
		Anchor, Label string
		Status        status.Status
		Word          string
		Nodes         []htmlNode
	}
	htmlNode struct {
		Anchor, Label      string
		Status             status.Status
		Word               string
		LinkURL, LinkLabel string
		Summary            string // of the replicas, in words
		Empty              string // why there are no replicas
		Replicas           []htmlReplica
	}
	htmlReplica struct {
		Square       template.HTML // its number, in the look of its status
		Word         string
		Reason, Name string
		Facts        string // latency and load
		LastSeen     template.HTML
	}
	htmlLegend struct {
		Status        status.Status
		Word, Meaning string
	}
)

func document(p statuspage.Page) htmlDocument {
	d := htmlDocument{
		Title: title(p), Company: p.Brand.CompanyName, Brand: p.Brand,
		Icon:       p.Brand.IconURL,
		CustomHTML: template.HTML(p.Brand.CustomHTML), //nolint:gosec // the operator's own, meant as it is
		Style:      assetPath("page.css"), Script: assetPath("page.js"),
		Status: p.Status, Sentence: sentence(p), Problem: string(p.Problem.Kind), Stale: p.Stale, Since: timeOf(p.AsOf, false), Age: timeOf(p.AsOf, true),
		Legend: legend(),
	}
	if d.Icon == "" {
		d.Icon, d.IconType = assetPath("icon.svg"), "image/svg+xml"
	}
	for _, a := range p.Announcements {
		d.Announcements = append(d.Announcements, htmlAnnouncement{anchor("announcement", a.ID), a.Title, a.Text, timeOf(a.Time, false)})
	}
	for _, s := range p.Services {
		d.Services = append(d.Services, serviceOf(s))
	}
	return d
}

func serviceOf(s statuspage.Service) htmlService {
	out := htmlService{Anchor: anchor("service", s.ID), Label: s.Label, Status: s.Status, Word: word(s.Status)}
	for _, n := range s.Nodes {
		node := htmlNode{
			Anchor: anchor("node", s.ID, n.ID), Label: n.Label, Status: n.Status, Word: word(n.Status),
			LinkURL: n.LinkURL, LinkLabel: n.LinkLabel,
			Summary: replicaSummary(n), Empty: whyEmpty(n), Replicas: make([]htmlReplica, 0, len(n.Replicas)),
		}
		if node.LinkLabel == "" {
			node.LinkLabel = "More about " + n.Label
		}
		for _, r := range n.Replicas {
			node.Replicas = append(node.Replicas, htmlReplica{
				Square: square(r), Word: word(r.Status), Reason: reason(r), Name: r.Name,
				Facts: facts(r), LastSeen: timeOf(r.LastSeen, true),
			})
		}
		out.Nodes = append(out.Nodes, node)
	}
	return out
}

func square(r statuspage.Replica) template.HTML {
	return template.HTML(`<i class="` + r.Status.String() + `">` + strconv.Itoa(r.Number) + `</i>`) //nolint:gosec // a word of ours and a number
}

// anchor makes an id of the parts that stays the same from one page to the next.
func anchor(parts ...string) string {
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return strings.Join(parts, "/")
}
