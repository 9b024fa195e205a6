// SPDX-License-Identifier: Apache-2.0

package api

import "net/http"

const v1 = "/manager/v1"

// routes returns all calls that need the token. openapi.json describes each of them.
func (h *handler) routes() []route {
	return []route{
		{http.MethodGet, "/manager/announcements", h.titles},
		{http.MethodPost, "/manager/announcement", h.announceTitle},
		{http.MethodDelete, "/manager/announcement/{id}", h.retractOne},
		{http.MethodGet, "/manager/prober/alerts", h.alerts},
		{http.MethodGet, "/manager/prober/alerts/ignored", h.ignored},
		{http.MethodPut, "/manager/prober/alerts/ignored", h.ignore},

		{http.MethodGet, v1 + "/incidents", h.incidents},
		{http.MethodPost, v1 + "/incidents", h.openIncident},
		{http.MethodGet, v1 + "/incidents/{id}", h.incident},
		{http.MethodPatch, v1 + "/incidents/{id}", h.changeIncident},
		{http.MethodDelete, v1 + "/incidents/{id}", h.deleteIncident},
		{http.MethodPost, v1 + "/incidents/{id}/updates", h.updateIncident},
		{http.MethodPatch, v1 + "/incidents/{id}/updates/{update}", h.editUpdate},
		{http.MethodDelete, v1 + "/incidents/{id}/updates/{update}", h.deleteUpdate},

		{http.MethodGet, v1 + "/maintenance", h.maintenances},
		{http.MethodPost, v1 + "/maintenance", h.planMaintenance},
		{http.MethodGet, v1 + "/maintenance/{id}", h.maintenance},
		{http.MethodPatch, v1 + "/maintenance/{id}", h.changeMaintenance},
		{http.MethodDelete, v1 + "/maintenance/{id}", h.deleteMaintenance},
		{http.MethodPost, v1 + "/maintenance/{id}/updates", h.updateMaintenance},
		{http.MethodPatch, v1 + "/maintenance/{id}/updates/{update}", h.editMaintenanceUpdate},
		{http.MethodDelete, v1 + "/maintenance/{id}/updates/{update}", h.deleteMaintenanceUpdate},
		{http.MethodPost, v1 + "/maintenance/{id}/end", h.endMaintenance},
		{http.MethodPost, v1 + "/maintenance/{id}/skip", h.skipOccurrence},
		{http.MethodPost, v1 + "/maintenance/{id}/cancel", h.cancelMaintenance},

		{http.MethodGet, v1 + "/announcements", h.announcements},
		{http.MethodPost, v1 + "/announcements", h.announce},
		{http.MethodDelete, v1 + "/announcements/{id}", h.retract},

		{http.MethodGet, v1 + "/corrections", h.corrections},
		{http.MethodPost, v1 + "/corrections", h.correct},
		{http.MethodDelete, v1 + "/corrections/{id}", h.withdrawCorrection},

		{http.MethodGet, v1 + "/templates", h.templates},
		{http.MethodPost, v1 + "/templates", h.addTemplate},
		{http.MethodPut, v1 + "/templates/{id}", h.replaceTemplate},
		{http.MethodDelete, v1 + "/templates/{id}", h.deleteTemplate},

		{http.MethodGet, v1 + "/journal", h.journal},
		{http.MethodGet, v1 + "/subscribers", h.subscribers},
		{http.MethodDelete, v1 + "/subscribers/{id}", h.eraseSubscriber},
	}
}
