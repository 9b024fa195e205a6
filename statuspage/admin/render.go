// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"sync"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/markdown"
	"github.com/pharos-status/pharos/statuspage/store"
)

//go:embed templates/*.html assets/*
var files embed.FS

// A look is the templates, and what each page carries within.
type look struct {
	pages         map[string]*template.Template
	style         template.CSS
	script        template.JS
	contentPolicy string
}

// looks is made at the first use.
var looks = sync.OnceValue(func() *look { //nolint:gochecknoglobals // made once, never changed
	style, script := asset("assets/admin.css"), asset("assets/admin.js")
	l := &look{
		pages: map[string]*template.Template{}, style: template.CSS(style), script: template.JS(script), //nolint:gosec // our own
		contentPolicy: "default-src 'none'; script-src " + hashOf(script) + "; style-src " + hashOf(style) +
			"; img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	}
	shared := template.Must(template.New("").Funcs(template.FuncMap{"markdown": markdown.HTML}).
		ParseFS(files, "templates/layout.html", "templates/fields.html", "templates/parts.html"))
	entries, err := files.ReadDir("templates")
	if err != nil {
		panic(err) // embedded: does not happen
	}
	for _, entry := range entries {
		l.pages[entry.Name()] = template.Must(template.Must(shared.Clone()).ParseFS(files, "templates/"+entry.Name()))
	}
	return l
})

func asset(name string) string {
	body, err := files.ReadFile(name)
	if err != nil {
		panic(err) // embedded: does not happen
	}
	return string(body)
}

func hashOf(inline string) string {
	sum := sha256.Sum256([]byte(inline))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// contentPolicy lets a page run and load what is in it, and nothing else.
func contentPolicy() string { return looks().contentPolicy }

// A frame is what is around every page, and what its templates call.
type frame struct {
	Title    string
	Section  string // of the navigation: "incidents"
	Brand    string
	PageURL  string // of the public page, without a slash at the end; "" if it is not known
	Operator string // "" if nobody is logged in
	Proxied  bool
	FormKey  string // what forms carry
	Done     string // what has just been done
	ReadOnly bool   // the store is away
	Wide     bool   // the page has two columns

	admin  *Admin
	layout statuspage.Layout
}

func (a *Admin) frame(v *visit, title, section string) frame {
	brand := v.config.Brand()
	f := frame{
		Title: title, Section: section, Brand: brand.Title, PageURL: trimSlash(brand.URL),
		Operator: v.user, Proxied: v.proxied, admin: a, layout: a.Layout(),
	}
	if v.user != "" {
		f.FormKey = v.formToken()
	}
	return f
}

// Style and Script are inline: the policy of the page names their hashes.
func (f *frame) Style() template.CSS { return looks().style }

// Frame is for what a template hands on.
func (f *frame) Frame() *frame { return f }

// Script is the page's.
func (f *frame) Script() template.JS { return looks().script }

// render answers with a page. It is complete before anything is sent.
func (a *Admin) render(w http.ResponseWriter, code int, name string, data any) {
	var b bytes.Buffer
	if err := looks().pages[name+".html"].ExecuteTemplate(&b, name+".html", data); err != nil {
		a.Logger.Error("a page for operators could not be drawn", "page", name, "err", err)
		http.Error(w, "The page could not be drawn; the log says why.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	_, _ = w.Write(b.Bytes()) // whoever has gone needs no answer
}

// done sends the browser to a page that says what was done: a key of doneTexts.
func done(w http.ResponseWriter, r *http.Request, to, what string) {
	http.Redirect(w, r, to+"?done="+what, http.StatusSeeOther)
}

// doneTexts say what was done; nothing else that the address says is shown.
var doneTexts = map[string]string{
	"opened":    "The incident is open, and on the page.",
	"drafted":   "The draft is kept. Only operators see it.",
	"published": "The incident is published.",
	"updated":   "The update is on the page.",
	"changed":   "The change is made.",
	"deleted":   "It is deleted. The journal keeps what it was.",
	"planned":   "The maintenance is planned.",
	"ended":     "The maintenance has ended.",
	"skipped":   "That date is called off.",
	"cancelled": "The maintenance is called off.",
	"announced": "The announcement is on the page.",
	"retracted": "The announcement is off the page.",
	"corrected": "The correction holds. The page shows it as soon as its figures are counted.",
	"withdrawn": "The correction is withdrawn: the page shows what was measured.",
	"saved":     "The template is kept.",
	"erased":    "The subscriber is erased, and so is the address in the journal.",
}

// know notes that what was read is what was known before the store went away. It
// returns any other error.
func (f *frame) know(err error) error {
	if errors.Is(err, store.ErrAway) {
		f.ReadOnly = true
		return nil
	}
	return err
}

// newFrame is the frame of a page that an operator asked for.
func (a *Admin) newFrame(r *http.Request, v *visit, title, section string) frame {
	f := a.frame(v, title, section)
	f.Done = doneTexts[r.URL.Query().Get("done")]
	return f
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
