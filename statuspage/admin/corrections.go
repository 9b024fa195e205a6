// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"net/http"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
)

// correctionsPage is what corrections.html shows.
type correctionsPage struct {
	frame
	All  []statuspage.Correction
	Form *form
}

// Statuses are what a correction can say that it was.
func (p *correctionsPage) Statuses() (all []option) {
	for _, s := range []status.Status{status.Healthy, status.Sick, status.Dead, status.Unknown} {
		all = append(all, option{Value: s.String(), Label: p.Status(s)})
	}
	return all
}

func (a *Admin) corrections(w http.ResponseWriter, r *http.Request, v *visit) error {
	return a.showCorrections(w, r, v, newForm("status", status.Healthy.String()), http.StatusOK)
}

func (a *Admin) showCorrections(w http.ResponseWriter, r *http.Request, v *visit, f *form, code int) error {
	p := &correctionsPage{frame: a.newFrame(r, v, "Corrections", "corrections"), Form: f}
	all, err := a.Desk.Corrections(r.Context())
	if err := p.know(err); err != nil {
		return err
	}
	p.All = all
	a.render(w, code, "corrections", p)
	return nil
}

func (a *Admin) correct(w http.ResponseWriter, r *http.Request, v *visit) error {
	f := typed(r)
	again := func(code int) error { return a.showCorrections(w, r, v, f, code) }
	if f.Preview {
		return again(http.StatusOK)
	}
	in := desk.CorrectionInput{
		Components: f.components(), From: f.when("from", utc()), To: f.when("to", utc()),
		Status: chosen[string](f, "status"), Reason: f.text("reason"),
	}
	err := error(nil)
	if f.Faulty() {
		err = errTyped
	} else {
		_, err = a.Desk.Correct(r.Context(), v.user, in)
	}
	return f.take(w, err, func() { done(w, r, "/admin/corrections", "corrected") }, again)
}

func (a *Admin) withdrawCorrection(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := a.Desk.WithdrawCorrection(r.Context(), v.user, r.PathValue("id")); err != nil {
		return err
	}
	done(w, r, "/admin/corrections", "withdrawn")
	return nil
}
