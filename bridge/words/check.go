// SPDX-License-Identifier: Apache-2.0

package words

import (
	"fmt"
	"time"
)

// Check tells what is wrong with a template: it is filled in, as text, for
// notifications of every kind, told in time and late.
func (w *Words) Check(tmpl string) error { return w.check(w.all.text, tmpl) }

// CheckHTML is Check for templates of HTML.
func (w *Words) CheckHTML(tmpl string) error { return w.check(w.all.html, tmpl) }

func (w *Words) check(fill func(string, Data) (string, error), tmpl string) error {
	late := w.With("Told late.", true)
	for _, s := range samples(time.Now()) {
		for _, d := range []Data{w.data(s.notification), late.data(s.notification)} {
			if _, err := fill(tmpl, d); err != nil {
				return fmt.Errorf("%w (filled in for %s)", err, s.name)
			}
		}
	}
	return nil
}

// checkDefaults tells what is wrong with the templates that channels use unless they
// are told otherwise, some of which the user may have replaced.
func (w *Words) checkDefaults() error {
	for _, tmpl := range []string{Title, Body, Short, Markdown, Public, Topic} {
		if err := w.Check(tmpl); err != nil {
			return err
		}
	}
	return w.CheckHTML(HTMLBody)
}
