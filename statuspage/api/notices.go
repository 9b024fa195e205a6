// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
)

// begin reads who calls, and the body.
func begin(w http.ResponseWriter, r *http.Request, in any) (who string, err error) {
	if who, err = author(r); err != nil {
		return "", err
	}
	return who, read(w, r, in)
}

// remove does away with what the path names.
func remove(r *http.Request, do func(ctx context.Context, author, id string) error) (reply, error) {
	who, err := author(r)
	if err != nil {
		return reply{}, err
	}
	return reply{}, do(r.Context(), who, r.PathValue("id"))
}

// A listing is the body of a list that is answered whole: there are few of them.
func listing[T any](w http.ResponseWriter, r *http.Request, name string, list func(context.Context) ([]T, error)) (reply, error) {
	if err := noQuery(r); err != nil {
		return reply{}, err
	}
	all, err := list(r.Context())
	if all, err = known(w, all, err); err != nil {
		return reply{}, err
	}
	return reply{body: map[string][]T{name: append([]T{}, all...)}}, nil
}

func (h *handler) announcements(w http.ResponseWriter, r *http.Request) (reply, error) {
	return listing(w, r, "announcements", h.Desk.Announcements)
}

func (h *handler) announce(w http.ResponseWriter, r *http.Request) (reply, error) {
	var in desk.AnnouncementInput
	who, err := begin(w, r, &in)
	if err != nil {
		return reply{}, err
	}
	a, err := h.Desk.Announce(r.Context(), who, in)
	return reply{body: a, code: http.StatusCreated}, err
}

func (h *handler) retract(_ http.ResponseWriter, r *http.Request) (reply, error) {
	return remove(r, h.Desk.Retract)
}

func (h *handler) corrections(w http.ResponseWriter, r *http.Request) (reply, error) {
	return listing(w, r, "corrections", h.Desk.Corrections)
}

func (h *handler) correct(w http.ResponseWriter, r *http.Request) (reply, error) {
	var in desk.CorrectionInput
	who, err := begin(w, r, &in)
	if err != nil {
		return reply{}, err
	}
	c, err := h.Desk.Correct(r.Context(), who, in)
	return reply{body: c, code: http.StatusCreated}, err
}

func (h *handler) withdrawCorrection(_ http.ResponseWriter, r *http.Request) (reply, error) {
	return remove(r, h.Desk.WithdrawCorrection)
}

// A templateInput is a whole template.
type templateInput struct {
	Name       *string            `json:"name"`
	Title      *string            `json:"title"`
	Impact     *statuspage.Impact `json:"impact"`
	Phase      *statuspage.Phase  `json:"phase"`
	Text       *string            `json:"text"`
	Components *[]string          `json:"components"`
}

func (h *handler) templates(_ http.ResponseWriter, r *http.Request) (reply, error) {
	if err := noQuery(r); err != nil {
		return reply{}, err
	}
	all, err := h.Desk.Templates(r.Context())
	return reply{body: map[string][]statuspage.Template{"templates": append([]statuspage.Template{}, all...)}}, err
}

func (h *handler) addTemplate(w http.ResponseWriter, r *http.Request) (reply, error) {
	a, err := h.putTemplate(w, r, "")
	a.code = http.StatusCreated
	return a, err
}

func (h *handler) replaceTemplate(w http.ResponseWriter, r *http.Request) (reply, error) {
	return h.putTemplate(w, r, r.PathValue("id"))
}

func (h *handler) putTemplate(w http.ResponseWriter, r *http.Request, id string) (reply, error) {
	var in templateInput
	who, err := begin(w, r, &in)
	if err != nil {
		return reply{}, err
	}
	t := statuspage.Template{
		ID: id, Name: value(in.Name), Title: value(in.Title), Text: value(in.Text), Impact: value(in.Impact), Phase: value(in.Phase),
	}
	for i, text := range value(in.Components) {
		ref, err := statuspage.ParseRef(text)
		if err != nil {
			return reply{}, desk.Invalid{{Field: fmt.Sprintf("components[%d]", i), Problem: fmt.Sprintf(`is %q; write "service" or "service/node"`, short(text))}}
		}
		t.Components = append(t.Components, ref)
	}
	t, err = h.Desk.PutTemplate(r.Context(), who, t)
	return reply{body: t}, err
}

func (h *handler) deleteTemplate(_ http.ResponseWriter, r *http.Request) (reply, error) {
	return remove(r, h.Desk.DeleteTemplate)
}

// value returns what p points at, and nothing if it is nil.
func value[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}
