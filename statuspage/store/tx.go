// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"errors"

	"github.com/pharos-status/pharos/statuspage"
)

// Each Put inserts or replaces by ID; each Delete and each getter of one returns
// ErrNotFound if there is none.

// Incident returns an incident.
func (tx *Tx) Incident(id string) (statuspage.Incident, error) {
	return get[statuspage.Incident](tx, incidents, id)
}

// Incidents returns all incidents, drafts too: those that started last come first.
func (tx *Tx) Incidents() ([]statuspage.Incident, error) { return list(tx, incidents, byStarted()) }

// PutIncident keeps an incident.
func (tx *Tx) PutIncident(i statuspage.Incident) error { return tx.put(incidents, i.ID, i.Title, i) }

// DeleteIncident deletes an incident.
func (tx *Tx) DeleteIncident(id string) error { return tx.remove(incidents, id) }

// Maintenance returns a maintenance.
func (tx *Tx) Maintenance(id string) (statuspage.Maintenance, error) {
	return get[statuspage.Maintenance](tx, maintenances, id)
}

// Maintenances returns every maintenance: those that start last come first.
func (tx *Tx) Maintenances() ([]statuspage.Maintenance, error) {
	return list(tx, maintenances, byStart())
}

// PutMaintenance keeps a maintenance.
func (tx *Tx) PutMaintenance(m statuspage.Maintenance) error {
	return tx.put(maintenances, m.ID, m.Title, m)
}

// DeleteMaintenance deletes a maintenance.
func (tx *Tx) DeleteMaintenance(id string) error { return tx.remove(maintenances, id) }

// Announcements returns all announcements, newest first.
func (tx *Tx) Announcements() ([]statuspage.Announcement, error) {
	return list(tx, announcements, byTime())
}

// PutAnnouncement keeps an announcement.
func (tx *Tx) PutAnnouncement(a statuspage.Announcement) error {
	return tx.put(announcements, a.ID, a.Title, a)
}

// DeleteAnnouncement deletes an announcement.
func (tx *Tx) DeleteAnnouncement(id string) error { return tx.remove(announcements, id) }

// Corrections returns all corrections: those that were made last come first.
func (tx *Tx) Corrections() ([]statuspage.Correction, error) {
	return list(tx, corrections, byCreated())
}

// PutCorrection keeps a correction. Where its interval is another one now, what was
// measured within the old one is forgotten.
func (tx *Tx) PutCorrection(c statuspage.Correction) error {
	old, err := get[statuspage.Correction](tx, corrections, c.ID)
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return err
	case !old.From.Equal(c.From) || !old.To.Equal(c.To):
		if err := tx.forgetSpent(c.ID); err != nil {
			return err
		}
	}
	return tx.put(corrections, c.ID, c.Reason, c)
}

// DeleteCorrection deletes a correction, and what was measured within it.
func (tx *Tx) DeleteCorrection(id string) error {
	if err := tx.remove(corrections, id); err != nil {
		return err
	}
	return tx.forgetSpent(id)
}

func (tx *Tx) forgetSpent(correction string) error {
	_, err := tx.sql.ExecContext(tx.ctx, "DELETE FROM spent WHERE correction = $1", correction)
	return tx.fail("forget what was measured within a correction", err)
}

// Templates returns all templates by name.
func (tx *Tx) Templates() ([]statuspage.Template, error) {
	return list(tx, templates, func(a, b statuspage.Template) int { return cmp.Compare(a.Name, b.Name) })
}

// PutTemplate keeps a template.
func (tx *Tx) PutTemplate(t statuspage.Template) error { return tx.put(templates, t.ID, t.Name, t) }

// DeleteTemplate deletes a template.
func (tx *Tx) DeleteTemplate(id string) error { return tx.remove(templates, id) }
