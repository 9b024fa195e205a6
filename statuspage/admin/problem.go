// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/store"
)

// A problem is a page that says why something was not done. It is an error, too.
type problem struct {
	Code        int
	Title, Text string
}

func (p problem) Error() string { return p.Title }

var errNothing = problem{Code: http.StatusNotFound, Title: "There is no such page", Text: "It may have been deleted meanwhile. The journal tells who changed what."}

// problemPage is what problem.html shows.
type problemPage struct {
	frame
	Problem problem
	Resume  *resume // what could be sent again
}

// What is said where a change was not made because the store is away.
const awayText = "The store is away, so nothing was changed. What you typed is kept: send it again in a moment."

func (a *Admin) problem(w http.ResponseWriter, v *visit, p problem) {
	a.render(w, p.Code, "problem", &problemPage{frame: a.frame(v, p.Title, ""), Problem: p})
}

// resume shows why a form could not be taken, and lets it be sent again.
func (a *Admin) resume(w http.ResponseWriter, r *http.Request, v *visit, code int, title, text string) {
	a.renderResume(w, v, code, title, text, resumeOf(r))
}

func (a *Admin) renderResume(w http.ResponseWriter, v *visit, code int, title, text string, keep *resume) {
	a.render(w, code, "problem", &problemPage{
		frame: a.frame(v, title, ""), Problem: problem{Code: code, Title: title, Text: text}, Resume: keep,
	})
}

// fail is the one place where errors become pages. What the operator can't mend is
// logged, and only named.
func (a *Admin) fail(w http.ResponseWriter, r *http.Request, v *visit, err error) {
	var known problem
	var invalid desk.Invalid
	switch {
	case errors.As(err, &known):
		a.problem(w, v, known)
	case errors.Is(err, desk.ErrNotFound):
		a.problem(w, v, errNothing)
	case errors.As(err, &invalid):
		var said []string
		for _, f := range invalid {
			said = append(said, f.Problem)
		}
		a.problem(w, v, problem{Code: http.StatusUnprocessableEntity, Title: "That can’t be done", Text: sentence(strings.Join(said, "; "))})
	case errors.Is(err, desk.ErrConflict):
		a.problem(w, v, problem{Code: http.StatusConflict, Title: "That can’t be done now", Text: sentence(err.Error())})
	case errors.Is(err, store.ErrAway):
		w.Header().Set("Retry-After", "30")
		if r.Method == http.MethodPost && v.user != "" {
			a.resume(w, r, v, http.StatusServiceUnavailable, "The store is away", awayText)
			return
		}
		a.problem(w, v, problem{Code: http.StatusServiceUnavailable, Title: "The store is away", Text: "This can’t be read at the moment. Try again soon."})
	case errors.Is(err, context.Canceled):
		// They have gone.
	default:
		a.Logger.Error("a request of an operator failed", "path", r.URL.Path, "err", err)
		a.problem(w, v, problem{Code: http.StatusInternalServerError, Title: "That did not work", Text: "The log of the status page says why."})
	}
}

func (a *Admin) nothing(http.ResponseWriter, *http.Request, *visit) error { return errNothing }

// sentence makes what a program says one.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + strings.TrimSuffix(text[1:], ".") + "."
}
