// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/store"
)

// A form is what was typed into one, and what is wrong with it. Fields have the names
// that the desk calls them by.
type form struct {
	url.Values
	faults  map[string][]string
	Trouble string // what is wrong with the whole
	Preview bool   // the operator asked how it will look
}

// errTyped is the error of a form of which the faults are known already.
var errTyped = errors.New("not what the field takes")

// newForm returns a form that is as yet as the program has filled it in, in pairs of
// name and value.
func newForm(pairs ...string) *form {
	f := &form{Values: url.Values{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Set(pairs[i], pairs[i+1])
	}
	return f
}

// typed returns the form as it was sent.
func typed(r *http.Request) *form {
	return &form{Values: r.PostForm, Preview: r.PostForm.Get("action") == "preview"}
}

// Chosen tells whether the value of the field is among those that were chosen.
func (f *form) Chosen(name, value string) bool { return slices.Contains(f.Values[name], value) }

// Faulty tells whether anything is wrong.
func (f *form) Faulty() bool { return len(f.faults) > 0 || f.Trouble != "" }

// Faults returns the fields that something is wrong with.
func (f *form) Faults() []string { return sortedKeys(f.faults) }

// Fault says what is wrong with a field that people know by a label, "" if nothing is.
func (f *form) Fault(name, label string) string {
	var said []string
	for _, problem := range f.faults[name] {
		said = append(said, sentence(label+" "+problem))
	}
	return strings.Join(said, " ")
}

func (f *form) fault(name, text string) {
	if f.faults == nil {
		f.faults = map[string][]string{}
	}
	f.faults[name] = append(f.faults[name], text)
}

// refused keeps why the desk refused what was typed, and returns the code to answer
// with; 0 if it is an error of another kind.
func (f *form) refused(err error) int {
	var invalid desk.Invalid
	switch {
	case errors.Is(err, errTyped):
		return http.StatusUnprocessableEntity
	case errors.As(err, &invalid):
		for _, fault := range invalid {
			name, _, _ := strings.Cut(fault.Field, "[") // of a list, the whole is marked
			f.fault(name, fault.Problem)
		}
		return http.StatusUnprocessableEntity
	case errors.Is(err, desk.ErrConflict):
		f.Trouble = sentence(err.Error())
		return http.StatusConflict
	case errors.Is(err, store.ErrAway):
		f.Trouble = awayText
		return http.StatusServiceUnavailable
	}
	return 0
}

// text returns what was typed.
func (f *form) text(name string) *string {
	v := strings.TrimSpace(f.Get(name))
	return &v
}

func (f *form) components() *[]string {
	all := append([]string{}, f.Values["components"]...)
	return &all
}

// flag returns whether a box was ticked.
func (f *form) flag(name string) *bool {
	v := f.Get(name) != ""
	return &v
}

// chosen returns the choice, nil if there was none.
func chosen[T ~string](f *form, name string) *T {
	v := T(f.Get(name))
	if v == "" {
		return nil
	}
	return &v
}

// clock is how a browser writes a time, in no zone.
const clock = "2006-01-02T15:04"

// when reads a time in a zone. It is nil if nothing was typed, or nothing that is a
// time, which is a fault.
func (f *form) when(name string, zone *time.Location) *time.Time {
	text := strings.TrimSpace(f.Get(name))
	if text == "" {
		return nil
	}
	for _, layout := range []string{clock, clock + ":05", "2006-01-02 15:04", "2006-01-02 15:04:05"} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			t = t.UTC()
			return &t
		}
	}
	f.fault(name, "is no date and time; write one such as 2026-11-03 14:05")
	return nil
}

// changed returns nil where what was typed is still what it was, so that a change
// touches only what the operator has touched.
func changed[T any](now *T, was string, typed string) *T {
	if strings.TrimSpace(typed) == was {
		return nil
	}
	return now
}

// clockOf writes a time as a field holds it.
func clockOf(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format(clock)
}

func (f *form) choose(refs []statuspage.Ref) *form {
	f.Del("components")
	for _, r := range refs {
		f.Add("components", r.String())
	}
	return f
}

// version is what a form carries of what it changes, to notice that somebody else has
// changed it meanwhile.
func version(updated time.Time) string { return updated.UTC().Format(time.RFC3339Nano) }

// overtaken tells whether somebody has changed meanwhile what the form changes, and
// says so in the form, once: sent again, it holds.
func (f *form) overtaken(updated time.Time) bool {
	if f.Get("version") == version(updated) {
		return false
	}
	f.Set("version", version(updated))
	f.Trouble = "Somebody has changed this since you opened the form. What you typed is kept below; look at what it is now, and send it again if it still holds."
	return true
}

// take answers an attempt of the form that ended with err: nil sends the operator on,
// what is wrong with the form shows it again. Other errors are returned.
func (f *form) take(w http.ResponseWriter, err error, onward func(), again func(code int) error) error {
	switch code := f.refused(err); {
	case err == nil:
		onward()
		return nil
	case code == 0:
		return err
	default:
		if code == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "30")
		}
		return again(code)
	}
}

// change answers a form that changes what is there: found is when that was changed
// last, err why it can't be had. Whoever has not seen it so is shown the form again;
// otherwise apply makes the change, if it is still as it was seen.
func (f *form) change(w http.ResponseWriter, r *http.Request, found time.Time, err error, apply func(ctx context.Context, seen *time.Time) error, onward func(), again func(code int) error) error {
	if err == nil && f.overtaken(found) {
		return again(http.StatusConflict)
	}
	if err == nil {
		err = apply(r.Context(), &found)
	}
	return f.take(w, err, onward, again)
}

func trimSlash(address string) string { return strings.TrimRight(address, "/") }
