// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"net/http"
)

// previewText answers with the HTML of a Markdown text, for the script of the forms.
func (a *Admin) previewText(w http.ResponseWriter, r *http.Request, _ *visit) error {
	a.render(w, http.StatusOK, "preview-text", r.PostForm.Get("text"))
	return nil
}

// previewDates answers with the dates of the form of a maintenance.
func (a *Admin) previewDates(w http.ResponseWriter, r *http.Request, v *visit) error {
	f := a.frame(v, "", "")
	a.render(w, http.StatusOK, "preview-dates", f.preview(typed(r)))
	return nil
}
