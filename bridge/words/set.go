// SPDX-License-Identifier: Apache-2.0

package words

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"path/filepath"
	"strings"
	texttemplate "text/template"

	"github.com/prometheus/alertmanager/template"
)

//go:embed templates/*.tmpl
var files embed.FS

// maxOutput is how many bytes a template may write.
const maxOutput = 64 << 10

// errTooLong is returned of a template that writes more.
var errTooLong = errors.New("the text is longer than 64 KiB")

// A set holds templates by name, once for text and once for HTML, with Alertmanager's
// own and its functions. They are never executed themselves, but in copies.
type set struct {
	asText *texttemplate.Template
	asHTML *htmltemplate.Template
}

// parse returns the default templates, and what files have besides or instead.
func parse(patterns []string) (*set, error) {
	s := &set{}
	t, err := template.FromGlobs(nil, func(text *texttemplate.Template, html *htmltemplate.Template) {
		ours := map[string]any{"duration": duration, "lasted": lasted, "shorten": shorten, "known": known, "besides": besides}
		s.asText, s.asHTML = text.Funcs(ours), html.Funcs(ours)
	})
	if err != nil {
		return nil, fmt.Errorf("read Alertmanager's templates: %w", err)
	}
	defaults, err := files.ReadFile("templates/bridge.tmpl")
	if err != nil {
		return nil, err
	}
	if err := t.Parse(bytes.NewReader(defaults)); err != nil {
		return nil, fmt.Errorf("read the default templates: %w", err)
	}
	for _, pattern := range patterns {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return nil, fmt.Errorf("templates %q: %w", pattern, err)
		}
		if len(found) == 0 && !strings.ContainsAny(pattern, `*?[\`) {
			return nil, fmt.Errorf("templates: there is no file %s", pattern)
		}
		if err := t.FromGlob(pattern); err != nil {
			return nil, readable(err)
		}
	}
	return s, nil
}

// text fills in a template as text. What was written comes with errTooLong, too.
func (s *set) text(tmpl string, d Data) (string, error) {
	return fill(func(out io.Writer) error {
		t, err := s.asText.Clone()
		if err != nil {
			return err
		}
		t, err = t.New("").Option("missingkey=zero").Funcs(texttemplate.FuncMap{"routeLabels": d.routeLabel}).Parse(tmpl)
		if err != nil {
			return err
		}
		return t.Execute(out, d)
	})
}

// html fills in a template as HTML.
func (s *set) html(tmpl string, d Data) (string, error) {
	return fill(func(out io.Writer) error {
		t, err := s.asHTML.Clone()
		if err != nil {
			return err
		}
		t, err = t.New("").Option("missingkey=zero").Funcs(htmltemplate.FuncMap{"routeLabels": d.routeLabel}).Parse(tmpl)
		if err != nil {
			return err
		}
		return t.Execute(out, d)
	})
}

// fill returns what is written, in valid UTF-8. A panic is an error of the template.
func fill(write func(io.Writer) error) (text string, err error) {
	out := &bounded{left: maxOutput}
	defer func() {
		if p := recover(); p != nil {
			text, err = "", fmt.Errorf("the template panicked: %v", p)
		}
	}()
	err = write(out)
	text = strings.ToValidUTF8(out.String(), "\uFFFD")
	if errors.Is(err, errTooLong) {
		return strings.TrimRight(text, "\uFFFD") + "…", errTooLong
	}
	return text, readable(err)
}

// A bounded writer keeps what fits, and refuses the rest, which ends the template.
type bounded struct {
	strings.Builder

	left int
}

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	if len(p) > b.left {
		n, _ := b.Builder.Write(p[:b.left])
		b.left = 0
		return n, errTooLong
	}
	b.left -= len(p)
	return b.Builder.Write(p)
}

// readable returns an error of the template packages without what means nothing to
// the author of a template.
func readable(err error) error {
	if err == nil {
		return nil
	}
	return &templateError{err}
}

type templateError struct{ err error }

// Error implements error.
func (e *templateError) Error() string {
	text := e.err.Error()
	for _, prefix := range []string{"html/template:", "template:", " ", `"" `, ":"} {
		text = strings.TrimPrefix(text, prefix)
	}
	text = strings.ReplaceAll(text, `executing "" at `, "at ")
	return "template: " + Cut(strings.TrimSpace(text), 500)
}

// Unwrap returns the cause.
func (e *templateError) Unwrap() error { return e.err }
