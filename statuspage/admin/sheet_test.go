// SPDX-License-Identifier: Apache-2.0

package admin_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// A browser is one in which somebody works, without JavaScript.
type browser struct {
	t      testing.TB
	office *office
	client *http.Client
}

func (o *office) browser() *browser {
	jar, err := cookiejar.New(nil)
	require.NoError(o.t, err)
	return &browser{o.t, o, &http.Client{Jar: jar}}
}

// loggedIn returns a browser in which the user is logged in.
func (o *office) loggedIn(user, password string) *browser {
	b := o.browser()
	at := b.get("/admin/login").submit("/admin/login", "user", user, "password", password)
	require.Equal(o.t, "/admin/", at.path)
	return b
}

// A sheet is a page in the browser.
type sheet struct {
	t       testing.TB
	browser *browser
	code    int
	path    string // where redirects ended
	query   url.Values
	header  http.Header
	body    string
	root    *html.Node
}

func (b *browser) do(r *http.Request) *sheet {
	b.t.Helper()
	answer, err := b.client.Do(r)
	require.NoError(b.t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(b.t, err)
	root, err := html.Parse(strings.NewReader(string(body)))
	require.NoError(b.t, err)
	at := answer.Request.URL
	return &sheet{b.t, b, answer.StatusCode, at.Path, at.Query(), answer.Header, string(body), root}
}

func (b *browser) get(path string) *sheet {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.office.web.URL+path, nil)
	require.NoError(b.t, err)
	return b.do(r)
}

func (b *browser) post(path string, form url.Values) *sheet {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.office.web.URL+path, strings.NewReader(form.Encode()))
	require.NoError(b.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

func attribute(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

// find returns the elements of the name of which an attribute has the value.
func (s *sheet) find(root *html.Node, name, key, value string) (all []*html.Node) {
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || name != "" && n.Data != name {
			continue
		}
		if got, there := attribute(n, key); key == "" || there && got == value {
			all = append(all, n)
		}
	}
	return all
}

// text returns what can be read below a node.
func text(n *html.Node) string {
	var words []string
	for d := range n.Descendants() {
		if d.Type == html.TextNode && d.Parent.Data != "style" && d.Parent.Data != "script" {
			words = append(words, strings.Fields(d.Data)...)
		}
	}
	return strings.Join(words, " ")
}

func (s *sheet) text() string { return text(s.root) }

// fault returns what the page says is wrong with a field.
func (s *sheet) fault(field string) string {
	s.t.Helper()
	said := s.find(s.root, "p", "id", field+"-fault")
	if len(said) == 0 {
		return ""
	}
	return text(said[0])
}

// form returns what a browser would send of the form with the action.
func (s *sheet) form(action string) url.Values {
	s.t.Helper()
	for _, f := range s.find(s.root, "form", "method", "post") {
		to, given := attribute(f, "action")
		if given && to == action || !given && s.path == action {
			return fields(f)
		}
	}
	s.t.Fatalf("no form for %s in %s", action, s.body)
	return nil
}

func fields(form *html.Node) url.Values {
	values := url.Values{}
	for n := range form.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		name, named := attribute(n, "name")
		value, _ := attribute(n, "value")
		_, checked := attribute(n, "checked")
		kind, _ := attribute(n, "type")
		switch {
		case !named:
		case n.Data == "textarea":
			var raw strings.Builder
			for d := range n.Descendants() {
				raw.WriteString(d.Data)
			}
			values.Set(name, strings.ReplaceAll(raw.String(), "\n", "\r\n"))
		case n.Data == "select":
			for option := range n.Descendants() {
				v, _ := attribute(option, "value")
				if _, selected := attribute(option, "selected"); selected || option.Data == "option" && !values.Has(name) {
					values.Set(name, v)
				}
			}
		case n.Data == "input" && (checked || kind != "radio" && kind != "checkbox"):
			values.Add(name, value)
		}
	}
	return values
}

// submit sends the form with the action after some of its fields were filled in:
// pairs of name and value; a name more than once has several values.
func (s *sheet) submit(action string, pairs ...string) *sheet {
	s.t.Helper()
	form := s.form(action)
	for i := 0; i < len(pairs); i += 2 {
		form.Del(pairs[i])
	}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return s.browser.post(action, form)
}

// requireCode checks the code of the answer, and shows the page if it is another one.
func (s *sheet) requireCode(code int) *sheet {
	s.t.Helper()
	require.Equal(s.t, code, s.code, s.text())
	return s
}

func (s *sheet) requireText(texts ...string) *sheet {
	s.t.Helper()
	for _, text := range texts {
		require.Contains(s.t, s.text(), text)
	}
	return s
}
