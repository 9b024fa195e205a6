// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
)

// occurrences is how many of a maintenance an answer holds.
const occurrences = 5

// A planned is a maintenance with the occurrence that is under way, and those to come.
type planned struct {
	statuspage.Maintenance
	Occurrences []statuspage.Cut `json:"occurrences"`
}

func (h *handler) planned(m statuspage.Maintenance) planned {
	return planned{m, append([]statuspage.Cut{}, h.Desk.Next(m, occurrences)...)}
}

func (h *handler) maintenances(w http.ResponseWriter, r *http.Request) (reply, error) {
	q, err := readQuery(r, map[string][]string{"state": {statePlanned, stateOver}})
	if err != nil {
		return reply{}, err
	}
	all, err := h.Desk.Maintenances(r.Context())
	if all, err = known(w, all, err); err != nil {
		return reply{}, err
	}
	if state := q.words["state"]; state != "" {
		all = slices.DeleteFunc(all, func(m statuspage.Maintenance) bool {
			return (len(h.Desk.Next(m, 1)) > 0) != (state == statePlanned)
		})
	}
	part, next := cut(q, all, func(m statuspage.Maintenance) string { return m.ID })
	out := make([]planned, len(part))
	for i, m := range part {
		out[i] = h.planned(m)
	}
	return reply{body: struct {
		Maintenance []planned `json:"maintenance"`
		Next        string    `json:"next,omitempty"`
	}{out, next}}, nil
}

func (h *handler) maintenance(w http.ResponseWriter, r *http.Request) (reply, error) {
	m, err := h.Desk.Maintenance(r.Context(), r.PathValue("id"))
	if m.ID != "" {
		m, err = known(w, m, err)
	}
	return h.oneMaintenance(m, err)
}

// oneMaintenance answers with what a change has made of one.
func (h *handler) oneMaintenance(m statuspage.Maintenance, err error) (reply, error) {
	if err != nil {
		return reply{}, err
	}
	return reply{body: h.planned(m)}, nil
}

func (h *handler) planMaintenance(w http.ResponseWriter, r *http.Request) (reply, error) {
	var in desk.MaintenanceInput
	who, err := begin(w, r, &in)
	if err != nil {
		return reply{}, err
	}
	m, err := h.Desk.PlanMaintenance(r.Context(), who, in)
	if err != nil {
		return reply{}, err
	}
	return reply{h.planned(m), http.StatusCreated, v1 + "/maintenance/" + m.ID}, nil
}

func (h *handler) changeMaintenance(w http.ResponseWriter, r *http.Request) (reply, error) {
	var in desk.MaintenanceInput
	who, err := begin(w, r, &in)
	if err != nil {
		return reply{}, err
	}
	return h.oneMaintenance(h.Desk.ChangeMaintenance(r.Context(), who, r.PathValue("id"), in))
}

func (h *handler) deleteMaintenance(_ http.ResponseWriter, r *http.Request) (reply, error) {
	return remove(r, h.Desk.DeleteMaintenance)
}

func (h *handler) updateMaintenance(w http.ResponseWriter, r *http.Request) (reply, error) {
	var in desk.UpdateInput
	who, err := begin(w, r, &in)
	if err != nil {
		return reply{}, err
	}
	a, err := h.oneMaintenance(h.Desk.UpdateMaintenance(r.Context(), who, r.PathValue("id"), in))
	a.code = http.StatusCreated
	return a, err
}

func (h *handler) editMaintenanceUpdate(w http.ResponseWriter, r *http.Request) (reply, error) {
	var in desk.UpdateInput
	who, err := begin(w, r, &in)
	if err != nil {
		return reply{}, err
	}
	return h.oneMaintenance(h.Desk.EditMaintenanceUpdate(r.Context(), who, r.PathValue("id"), r.PathValue("update"), in))
}

func (h *handler) deleteMaintenanceUpdate(_ http.ResponseWriter, r *http.Request) (reply, error) {
	return h.onMaintenance(r, func(ctx context.Context, author, id string) (statuspage.Maintenance, error) {
		return h.Desk.DeleteMaintenanceUpdate(ctx, author, id, r.PathValue("update"))
	})
}

func (h *handler) endMaintenance(_ http.ResponseWriter, r *http.Request) (reply, error) {
	return h.onMaintenance(r, h.Desk.EndMaintenance)
}

func (h *handler) cancelMaintenance(_ http.ResponseWriter, r *http.Request) (reply, error) {
	return h.onMaintenance(r, h.Desk.CancelMaintenance)
}

// onMaintenance does what needs no more than to be said.
func (h *handler) onMaintenance(r *http.Request, do func(ctx context.Context, author, id string) (statuspage.Maintenance, error)) (reply, error) {
	who, err := author(r)
	if err != nil {
		return reply{}, err
	}
	return h.oneMaintenance(do(r.Context(), who, r.PathValue("id")))
}

func (h *handler) skipOccurrence(w http.ResponseWriter, r *http.Request) (reply, error) {
	var in struct {
		Start *time.Time `json:"start"`
	}
	who, err := begin(w, r, &in)
	switch {
	case err != nil:
		return reply{}, err
	case in.Start == nil:
		return reply{}, desk.Invalid{{Field: "start", Problem: "is missing; say which occurrence, by when it begins"}}
	}
	return h.oneMaintenance(h.Desk.SkipOccurrence(r.Context(), who, r.PathValue("id"), *in.Start))
}
