// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"slices"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
)

// Words of the parameter state.
const (
	stateOpen     = "open"
	stateResolved = "resolved"
	stateDraft    = "draft"
	statePlanned  = "planned"
	stateOver     = "over"
)

func (h *handler) incidents(w http.ResponseWriter, r *http.Request) (reply, error) {
	q, err := readQuery(r, map[string][]string{"state": {stateOpen, stateResolved, stateDraft}})
	if err != nil {
		return reply{}, err
	}
	all, err := h.Desk.Incidents(r.Context())
	if all, err = known(w, all, err); err != nil {
		return reply{}, err
	}
	all = slices.DeleteFunc(all, func(i statuspage.Incident) bool {
		switch q.words["state"] {
		case stateOpen:
			return !i.Open() || i.Draft
		case stateResolved:
			return i.Open() || i.Draft
		case stateDraft:
			return !i.Draft
		}
		return false
	})
	part, next := cut(q, all, func(i statuspage.Incident) string { return i.ID })
	return reply{body: struct {
		Incidents []statuspage.Incident `json:"incidents"`
		Next      string                `json:"next,omitempty"`
	}{part, next}}, nil
}

func (h *handler) incident(w http.ResponseWriter, r *http.Request) (reply, error) {
	i, err := h.Desk.Incident(r.Context(), r.PathValue("id"))
	if i.ID != "" {
		i, err = known(w, i, err)
	}
	return reply{body: i}, err
}

func (h *handler) openIncident(w http.ResponseWriter, r *http.Request) (reply, error) {
	var in desk.IncidentInput
	who, err := begin(w, r, &in)
	if err != nil {
		return reply{}, err
	}
	i, err := h.Desk.OpenIncident(r.Context(), who, in)
	return reply{i, http.StatusCreated, v1 + "/incidents/" + i.ID}, err
}

func (h *handler) changeIncident(w http.ResponseWriter, r *http.Request) (reply, error) {
	var in desk.IncidentInput
	who, err := begin(w, r, &in)
	if err != nil {
		return reply{}, err
	}
	i, err := h.Desk.ChangeIncident(r.Context(), who, r.PathValue("id"), in)
	return reply{body: i}, err
}

func (h *handler) deleteIncident(_ http.ResponseWriter, r *http.Request) (reply, error) {
	return remove(r, h.Desk.DeleteIncident)
}

func (h *handler) updateIncident(w http.ResponseWriter, r *http.Request) (reply, error) {
	var in desk.UpdateInput
	who, err := begin(w, r, &in)
	if err != nil {
		return reply{}, err
	}
	i, err := h.Desk.UpdateIncident(r.Context(), who, r.PathValue("id"), in)
	return reply{body: i, code: http.StatusCreated}, err
}

func (h *handler) editUpdate(w http.ResponseWriter, r *http.Request) (reply, error) {
	var in desk.UpdateInput
	who, err := begin(w, r, &in)
	if err != nil {
		return reply{}, err
	}
	i, err := h.Desk.EditUpdate(r.Context(), who, r.PathValue("id"), r.PathValue("update"), in)
	return reply{body: i}, err
}

func (h *handler) deleteUpdate(_ http.ResponseWriter, r *http.Request) (reply, error) {
	who, err := author(r)
	if err != nil {
		return reply{}, err
	}
	i, err := h.Desk.DeleteUpdate(r.Context(), who, r.PathValue("id"), r.PathValue("update"))
	return reply{body: i}, err
}
